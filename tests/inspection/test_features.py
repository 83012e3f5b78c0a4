"""Features: what is written is what the net holds, in every format; crops as pycaffe's; the tool as real Caffe's."""

from __future__ import annotations

from pathlib import Path

import cv2
import lmdb
import numpy as np
import pytest
from real_caffe import folder as real_folder
from real_caffe import needs_real_caffe
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.datasets.datum import datum_array, parse_datum
from pycaffe_ext.datasets.hdf5_batches import Hdf5Batches
from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.features.crops import ten_crops
from pycaffe_ext.inspection.features.reading import read_features
from pycaffe_ext.inspection.photographs import Photographs
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject

BODY = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "a/conv"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 weight_filler { type: "msra" } } }
layer { name: "relu" type: "ReLU" bottom: "a/conv" top: "a/conv" }
layer { name: "fc" type: "InnerProduct" bottom: "a/conv" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } bias_filler { type: "uniform" } } }
"""
DEPLOY = 'name: "%s" input: "data" input_shape { dim: 3 dim: 3 dim: 9 dim: 11 }' + BODY
DATA = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { crop_size: 9 mean_value: 100 mean_value: 110 mean_value: 120 scale: 0.02 }
  data_param { source: "pictures" batch_size: 3 backend: LMDB } }
"""
HOW = ("--mean", "100,110,120", "--scale", "0.02")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two nets and seven pictures of two classes in the current folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for index in range(7):
        path = Path("photos") / ("cat", "dog")[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), rng.integers(0, 256, (13 + index, 17, 3), np.uint8))
    for name in ("one", "two"):
        Path(f"{name}.prototxt").write_text(DEPLOY % name)
        caffe.set_random_seed(len(name) + ord(name[0]))
        caffe.Net(f"{name}.prototxt", caffe.TEST).save(f"{name}.caffemodel")
    return tmp_path


def subject(name: str = "one", side: int = 0) -> Subject:
    scaling = Scaling(mean=np.array([100, 110, 120], np.float32), scale=0.02, side=side)
    return Subject(f"{name}.prototxt", f"{name}.caffemodel", scaling=scaling)


def expected(name: str = "one") -> dict[str, np.ndarray]:
    shown = [photograph.pixels for photograph in Photographs("photos")]
    net = subject(name)
    return net.forward(net.batch(shown), ["a/conv"])


