"""Tasks of images on a data set small enough to cut by hand, and on real digits."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sleeprun.config import ConfigError
from sleeprun.tasks.images import cutting
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import SOURCES, DataSet, ImageData
from sleeprun.tasks.images.datasets.packaged import Digits, SmallMNIST
from sleeprun.tasks.images.sequence import ImageTasks

LABELS = np.array([0, 1, 2, 3, 0, 1, 2, 3, 0, 0], np.int32)
TEST_LABELS = np.array([3, 2, 1, 0], np.int32)


def tiny(name: str = "tiny", pixels: int = 3) -> DataSet:
    """Training image i is (i, i + 0.1, ...) / 100; test image i is (50 + i, ...) / 100."""

    def picture(first: int, count: int) -> np.ndarray:
        rows = first + np.arange(count)[:, None] + 0.1 * np.arange(pixels)
        return (rows / 100).astype(np.float32)

    return DataSet(name, picture(0, 10), LABELS, picture(50, 4), TEST_LABELS, None)


def numbers(pictures: np.ndarray) -> list[int]:
    return np.rint(pictures[:, 0] * 100).astype(int).tolist()


def task_of(labels: list[int]) -> ImageTask:
    count = len(labels)
    pictures = np.zeros((count, 2), np.float32)
    counted = np.array(labels, np.int32)
    return ImageTask("task", pictures, counted, pictures, counted, tuple(sorted(set(labels))))


def test_groups_in_order() -> None:
    assert cutting.class_groups(10, 5) == ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
    assert cutting.class_groups(3, 1) == ((0, 1, 2),)


def test_groups_in_a_seeded_order() -> None:
    first = cutting.class_groups(10, 5, seed=1)
    assert first == cutting.class_groups(10, 5, seed=1)
    assert first != cutting.class_groups(10, 5, seed=2)
    assert sorted(label for group in first for label in group) == list(range(10))
    assert all(list(group) == sorted(group) for group in first)


@pytest.mark.parametrize("tasks", [0, 3])
def test_groups_that_do_not_divide(tasks: int) -> None:
    with pytest.raises(ValueError, match=f"10 classes can't be cut into {tasks} tasks"):
        cutting.class_groups(10, tasks)


def test_split_by_class() -> None:
    first, second = cutting.split_by_class(tiny(), [(0, 1), (2, 3)])
    assert (first.name, first.classes, second.name) == ("0-1", (0, 1), "2-3")
    assert numbers(first.images) == [0, 1, 4, 5, 8, 9]
    assert first.labels.tolist() == [0, 1, 0, 1, 0, 0]
    assert numbers(first.test_images) == [52, 53]
    assert first.test_labels.tolist() == [1, 0]
    assert numbers(second.images) == [2, 3, 6, 7]
    assert numbers(second.test_images) == [50, 51]


def test_the_first_samples_of_a_task_are_taken_in_file_order() -> None:
    first, second = cutting.split_by_class(tiny(), [(0, 1), (2, 3)], samples=3)
    assert numbers(first.images) == [0, 1, 4]
    assert numbers(second.images) == [2, 3, 6]
    assert len(first.test_images) == 2


def test_a_task_without_images_of_a_class() -> None:
    with pytest.raises(ValueError, match=r"tiny has no training images of class 4$"):
        cutting.split_by_class(tiny(), [(0, 4)])
    with pytest.raises(ValueError, match=r"no training images of class 1 among its first 1$"):
        cutting.split_by_class(tiny(), [(0, 1)], samples=1)
    short = tiny()._replace(test=tiny().test[:3], test_labels=TEST_LABELS[:3])
    with pytest.raises(ValueError, match=r"tiny has no test images of class 0$"):
        cutting.split_by_class(short, [(0, 1)])
    with pytest.raises(ValueError, match=r"the task '0-1' is there twice"):
        cutting.split_by_class(tiny(), [(0, 1), (0, 1)])


def test_large_groups_have_short_names() -> None:
    data = Digits().load()
    assert cutting.split_by_class(data, [(0, 2, 4, 6, 8)])[0].name == "0-2-4-6-8"
    assert cutting.split_by_class(data, [range(10)])[0].name == "0-1-2-7 more"


def test_no_image_is_both_trained_and_tested() -> None:
    tasks = cutting.split_by_class(Digits().load(), cutting.class_groups(10, 5, seed=0))
    trained = {row.tobytes() for task in tasks for row in task.images}
    tested = {row.tobytes() for task in tasks for row in task.test_images}
    assert not trained & tested
    assert sum(len(task.images) + len(task.test_images) for task in tasks) == 1797
    for task in tasks:
        assert tuple(np.unique(task.labels)) == task.classes == tuple(np.unique(task.test_labels))


def test_the_first_samples_of_small_mnist_are_of_all_classes_of_a_task() -> None:
    for task in cutting.split_by_class(SmallMNIST().load(), cutting.class_groups(10, 5), 100):
        assert [np.sum(task.labels == label) for label in task.classes] == [50, 50]


def test_data_sets_one_after_another_on_the_same_outputs() -> None:
    first, second = cutting.one_after_another([tiny("a"), tiny("b")])
    assert (first.name, second.name) == ("a", "b")
    assert first.classes == second.classes == (0, 1, 2, 3)
    np.testing.assert_array_equal(second.labels, LABELS)
    assert numbers(second.images) == list(range(10))


def test_data_sets_one_after_another_on_outputs_of_their_own() -> None:
    tasks = cutting.with_own_outputs(cutting.one_after_another([tiny("a"), tiny("b")], samples=5))
    assert tasks[0].labels.tolist() == [0, 1, 2, 3, 0]
    assert tasks[1].labels.tolist() == [4, 5, 6, 7, 4]
    assert tasks[1].test_labels.tolist() == [7, 6, 5, 4]
    assert tasks[1].classes == (4, 5, 6, 7)
    assert tasks[1].labels.dtype == np.int32


def test_in_the_domain_scenario_a_label_is_a_place_within_the_task() -> None:
    first, second = map(cutting.within_task, cutting.split_by_class(tiny(), [(0, 2), (1, 3)]))
    assert first.labels.tolist() == [0, 1, 0, 1, 0, 0]  # of the classes 0 2 0 2 0 0
    assert second.labels.tolist() == [0, 1, 0, 1]
    assert second.test_labels.tolist() == [1, 0]
    assert second.classes == (0, 1)


def test_validation_takes_the_last_training_images_of_each_class() -> None:
    held_out = cutting.with_validation(tiny(), 1)
    assert numbers(held_out.test) == [5, 6, 7, 9]  # the last of classes 1, 2, 3 and 0
    assert held_out.test_labels.tolist() == [1, 2, 3, 0]
    assert numbers(held_out.train) == [0, 1, 2, 3, 4, 8]


def test_the_first_images_of_each_class_are_kept() -> None:
    few = cutting.first_of_class(tiny(), 2)
    assert numbers(few.train) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert numbers(few.test) == numbers(tiny().test)


def test_orders_of_several_seeds_are_made_equally_long() -> None:
    orders = [[(0, 1), (2, 3)], [(1, 2), (0, 3)]]
    ours, theirs = cutting.of_equal_length([cutting.split_by_class(tiny(), one) for one in orders])
    assert [task.name for task in (*ours, *theirs)] == ["task 1", "task 2"] * 2
    assert {len(task.labels) for task in (*ours, *theirs)} == {4}  # that of classes 2 and 3
    assert numbers(theirs[1].images) == [0, 3, 4, 7]
    more = tiny()._replace(
        test=tiny().test[[0, 1, 2, 3, 3]], test_labels=np.array([3, 2, 1, 0, 0], np.int32)
    )
    (filled,) = cutting.of_equal_length([cutting.split_by_class(more, [(0, 1), (2, 3)])])
    assert filled[1].test_labels.tolist() == [3, 2, -1]
    assert filled[0].test_labels.tolist() == [1, 0, 0]


def test_data_sets_that_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="the same number of pixels: a 3, b 4"):
        cutting.one_after_another([tiny("a"), tiny("b", pixels=4)])
    with pytest.raises(ValueError, match="the task 'a' is there twice"):
        cutting.one_after_another([tiny("a"), tiny("a")])


def test_permuted_tasks_can_be_put_in_order_again() -> None:
    data = Digits().load()
    tasks = cutting.permuted(data, 3, seed=5, samples=200)
    assert [task.name for task in tasks] == ["original", "permuted 1", "permuted 2"]
    np.testing.assert_array_equal(tasks[0].images, data.train[:200])
    np.testing.assert_array_equal(tasks[0].test_images, data.test)
    for index, task in enumerate(tasks[1:], 1):
        order = cutting.pixel_order(64, 5, index)
        assert sorted(order) == list(range(64))
        assert not np.array_equal(task.images, tasks[0].images)
        back = np.argsort(order)
        np.testing.assert_array_equal(task.images[:, back], tasks[0].images)
        np.testing.assert_array_equal(task.test_images[:, back], data.test)
        np.testing.assert_array_equal(task.labels, tasks[0].labels)
    assert not np.array_equal(tasks[1].images, tasks[2].images)


def test_permutations_depend_on_seed_and_task_only() -> None:
    three, five = (cutting.permuted(tiny(pixels=20), tasks, seed=1) for tasks in (3, 5))
    np.testing.assert_array_equal(three[2].images, five[2].images)
    other = cutting.permuted(tiny(pixels=20), 3, seed=2)
    assert not np.array_equal(three[2].images, other[2].images)


def test_mean_image_counts_every_image_once() -> None:
    tasks = cutting.split_by_class(tiny(), [(0, 1), (2, 3)])
    mean = cutting.mean_image(tasks)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, [0.045, 0.046, 0.047], rtol=1e-6)
    np.testing.assert_allclose(cutting.mean_image(tasks[1:]), [0.045, 0.046, 0.047], rtol=1e-6)
    np.testing.assert_allclose(cutting.mean_image(tasks[:1])[0], 0.27 / 6, rtol=1e-6)


def tasks_of(made: type[ImageTasks] = ImageTasks, **changed: Any) -> ImageTasks:
    told = {
        "kind": "images", "data": {"kind": "digits"}, "cut": "classes", "count": 5, "groups": None,
        "order_seed": None, "scenario": "class", "samples": 5000, "samples_per_class": None,
        "validation": None, "together": False,
    }  # fmt: skip
    return made.model_validate(told | changed)


@pytest.mark.parametrize(
    ("keys", "classes", "outputs"),
    [
        ({}, [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)], 10),
        ({"groups": [[0, 1], [1, 2]], "count": 2}, [(0, 1), (1, 2)], 3),
        ({"scenario": "domain"}, [(0, 1)] * 5, 2),
        ({"cut": "permuted", "count": 2}, [tuple(range(10)), tuple(range(10, 20))], 20),
        (
            {
                "data": {
                    "kind": "series",
                    "sets": {"a": {"kind": "digits"}, "b": {"kind": "digits"}},
                },
                "cut": "data_sets",
                "count": 2,
                "scenario": "domain",
            },
            [tuple(range(10)), tuple(range(10))],
            10,
        ),
    ],
)
def test_how_many_outputs_a_sequence_has(
    keys: dict[str, Any], classes: list[tuple[int, ...]], outputs: int
) -> None:
    wanted = tasks_of(**keys)
    assert not list(wanted.contradictions())
    found = wanted.sequence([0])
    assert [task.classes for task in found.tasks] == classes
    assert (found.outputs, found.shape) == (outputs, (8, 8))
    assert tasks_of(**keys).sequences([1, 2]) is wanted.sequences([3])


def test_each_seed_has_an_order_of_its_own() -> None:
    ours, theirs = tasks_of(order_seed="by_seed").sequences([1, 2])
    assert ours.names == theirs.names == [f"task {number}" for number in range(1, 6)]
    alone = tasks_of(order_seed=2).sequence([0]).tasks
    assert [task.classes for task in theirs.tasks] == [task.classes for task in alone]
    assert [task.classes for task in ours.tasks] != [task.classes for task in alone]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"cut": "data_sets"}, "tasks.cut=data_sets with tasks.data.kind=digits: needs"),
        ({"groups": [[0]]}, "tasks.count=5: must be 1, one a group"),
        ({"groups": [[0]], "count": 1, "cut": "permuted"}, "tasks.groups: permuted are not cut by"),
    ],
)
def test_what_is_impossible_together(keys: dict[str, Any], told: str) -> None:
    (found,) = tasks_of(**keys).contradictions()
    assert found.startswith(told)


def test_what_is_missing_is_told_by_its_key() -> None:
    missing = {"kind": "mnist", "folder": None}
    series = {"kind": "series", "sets": {"first": missing}}
    for data, key in ((missing, "tasks.data"), (series, "tasks.data.sets.first")):
        with pytest.raises(ConfigError, match=f"^{key}.folder=null: must name a folder"):
            tasks_of(data=data).sequence([0])
    with pytest.raises(ConfigError, match=r"^tasks: 10 classes can't be cut into 3 tasks"):
        tasks_of(count=3).sequence([0])
    for groups in ([[0, 1], []], [[0, 0], [1]]):
        with pytest.raises(ValidationError, match=r"at least 1 item|has 0 twice"):
            tasks_of(groups=groups, count=2)
    nested = {
        "kind": "series",
        "sets": {"first": {"kind": "series", "sets": {"a": {"kind": "digits"}}}},
    }
    empty = {"kind": "series", "sets": {}}
    for data in ({"kind": "digit"}, {"kind": "features"}, empty, nested, "digits"):
        with pytest.raises(ValidationError):
            tasks_of(data=data)


class Nowhere(ImageData):
    """Does not say how it is loaded."""


def test_data_that_are_not_loaded_are_refused() -> None:
    with pytest.raises(ValueError, match="does not define load, as"):
        SOURCES.of(f"{__name__}.Nowhere")


OWN = """
import numpy as np
from sleeprun.config.declared import setting
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import DataSet, ImageData
from sleeprun.tasks.images.sequence import ImageTasks


