"""The command that runs, and jobs of a sweep, would be begun by again."""

import json
import shlex
from pathlib import Path

import pytest
import yaml

from sleeprun.reading.again import again


def told(file: Path, home: Path, task: list[str], hydra: list[str], **more: str) -> Path:
    """What Hydra keeps of how it was called; `more` are a config's name and a folder of configs."""
    sources = [{"path": "hydra.conf", "provider": "hydra"}]
    if folder := more.get("folder"):
        sources.append({"path": folder, "provider": "command-line"})
    kept = {
        "overrides": {"task": task, "hydra": hydra},
        "runtime": {"cwd": str(home), "config_sources": sources},
        "job": {"config_name": more.get("name", "config")},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"hydra": kept}))
    return file


def run(home: Path, place: str, task: list[str], hydra: list[str], **more: str) -> Path:
    folder = home / place
    told(folder / ".hydra" / "hydra.yaml", home, task, hydra, **more)
    return folder


@pytest.mark.parametrize(
    ("hydra", "more", "words"),
    [
        (["hydra.mode=RUN"], {}, []),
        (["hydra.run.dir=here", "hydra.mode=RUN"], {}, []),
        (["+hydra.job.env_set.A=1 2"], {}, ["+hydra.job.env_set.A=1 2"]),
        (["hydra/job_logging=none"], {"name": "mine"}, ["hydra/job_logging=none"]),
    ],
)
def test_what_was_given_to_hydra_is_given_again(
    hydra: list[str], more: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    folder = run(tmp_path, "a", ["+experiment=tiny", "arms.x={sleep: {}}"], hydra, **more)
    (command,) = again([folder])
    flags = ["--config-name", "mine"] if more else []
    own = ["+experiment=tiny", "arms.x={sleep: {}}"]
    assert shlex.split(command) == ["sleeprun", *flags, *own, *words]


def test_configs_are_found_from_where_it_was_called(tmp_path: Path) -> None:
    near = run(tmp_path, "a", ["seeds=2"], [], folder=str(tmp_path / "my conf"))
    far = run(tmp_path, "b", ["seeds=2"], [], folder="/far")
    assert [*again([near, far])] == [
        "sleeprun --config-dir 'my conf' seeds=2", "sleeprun --config-dir /far seeds=2"
    ]  # fmt: skip


def test_arms_are_begun_again_by_the_command_of_the_whole_run(tmp_path: Path) -> None:
    folder = run(tmp_path, "a", ["arms.x={sleep: {}}"], [])
    arms = [folder / "arms" / arm for arm in ("asleep", "awake")]
    assert [*again(arms)] == ["sleeprun 'arms.x={sleep: {}}'"]
    assert [*again([tmp_path / "b"])] == ["# begun in Python; its config is b/.hydra/config.yaml"]


def swept(home: Path, call: str, values: list[int]) -> list[Path]:
    """A call of a sweep, and its jobs, which lie beside those of other calls."""
    hydra = ["hydra.launcher.at_once=1", "hydra.sweep.dir=sweep", "hydra.mode=MULTIRUN"]
    jobs = [run(home, f"sweep/{each}", [f"seeds={each}"], hydra) for each in values]
    lines = [json.dumps({"path": str(job)}) for job in jobs]
    listed = f"seeds={','.join(map(str, values))}"
    told(home / "sweep" / call / "multirun.yaml", home, [listed], hydra)
    (home / "sweep" / call / "jobs.jsonl").write_text("\n".join(lines) + "\n")
    return jobs


def test_jobs_are_told_by_the_call_that_made_them_and_one_alone_by_its_own(tmp_path: Path) -> None:
    three = swept(tmp_path, "2026-1", [1, 2, 3])
    two = swept(tmp_path, "2026-2", [1, 2])
    swept(tmp_path, "2026-3", [1, 2, 3, 4])
    assert [*again(three)] == ["sleeprun -m seeds=1,2,3 hydra.launcher.at_once=1"]
    assert [*again(two)] == ["sleeprun -m seeds=1,2 hydra.launcher.at_once=1"]
    assert [*again(two[:1])] == ["sleeprun seeds=1"]
    arms = [job / "arms" / arm for job in two for arm in ("asleep", "awake")]
    assert [*again(arms)] == [*again(two)]