@pytest.mark.parametrize("kind", ["npz", "hdf5", "lmdb"])
def test_each_format_holds_what_the_net_holds(here: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    probe = tool("probe", monkeypatch)
    blobs = ("--blob", "a/conv", "--blob", "fc")
    common = ("features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW)
    assert probe(*common, *blobs, "--batch", 3, "--format", kind, "-o", "out") == 0
    for name, values in expected().items():
        found = read_features("out", name)
        np.testing.assert_allclose(found.features, values.reshape(7, -1), rtol=1e-5, atol=1e-6)
        assert found.labels is not None
        assert found.labels.tolist() == [0, 0, 0, 0, 1, 1, 1]
    if kind != "lmdb":  # keys there are numbers, as Caffe's tool has them
        assert found.names == [photograph.name for photograph in Photographs("photos")]
        assert found.classes == ["cat", "dog"]
    assert Path("out/pictures.csv").read_text().splitlines()[1].endswith("0.png,0")
    assert {path.name for path in Path("out").iterdir()} == {"features.csv", "pictures.csv"} | {
        "npz": {"features.npz"},
        "hdf5": {"features.h5", "features.txt"},
        "lmdb": {"a_conv_lmdb", "fc_lmdb"},
    }[kind]


def test_an_hdf5_data_layer_reads_the_features(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = tool("probe", monkeypatch)
    assert probe(
        "features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW, "--format", "hdf5", "-o",
        "out",
    ) == 0  # fmt: skip
    rows, labels = Hdf5Batches("out/features.txt", ["fc", "label"], 7).next()
    np.testing.assert_allclose(rows, expected()["fc"], rtol=1e-5, atol=1e-6)
    assert labels.tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_several_nets_are_joined(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = tool("probe", monkeypatch)
    other = "two.prototxt --weights two.caffemodel --blob fc --blob a/conv --mean 100,110,120 --scale 0.02"
    common = ("features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW, "--with", other)
    assert probe(*common, "--join", "-o", "joined") == 0
    one, two = expected("one"), expected("two")
    rows = np.concatenate([one["fc"], two["fc"], two["a/conv"].reshape(7, -1)], axis=1)
    np.testing.assert_allclose(read_features("joined").features, rows, rtol=1e-5, atol=1e-6)

    assert probe(*common, "-o", "apart") == 0
    np.testing.assert_allclose(read_features("apart", "two:fc").features, two["fc"], rtol=1e-5, atol=1e-6)
    with pytest.raises(DataError, match=r"holds several features \(one_fc, two_a_conv, two_fc\)"):
        read_features("apart")


def test_crops_are_pycaffes() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (14, 15, 3), np.uint8)
    ours = np.stack(ten_crops(picture, 9, 10))
    np.testing.assert_array_equal(ours, caffe.io.oversample([picture], (9, 10)))


@pytest.mark.parametrize("how", ["mean", "max", "all"])
def test_oversampling(here: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    probe = tool("probe", monkeypatch)
    common = ("features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW, "--side", 12)
    assert probe(*common, "--oversample", how, "--batch", 2, "-o", "out") == 0
    net = subject(side=12)
    squares = [net.scaling.fitted(photograph.pixels, 12, 12) for photograph in Photographs("photos")]
    crops = [net.scaling.apply(crop, 3) for crop in caffe.io.oversample(squares, (9, 11))]
    rows = net.forward(np.stack(crops))["fc"].reshape(7, 10, 5)
    rows = {"mean": rows.mean(axis=1), "max": rows.max(axis=1), "all": rows.reshape(7, 50)}[how]
    np.testing.assert_allclose(read_features("out").features, rows, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["npz", "hdf5", "lmdb"])
def test_nothing_is_left_after_an_error(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    probe = tool("probe", monkeypatch)
    Path("photos/dog/5.png").write_bytes(b"no picture")
    common = ("features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW)
    assert probe(*common, "--batch", 2, "--format", kind, "-o", "out") == 2
    assert "5.png" in capsys.readouterr().err
    assert list(Path("out").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--blob", "fcc"), "no blob 'fcc'; did you mean 'fc'?"),
        (("--oversample",), "give its size by --side, such as --side 256"),
        (("--with", "two.prototxt"), "--with: the following arguments are required: --weights"),
        (("--with", "'two.prototxt"), "No closing quotation"),
        (("--oversample", "all", "--side", "12", "--blob", "a/conv", "--format", "lmdb"), "a Datum has three axes"),
    ],
)
def test_bad_input_is_one_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
    message: str,
) -> None:  # fmt: skip
    probe = tool("probe", monkeypatch)
    common = ("features", "one.prototxt", "--weights", "one.caffemodel", "--images", "photos", *HOW)
    assert probe(*common, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def entries(path: Path) -> dict[bytes, bytes]:
    with lmdb.open(str(path), readonly=True, lock=False) as database, database.begin() as transaction:
        return {bytes(key): bytes(value) for key, value in transaction.cursor()}


@needs_real_caffe
def test_the_tool_does_what_real_extract_features_does(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, extract = tool("make_lmdb", monkeypatch), tool("extract_features", monkeypatch)
    with real_folder() as real:
        monkeypatch.chdir(real.path)
        assert make(here / "photos", "pictures", "--resize", "12x12") == 0
        Path("val.prototxt").write_text('name: "val"' + DATA + BODY)
        caffe.Net("val.prototxt", caffe.TEST).save("val.caffemodel")
        common = ("val.caffemodel", "val.prototxt", "a/conv,fc,label")
        real.run("extract_features", *common, "conv_real,fc_real,label_real", "4", "lmdb")
        assert extract(*common, "conv_ours,fc_ours,label_ours", 4, "lmdb", "CPU") == 0
        for name in ("conv", "fc", "label"):
            theirs, ours = entries(real.path / f"{name}_real"), entries(real.path / f"{name}_ours")
            assert list(ours) == list(theirs)
            assert len(ours) == 12  # 4 batches of 3: the 7 pictures come round again
            for key, value in theirs.items():
                assert ours[key][:6] == value[:6]  # channels, height, width
                assert len(ours[key]) == len(value)  # and no label
                wanted = datum_array(parse_datum(value))
                difference = np.abs(datum_array(parse_datum(ours[key])) - wanted).max()
                assert difference <= 3e-6 * np.abs(wanted).max()


def test_the_tools_errors(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    make, extract = tool("make_lmdb", monkeypatch), tool("extract_features", monkeypatch)
    assert make("photos", "pictures", "--resize", "12x12") == 0
    Path("val.prototxt").write_text('name: "val"' + DATA + BODY)
    caffe.Net("val.prototxt", caffe.TEST).save("val.caffemodel")
    for blobs, databases, batches, backend, message in (
        ("fc,fcc", "x,y", 1, "lmdb", "val.prototxt: no blob 'fcc'; did you mean 'fc'?"),
        ("fc", "x,y", 1, "lmdb", "1 blobs need as many databases, not 2"),
        ("fc", "pictures", 1, "lmdb", "pictures: exists already"),
        ("fc", "x", 0, "lmdb", "the number of batches is at least 1"),
        ("fc", "x", 1, "leveldb", "features are written as lmdb, not 'leveldb'"),
    ):
        assert extract("val.caffemodel", "val.prototxt", blobs, databases, batches, backend) == 2
        assert message in capsys.readouterr().err
    assert not Path("x").exists()
