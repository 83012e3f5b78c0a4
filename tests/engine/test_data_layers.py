"""ImageData, WindowData, HDF5Data, HDF5Output, MemoryData and DummyData, to the last bit as in real Caffe."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
import real_caffe
from engine import data_layer_cases as cases
from PIL import Image
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.errors import CaffeError, DataError, NetError
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

SIZES = [(31, 40), (28, 33), (25, 52), (44, 30), (33, 33)]
# Label, overlap, x1 y1 x2 y2. Each image has windows at its edges, and narrow, wide and tiny ones.
WINDOWS = [
    (2, 0.9, 3, 4, 20, 24),
    (7, 0.7, 0, 0, 12, 24),
    (1, 0.5, 5, 14, 29, 19),
    (4, 0.3, 8, 8, 9, 9),
    (5, 0.2, 20, 0, 29, 3),
    (0, 0, 0, 0, 29, 24),
    (0, 0.1, 25, 20, 29, 24),
    (3, 0.05, 0, 22, 1, 24),
]


def write_files(folder: Path) -> None:
    """What the cases name: images of several kinds, lists, a mean, windows, HDF5 files."""
    random = np.random.default_rng(0)
    (folder / "images").mkdir()
    names = ["a.jpg", "b.png", "grey.jpg", "turned.jpg", "with space.bmp"]
    for name, size in zip(names, SIZES, strict=True):
        coarse = random.integers(0, 256, (6, 7, 3)).astype(np.uint8)
        image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / "images" / name), image[..., 0] if name == "grey.jpg" else image)
    exif = Image.Exif()
    exif[0x0112] = 6  # it says that it lies on its side
    Image.open(folder / "images/turned.jpg").save(folder / "images/turned.jpg", exif=exif)
    (folder / "list.txt").write_text("".join(f"{name} {3 * i - 1}\n" for i, name in enumerate(names)))
    (folder / "odd.txt").write_bytes(b"with space.bmp 2\r\n/a.jpg +7\r\nb.png -0\r\n")
    write_binary(folder / "mean.binaryproto", array_to_blob(random.random((1, 3, 30, 26)) * 255, legacy=True))
    text = ""
    for number, name in enumerate(names[:4]):
        text += f"# {number}\n{name}\n3\n{SIZES[number][0]} {SIZES[number][1]}\n{len(WINDOWS)}\n"
        text += "".join(" ".join(map(str, window)) + "\n" for window in WINDOWS)
    (folder / "windows.txt").write_text(text)
    for number, rows in enumerate((5, 1, 3)):
        with h5py.File(folder / f"{number}.h5", "w") as file:
            file["data"] = random.normal(size=(rows, 2, 3, 2, 1, 2))
            file["label"] = random.integers(-(10**9), 10**9, rows)
            file["more"] = random.normal(size=(rows, 4)).astype(">f4")
    (folder / "hdf5.txt").write_text("0.h5\n1.h5 2.h5\n")


@pytest.fixture(scope="module")
def real() -> Iterator[RealFolder]:
    with real_caffe.folder() as folder:
        write_files(folder.path)
        folder.python(Path(cases.__file__))
        yield folder


@needs_real_caffe
@pytest.mark.parametrize("name", cases.CASES)
def test_gives_what_real_caffe_gives(real: RealFolder, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(real.path)
    ours = cases.take(caffe, name)
    with np.load(real.path / f"{name}.npz") as theirs:
        assert set(ours) == set(theirs)
        wrong = [key for key in ours if not same(ours[key], theirs[key])]
    assert not wrong


def same(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with everything that the cases name."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def net_of(text: str) -> Any:
    Path("net.prototxt").write_text(text)
    return caffe.Net("net.prototxt", caffe.TRAIN)


WRONG_NETS = [
    (cases.images(batch_size=0), NetError, "batch_size is at least 1$"),
    (cases.images(new_width=4), NetError, "new_height and new_width go together; give both or none$"),
    (cases.images(list_file="none.txt"), DataError, "none.txt: cannot be read: No such file or directory$"),
    (
        cases.images("crop_size: 32"),
        DataError,
        "list.txt:1: crop_size 32 is larger than the image, 3x31x40$",
    ),
    (cases.images()[:-1] + "data_param { prefetch: 0 } }", NetError, "prefetch } is 1 to 1000, not 0$"),
    (cases.windows(context_pad=11), NetError, "context_pad 11 leaves nothing of crop_size 21$"),
    (cases.windows(fg_fraction=1.5), NetError, "fg_fraction is a part of 1, not 1.5$"),
    (cases.windows(fg_threshold=0.95), DataError, "windows.txt: has no foreground window; see fg_threshold"),
    (cases.windows("mean_value: 1 mean_value: 2"), NetError, "2 mean_values for 3 channels; give 1 or 3$"),
    (cases.windows('mean_value: 1 mean_file: "x"'), NetError, "both mean_file and mean_value; keep one$"),
    (
        cases.windows('mean_file: "mean.binaryproto"').replace("crop_size: 21", "crop_size: 27"),
        DataError,
        r"mean.binaryproto: is \(1, 3, 30, 26\); a crop of 27 needs 1 x 3 x that much in the middle$",
    ),
    (cases.hdf5(0), NetError, "batch_size is at least 1$"),
    (
        cases.hdf5(2, ("data", "lable")),
        DataError,
        "hdf5.txt:1: 0.h5: no dataset 'lable'; did you mean 'label'?",
    ),
    (cases.hdf5(2)[:-1] + "transform_param { } }", NetError, "HDF5Data does not transform its data"),
    (cases.MEMORY.replace("width: 5", ""), NetError, r"all above 0; got \(2, 3, 4, 0\)$"),
    (cases.OUTPUT.replace("out.h5", "no/out.h5"), NetError, "'no/out.h5' .* in a folder that exists$"),
    (cases.OUTPUT.replace('file_name: "out.h5"', ""), NetError, "file_name '' "),
    (cases.OUTPUT.replace("shape { dim: 4 }", "shape { dim: 5 }"), NetError, r"first axis: .*, \(5,\)$"),
    (
        cases.OUTPUT.replace("shape { dim: 4 }", "shape { dim: 4 dim: 1 dim: 1 dim: 1 dim: 1 }"),
        NetError,
        "have at most 4 axes",
    ),
]


@pytest.mark.parametrize(("text", "error", "message"), WRONG_NETS)
def test_wrong_nets(here: Path, text: str, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        net_of(text)
    assert str(caught.value).startswith(("layer 'data': ", "layer 'out': "))
    assert "\n" not in str(caught.value)


def test_a_bad_image_is_named_with_its_line_when_it_comes(here: Path) -> None:
    (here / "list.txt").write_text("a.jpg 0\nb.png 1\nlist.txt 2\na.jpg 3\n")
    net = net_of(cases.images(batch_size=2, new_height=9, new_width=9))
    net.forward()
    for _ in range(2):
        with pytest.raises(
            DataError, match=r"^layer 'data': list.txt:3: images/list.txt: cannot be read: No such file"
        ):
            net.forward()


def test_windows_are_named_with_their_line(here: Path) -> None:
    (here / "windows.txt").write_text("# 0\na.jpg\n3 31 40\n1\n1 1 0 0 40 30\n")
    net = net_of(cases.windows(fg_fraction=1))
    with pytest.raises(
        DataError, match=r"^layer 'data': windows.txt:5: window 0 0 40 30 is not in the image, .* 40 wide"
    ):
        net.forward()


def test_hdf5_output_writes_one_batch(here: Path) -> None:
    net = net_of(cases.OUTPUT)
    assert not Path("out.h5").exists()
    net.forward()
    written = Path("out.h5").read_bytes()
    with pytest.raises(NetError, match=r"^layer 'out': out.h5 has its batch already"):
        net.forward()
    assert Path("out.h5").read_bytes() == written


def test_hdf5_output_in_a_net_that_learns(here: Path) -> None:
    net = net_of(
        cases.dummy(['type: "gaussian"'] * 3)
        + """
        layer { name: "ip" type: "InnerProduct" bottom: "a" top: "ip" inner_product_param { num_output: 1 } }
        layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "b" top: "loss" }
        layer { name: "out" type: "HDF5Output" bottom: "ip" bottom: "b" hdf5_output_param { file_name: "out.h5" } }"""
    )
    net.forward()
    net.backward()
    with h5py.File("out.h5") as file:
        assert np.array_equal(file["data"][:, :, 0, 0], net.blobs["ip"].data)
        assert file["label"].shape == (3, 1, 1, 1)
    assert np.allclose(
        net.params["ip"][0].diff, (net.blobs["ip"].data[:, 0] - net.blobs["b"].data) @ net.blobs["a"].data / 3
    )


WRONG_ARRAYS = [
    (np.zeros((2, 3, 4, 5)), np.zeros(2, np.float32), "data array is float64; float32 is needed"),
    (np.zeros((2, 3, 4, 5), np.float32), np.zeros(2, int), "labels array is int64; float32 is needed"),
    (np.zeros((2, 3, 5, 4), np.float32), np.zeros(2, np.float32), r"has shape \(2, 3, 5, 4\); N x 3 x 4 x 5 is needed"),
    (np.zeros((2, 60), np.float32), np.zeros(2, np.float32), r"data array has shape \(2, 60\)"),
    (np.zeros((2, 3, 4, 5), np.float32), np.zeros((2, 1), np.float32), r"labels array has shape .* N x 1 x 1 x 1"),
    (np.zeros((2, 3, 5, 4), np.float32).swapaxes(2, 3), np.zeros(2, np.float32), "is not C contiguous"),
    (np.zeros((3, 3, 4, 5), np.float32), np.zeros(3, np.float32), "has 3 items; a multiple of batch_size 2 is needed"),
    (np.zeros((0, 3, 4, 5), np.float32), np.zeros(0, np.float32), "has 0 items"),
    (np.zeros((2, 3, 4, 5), np.float32), np.zeros(4, np.float32), "2 items of data, but 4 labels"),
]


@pytest.mark.parametrize(("data", "labels", "message"), WRONG_ARRAYS)
def test_wrong_arrays(here: Path, data: np.ndarray, labels: np.ndarray, message: str) -> None:
    net = net_of(cases.MEMORY)
    with pytest.raises(DataError, match=f"^layer 'data': .*{message}"):
        net.set_input_arrays(data, labels)
    with pytest.raises(NetError, match=r"^layer 'data': has no data; call net.set_input_arrays"):
        net.forward()


def test_arrays_are_not_transformed(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = net_of(cases.MEMORY[:-1] + "transform_param { scale: 2 } }")
    net.set_input_arrays(np.ones((2, 3, 4, 5), np.float32), np.zeros(2, np.float32))
    net.forward()
    assert (net.blobs["data"].data == 1).all()
    assert "layer 'data': MemoryData does not transform arrays" in caplog.text


def test_random_fillers_fill_in_every_pass(here: Path) -> None:
    net = net_of(cases.dummy(['type: "uniform" max: 9', "value: 3", 'type: "gaussian" std: 1']))
    net.blobs["a"].reshape(500)
    seen = []
    for _ in range(2):
        net.forward()
        seen.append([blob.data.copy() for blob in net.blobs.values()])
    (a, b, c), (other_a, other_b, other_c) = seen
    assert a.shape == (500,)
    assert 8 < a.max() < 9
    assert (b == 3).all()
    assert (other_b == 3).all()
    assert (a != other_a).any()
    assert (c != other_c).any()


@pytest.mark.parametrize("text", [cases.images(), cases.windows(), cases.hdf5(3)])
def test_a_closed_net_has_no_threads_left(here: Path, text: str) -> None:
    before = set(threading.enumerate())
    net = net_of(text)
    net.forward()
    net.close()
    del net
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
