"""What the script of rivals runs: pieces that can be, at the memory that they are said to carry."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest
from conftest import configured

from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import LEARNERS
from sleeprun.subjects.classifier.schema import Config

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent.parent / "scripts" / "rivals.py"


@pytest.fixture(scope="module")
def rivals(scripts: Callable[[str], Any]) -> Any:
    return scripts("rivals")


def composed(rivals: Any, piece: Any) -> Config:
    folders = [f"{key}=/tmp" for key in piece.folders.values()]
    given = [*rivals.PLAN["always"], *piece.overrides, *folders]
    config = configured(f"+experiment={piece.tasks['experiment']}", *given)
    assert isinstance(config, Config)
    return config


def of(rivals: Any, what: str, records: Path, part: str) -> list[Any]:
    return [piece for piece in rivals.PIECES[what](records) if part in piece.name]


def test_the_curve_is_of_images_kept_awake_and_asleep(rivals: Any, tmp_path: Path) -> None:
    pieces = of(rivals, "curve", tmp_path, "curve/mnist/")
    assert len(pieces) == 2 * 6
    for piece in pieces[:: len(pieces) - 1]:
        config = composed(rivals, piece)
        kept, state = piece.name.split("/")[2].split("_")
        assert getattr(config.learner, "capacity", 0) == int(kept)
        assert config.sleep.schedule == {"awake": "never", "asleep": "after"}[state]
        assert (len(config.seeds), config.arms) == (10, {})


@pytest.mark.parametrize("name", ["outputs_20", "image_last", "constants_mnist"])
def test_a_variant_can_be_run(rivals: Any, name: str, tmp_path: Path) -> None:
    (piece,) = of(rivals, "variants", tmp_path, f"variants/{name}_asleep")
    assert composed(rivals, piece).image_tasks.samples == 25000


@pytest.mark.parametrize("rival", ["derpp", "decay"])
def test_a_strength_is_searched_on_images_held_out(rivals: Any, rival: str, tmp_path: Path) -> None:
    config = composed(rivals, of(rivals, "search", tmp_path, f"search/mnist/{rival}/")[-1])
    assert config.image_tasks.validation
    assert not set(config.seeds) & set(range(rivals.PLAN["seeds"]))


def test_learners_are_ranked_at_the_memory_that_they_really_carry(
    rivals: Any, tmp_path: Path
) -> None:
    plan = rivals.PLAN["ranking"]
    layers = perceptron.starting_layers((784, 10), 0.1, False, 0)
    shown, labels = jnp.zeros((100, 784)), jnp.arange(100, dtype=jnp.int32) % 10
    network = perceptron.Perceptron(jnp.float32(0), perceptron.squared_error, True)
    more = {
        "rehearsal": {"strength": 1.0},
        "derpp": {"size": 1, "alpha": 1.0, "beta": 1.0},
        "agem": {"size": 1},
    }
    for kind, image in plan["images"].items():
        given = {"kind": kind, "capacity": 50} | more.get(kind, {})
        section = LEARNERS.section(kind).model_validate(given)
        learner, words = section.make(), jnp.zeros(2, jnp.uint32)
        memory = learner.init(layers)
        kept = learner.consolidate(network, memory, layers, shown, labels, words)
        assert learner.carried(kept) - 50 * image in (0, 4)  # a reservoir counts what it was shown
    assert plan["sleep"] == 784 * 4 + 3 * 4  # mean image, largest activations
    found = {
        piece.name.split("/")[2]: dict(each.split("=") for each in piece.overrides)
        for piece in of(rivals, "ranking", tmp_path, "ranking/mnist/")
    }
    assert found["160000_rehearsal_awake"]["learner.capacity"] == "50"
    assert found["160000_rehearsal_asleep"]["learner.capacity"] == "49"
    assert found["3148_rehearsal_awake"]["learner.capacity"] == "1"
    assert "3148_rehearsal_asleep" not in found  # sleep alone carries as much


def test_the_strength_is_taken_that_did_best_in_the_search(rivals: Any, tmp_path: Path) -> None:
    for alpha, score in ((0.1, 0.5), (1.0, 0.9), (0.5, 0.2)):
        record = tmp_path / "search" / "mnist" / "derpp" / f"{alpha}.json"
        record.parent.mkdir(parents=True, exist_ok=True)
        command = [f"learner.alpha={alpha}", "learner.beta=2.0", "seeds=[1000]"]
        record.write_text(json.dumps({"command": command, "accuracy": [score]}))
    (piece,) = of(rivals, "ranking", tmp_path, "ranking/mnist/160000_derpp_awake")
    assert {"learner.alpha=1.0", "learner.beta=2.0"} < set(piece.overrides)
    assert "seeds=[1000]" not in piece.overrides


def test_what_is_ranked_at_a_memory_has_carried_no_more(rivals: Any) -> None:
    records = SCRIPT.parent / "records" / "ranking"
    carried = {
        record: json.loads(record.read_text())["carried_bytes"]
        for record in records.rglob("*.json")
        if not record.stem.startswith("own_")
    }
    assert len(carried) > 10
    for record, used in carried.items():
        allowed = int(record.stem.split("_")[0])
        image = max(rivals.PLAN["ranking"]["images"].values())
        assert allowed - image - 4 < used <= allowed, record


@pytest.mark.parametrize("what", ["curve", "linear", "ranking", "variants"])
def test_the_page_of_results_has_the_tables_of_the_records(rivals: Any, what: str) -> None:
    records = SCRIPT.parent / "records" / what
    page = (SCRIPT.parents[1] / "docs" / "results.md").read_text()
    rows = list(rivals.rivals_tables.TABLES[what](rivals.PLAN, records))
    assert len(rows) > 2
    assert "\n".join(rows) in page


def test_a_row_of_the_ranking_is_of_the_pieces_at_its_memory(rivals: Any, tmp_path: Path) -> None:
    def record(name: str, accuracy: list[float], carried: int) -> None:
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"accuracy": accuracy, "forgetting": [0.5, 0.5], "carried_bytes": carried}
        path.write_text(json.dumps(told))

    record("mnist/160000_derpp_awake", [0.5, 0.6], 159000)
    record("mnist/160000_derpp_asleep", [0.7, 0.8], 2_000)
    record("fashion_mnist/160000_derpp_asleep", [0.7, 0.8], 159010)
    _, _, row, decay = rivals.rivals_tables.equal_memory(rivals.PLAN, tmp_path)
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[:4] == ["DER++", "159.0 kB; 159.0 kB", "3 1/3", "-"]
    assert cells[4:7] == ["0.550 +- 0.071 (0.50)", "0.750 +- 0.071 (0.50)", "+0.20"]
    assert cells[7:] == ["-", "0.750 +- 0.071 (0.50)", ""]
    assert decay.startswith("| `sleep=decay`")


def test_a_piece_is_done_only_by_the_command_that_it_has_now(rivals: Any, tmp_path: Path) -> None:
    arguments = Namespace(records=tmp_path, set=[])
    piece = of(rivals, "curve", tmp_path, "curve/mnist/50_awake")[0]
    record = tmp_path / f"{piece.name}.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"command": rivals.command_of(piece, arguments)}))
    assert rivals.done(piece, arguments)
    assert not rivals.done(piece, Namespace(records=tmp_path, set=["seeds=3"]))
    assert not rivals.done(piece._replace(overrides=["learner=naive"]), arguments)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--data", "mnist"], "--data mnist: must be NAME=DIR"),
        (["--data", "mnsit=/tmp"], "of fashion_mnist, mnist, and a folder"),
        (["--data", "mnist=/nonexistent"], "and a folder"),
        (["--jobs", "0"], "--jobs 0: must be 1 or more"),
        (["--set", "seeds=2"], "name others by --records"),
    ],
)
def test_a_mistake_is_a_line(
    rivals: Any, given: list[str], told: str, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "argv", ["rivals.py", "curve", *given])
    with pytest.raises(SystemExit):
        rivals.parse_arguments()
    assert told in capsys.readouterr().err


def test_other_records_take_the_strengths_that_were_searched_for(
    rivals: Any, tmp_path: Path
) -> None:
    (piece,) = of(rivals, "ranking", tmp_path, "ranking/mnist/160000_derpp_awake")
    assert {"learner.alpha=0.5", "learner.beta=4.0"} < set(piece.overrides)


def test_a_piece_that_is_done_is_not_run_again(
    rivals: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def carry_out(piece: Any, arguments: Namespace) -> dict[str, Any]:
        ran.append(piece.name)
        command = rivals.command_of(piece, arguments)
        return {"command": command, "seeds": [0, 1], "accuracy": [0.25, 0.75], "forgetting": [0, 0],
                "carried_bytes": 3148, "training_steps": 500, "sleep_steps": 0,
                "wall_seconds": 61.0}  # fmt: skip

    monkeypatch.setattr(rivals, "carry_out", carry_out)
    given = ["rivals.py", "curve", "--data", "mnist=/tmp", "--records", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", given)
    for _ in range(2):
        rivals.main()
    assert len(ran) == len(set(ran)) == 12
    line = "| 188 | 0.500 +- 0.354 | 0.500 +- 0.354 | +0.00 | - | - |  |"
    assert line in capsys.readouterr().out
