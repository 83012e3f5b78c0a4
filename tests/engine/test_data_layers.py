"""ImageData, WindowData, HDF5Data, HDF5Output, MemoryData and DummyData, to the last bit as in real Caffe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import real_caffe
from engine import data_layer_cases
from PIL import Image
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.engine import device
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
        folder.python(Path(data_layer_cases.__file__))
        yield folder


@needs_real_caffe
@pytest.mark.parametrize("name", data_layer_cases.CASES)
def test_gives_what_real_caffe_gives(real: RealFolder, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(real.path)
    drawn = np.random.RandomState(data_layer_cases.SEED).randint(0, 1 << 32, 4, np.uint32)
    seeds = [int(drawn[i]) for i in data_layer_cases.CASES[name][2]]
    monkeypatch.setattr(device, "new_seed", lambda: seeds.pop(0))
    ours = data_layer_cases.take(caffe, name)
    assert not seeds
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
    (data_layer_cases.images(batch_size=0), NetError, "batch_size is at least 1$"),
    (data_layer_cases.images(new_width=4), NetError, "new_height and new_width go together; give both or none$"),
    (data_layer_cases.images(list_file="none.txt"), DataError, "none.txt: cannot be read: No such file or directory$"),
    (data_layer_cases.images("crop_size: 32"), DataError, "list.txt:1: crop_size 32 is larger than the image, 3x31x40$"),
    (data_layer_cases.images(is_color="false") + "data_param { prefetch: 0 }", None, ""),
    (data_layer_cases.windows(context_pad=11), NetError, "context_pad 11 leaves nothing of crop_size 21$"),
    (data_layer_cases.windows(fg_fraction=1.5), NetError, "fg_fraction is a part of 1, not 1.5$"),
    (data_layer_cases.windows(fg_threshold=0.95), DataError, "windows.txt: has no foreground window; see fg_threshold"),
    (data_layer_cases.windows("mean_value: 1 mean_value: 2"), NetError, "2 mean_values for 3 channels; give 1 or 3$"),
    (data_layer_cases.windows('mean_value: 1 mean_file: "x"'), NetError, "both mean_file and mean_value; keep one$"),
    (
        data_layer_cases.windows('mean_file: "mean.binaryproto"').replace("crop_size: 21", "crop_size: 27"),
        DataError,
        r"mean.binaryproto: is \(1, 3, 30, 26\); a crop of 27 needs 1 x 3 x that much in the middle$",
    ),
    (data_layer_cases.hdf5(0), NetError, "batch_size is at least 1$"),
    (
        data_layer_cases.hdf5(2, ("data", "lable")),
        DataError,
        "hdf5.txt:1: 0.h5: no dataset 'lable'; did you mean 'label'?",
    ),
    (data_layer_cases.hdf5(2)[:-1] + "transform_param { } }", NetError, "HDF5Data does not transform its data"),
    (data_layer_cases.MEMORY.replace("width: 5", ""), NetError, r"all above 0; got \(2, 3, 4, 0\)$"),
    (data_layer_cases.OUTPUT.replace("out.h5", "no/out.h5"), NetError, "'no/out.h5' .* in a folder that exists$"),
    (data_layer_cases.OUTPUT.replace('file_name: "out.h5"', ""), NetError, "file_name '' "),
    (data_layer_cases.OUTPUT.replace("shape { dim: 4 }", "shape { dim: 5 }"), NetError, r"first axis: .*, \(5,\)$"),
    (
        data_layer_cases.OUTPUT.replace("shape { dim: 4 }", "shape { dim: 4 dim: 1 dim: 1 dim: 1 dim: 1 }"),
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
