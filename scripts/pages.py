"""What `make docs` makes pages of, beside the Markdown in docs/: hooks of MkDocs."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

HERE = Path(__file__).parents[1]
EQUATION = re.compile(r'(?<=class="arithmatex">)\\([\[(])(.*?)\\[\])]', re.S)


def on_files(files: Files, config: Any) -> Files:
    """README.md is the front page; a notebook is a page, its pictures lie beside it."""
    front = (HERE / "README.md").read_text().replace("](docs/", "](")
    files.append(File.generated(config, "index.md", content=front))
    for notebook in (HERE / "docs").glob("*.ipynb"):
        text, left = MarkdownExporter().from_filename(notebook)
        files.append(File.generated(config, f"{notebook.stem}.md", content=text))
        for name, picture in left["outputs"].items():
            files.append(File.generated(config, name, content=picture))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links lead to notebooks in the folder, and to pages here."""
    return markdown.replace(".ipynb)", ".md)")


def on_page_content(html: str, **_: Any) -> str:
    """Equations as MathML, which browsers know by themselves; +- does not break."""
    return EQUATION.sub(_equation, html).replace(" +- ", "&nbsp;\N{PLUS-MINUS SIGN}&nbsp;")


def _equation(found: re.Match[str]) -> str:
    return convert(unescape(found[2]), display="block" if found[1] == "[" else "inline")