class Stripes(ImageData):
    width: int = setting(int, "of an image")

    def load(self):
        images = np.repeat(np.eye(2, dtype=np.float32), self.width // 2, axis=1)
        labels = np.arange(2, dtype=np.int32)
        return DataSet("stripes", images, labels, images, labels, (1, self.width))


class Mirrored(ImageTasks):
    times: int

    def cut_up(self, sets, order_seed):
        data, classes = sets[0], (0, 1)
        return tuple(
            ImageTask(f"mirrored {n}", data.train[:, :: (-1) ** n], data.train_labels,
                      data.test[:, :: (-1) ** n], data.test_labels, classes)
            for n in range(self.times)
        )
"""


def test_data_and_tasks_of_a_user_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_images.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    mirrored = import_module("own_images").Mirrored
    stripes = {"kind": "own_images.Stripes", "width": 4}
    found = tasks_of(mirrored, data=stripes, times=2, kind="own_images.Mirrored").sequence([0])
    assert (found.names, found.shape, found.outputs) == (["mirrored 0", "mirrored 1"], (1, 4), 2)
    assert found.tasks[1].images.tolist() == [[0, 0, 1, 1], [1, 1, 0, 0]]


def test_a_class_that_a_seeds_order_leaves_without_images_is_told() -> None:
    """Sorted by class; the other task has fewer images than one class."""
    data = tiny()._replace(
        train=np.zeros((8, 4), np.float32),
        train_labels=np.array([0, 0, 0, 0, 0, 1, 2, 3], np.int32),
    )
    orders = [cutting.split_by_class(data, groups) for groups in ([(0, 1), (2, 3)],)]
    with pytest.raises(ValueError, match=r"2, among which task 0-1 has none of class 1$"):
        cutting.of_equal_length(orders)


def test_validation_must_leave_images_to_train_with() -> None:
    with pytest.raises(ValueError, match=r"^validation=9 leaves no training images: tiny has"):
        cutting.with_validation(tiny(), 9)
