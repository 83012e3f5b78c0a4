"""Style transfer: statistics by hand, the decoder's geometry and gradients, and both commands."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.datum_reading import datum_array, parse_datum
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.engine.net import Net
from pycaffe_ext.errors import NetError, OptionError
from pycaffe_ext.inspection.photographs import Photographs
from pycaffe_ext.inspection.stylising.adain import DecoderTraining, adain, decode, round_and_round
from pycaffe_ext.inspection.stylising.decoder_net import decoder_net, fill_interpolations
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.proto import caffe_pb2

NET = """
name: "Tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 23 dim: 31 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param {
  num_output: 5 kernel_size: 5 stride: 2 weight_filler { type: "gaussian" std: 0.02 } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2" convolution_param {
  num_output: 7 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc" inner_product_param {
  num_output: 4 weight_filler { type: "xavier" } } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    caffe.set_random_seed(3)
    caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST).save(str(tmp_path / "net.caffemodel"))
    rng = np.random.default_rng(1)
    for name, reach in (("pictures/a", 3), ("pictures/b", 3), ("styles", 1)):
        (tmp_path / name).mkdir(parents=True)
        for index in range(3):
            pixels = cv2.GaussianBlur(rng.normal(0, 90, (23, 31, 3)), (0, 0), reach) * reach + 128
            cv2.imwrite(str(tmp_path / name / f"{index}.png"), np.clip(pixels, 0, 255).astype(np.uint8))
    return tmp_path


@pytest.fixture
def subject(folder: Path) -> Subject:
    return Subject(folder / "net.prototxt", folder / "net.caffemodel")


def test_features_take_the_styles_statistics() -> None:
    rng = np.random.default_rng(1)
    content, style = rng.normal(3, 2, (2, 3, 5, 7)), rng.normal(-1, 9, (2, 3, 4, 6))
    found = adain(content.astype(np.float32), style.astype(np.float32))
    for n in range(2):
        for c in range(3):
            own = (content[n, c] - content[n, c].mean()) / content[n, c].std()
            wanted = own * style[n, c].std() + style[n, c].mean()
            np.testing.assert_allclose(found[n, c], wanted, rtol=1e-3, atol=1e-3)


def test_the_decoder_makes_pictures_of_the_inputs_size(subject: Subject) -> None:
    """23 x 31, 10 x 14, 5 x 7: what the strides swallowed comes back."""
    net = Net(decoder_net(subject, "conv2", 2.0), caffe_pb2.TEST)
    fill_interpolations(net)
    assert decode(net, np.ones((2, 7, 5, 7), np.float32)).shape == (2, 3, 23, 31)
    assert [net.blobs[name].shape[2:] for name in ("decode1", "enlarge2", "enlarge3")] == [(5, 7), (10, 14), (23, 31)]
    weights = net.params["enlarge2"][0].data  # kernel 2, stride 2
    assert (weights == 1).all()
    weights = net.params["enlarge3"][0].data[0, 0]  # from 10 to 23 and from 14 to 31: kernel 5, stride 2
    np.testing.assert_allclose(weights, np.outer([0, 0.5, 1, 0.5, 0], [0, 0.5, 1, 0.5, 0]))


def test_features_that_not_everything_passes_are_refused(subject: Subject) -> None:
    with pytest.raises(NetError, match=r"'fc' is no map that everything passes; these are: conv1, pool1, conv2"):
        decoder_net(subject, "fc", 1.0)
    example = np.zeros((1, 3, 23, 31), np.float32)
    with pytest.raises(OptionError, match="the rate is more than 0"):
        DecoderTraining(subject, "conv2", example, rate=0, iterations=3, seed=1)


def test_gradients_by_finite_differences(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    contents, styles = rng.normal(0, 50, (2, 2, 3, 23, 31)).astype(np.float32)
    training = DecoderTraining(subject, "conv2", contents, rate=0.1, iterations=3, seed=1)
    assert training.matched == ["conv1", "pool1", "conv2"]
    net = training.solver.net
    monkeypatch.setattr(training.solver, "apply_update", lambda: 0.0)

    def loss() -> float:
        content, style = training.step(contents, styles, 0.5)
        return content + 0.5 * style

    loss()
    for layer, index, place in (("colours", 0, (1, 2, 0, 1)), ("decode1", 0, (3, 1, 2, 2)), ("decode3", 1, (4,))):
        blob = net.params[layer][index]
        gradient, kept = float(blob.diff[place]), float(blob.data[place])
        step = 2e-3 * max(1.0, abs(kept))
        values = []
        for sign in (1, -1):
            blob.data[place] = kept + sign * step
            values.append(loss())
        blob.data[place] = kept
        assert gradient == pytest.approx((values[0] - values[1]) / (2 * step), rel=0.03, abs=1e-4)
        assert abs(gradient) > 1e-3


def test_training_and_stylising(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    net = (folder / "net.prototxt", "--weights", folder / "net.caffemodel", "--images", folder / "pictures")
    styles = ("--styles", folder / "styles", "--size", 27)  # the layer fc would not fit
    train = ("--blob", "conv2", "--iterations", 60, "--batch", 2, "--rate", 0.01, "-o", folder / "decoder", "--quiet")
    assert visualize("train-decoder", *net, *styles, *train) == 0
    _, *rows = csv.reader((folder / "decoder/losses.csv").read_text().splitlines())
    content = np.array([float(row[1]) for row in rows])
    assert len(content) == 60 and content[-10:].mean() < 0.6 * content[:5].mean()
    prefix = ("--decoder", folder / "decoder/decoder")
    lmdb = ("--lmdb", folder / "stylised_lmdb", "--copies", 2, "-o", folder / "out", "--quiet")
    assert visualize("stylise", *net, *styles, *prefix, *lmdb) == 0
    database = open_database(folder / "stylised_lmdb")
    entries = [(key, datum_array(parse_datum(value)).copy(), parse_datum(value).label) for key, value in database]
    database.close()
    assert [key for key, _, _ in entries][:3] == [b"00000000_a/0.png", b"00000001_a/0.png", b"00000002_a/1.png"]
    assert [label for _, _, label in entries] == [0] * 6 + [1] * 6
    assert {pixels.shape for _, pixels, _ in entries} == {(3, 27, 27)}
    assert (entries[0][1] != entries[2][1]).any()
    assert visualize("stylise", *net, *styles, *prefix, *lmdb) == 2  # it is there
    again = ("--lmdb", folder / "stylised_lmdb", "--shuffle", "--overwrite", "--lmdb-size", 11, *lmdb[4:])
    assert visualize("stylise", *net, *styles, *prefix, *again) == 0
    database = open_database(folder / "stylised_lmdb")
    names = [bytes(key)[9:].decode() for key, _ in database]
    assert datum_array(database.first()[1]).shape == (3, 11, 11)
    database.close()
    assert names != sorted(names) == [f"{label}/{index}.png" for label in "ab" for index in range(3)]


def test_pictures_come_in_another_order_each_time_round_but_from_a_database(folder: Path) -> None:
    pictures = Photographs(str(folder / "pictures"))
    endless = round_and_round(pictures, np.random.default_rng(1))
    first, again = ([found.tobytes() for found in islice(endless, len(pictures))] for _ in range(2))
    inorder = [one.pixels.tobytes() for one in pictures]
    assert sorted(first) == sorted(again) == sorted(inorder)
    assert first != again and inorder not in (first, again)
    with writing_lmdb(folder / "some_lmdb") as database:
        for index, one in enumerate(pictures):
            database.put(b"%d" % index, raw_datum(one.pixels, 0))
    stored = round_and_round(Photographs(str(folder / "some_lmdb")), np.random.default_rng(1))
    assert [found.tobytes() for found in islice(stored, 2 * len(pictures))] == inorder * 2


@needs_real_caffe
def test_the_decoder_is_a_caffe_net(subject: Subject) -> None:
    """Real Caffe makes the same pictures of the same features."""
    features = np.random.default_rng(1).normal(0, 3, (2, 7, 5, 7)).astype(np.float32)
    with real_caffe.folder() as real:
        (real.path / "decoder.prototxt").write_text(str(decoder_net(subject, "conv2", 2.0)))
        net = Net(real.path / "decoder.prototxt", caffe_pb2.TEST)
        fill_interpolations(net)
        net.save(real.path / "decoder.caffemodel")
        np.save(real.path / "features.npy", features)
        real.python(
            "import caffe, numpy as np\n"
            "net = caffe.Net('decoder.prototxt', caffe.TEST, weights='decoder.caffemodel')\n"
            "net.blobs['conv2'].reshape(2, 7, 5, 7)\n"
            "net.blobs['conv2'].data[...] = np.load('features.npy')\n"
            "net.forward()\n"
            "np.save('image.npy', net.blobs['image'].data)\n"
        )
        image = np.load(real.path / "image.npy")
    np.testing.assert_allclose(decode(net, features), image, atol=1e-5 * np.abs(image).max())


def test_strength_0_keeps_the_pictures_own_statistics(subject: Subject) -> None:
    from pycaffe_ext.inspection.stylising.adain import stylised

    rng = np.random.default_rng(1)
    picture, style = rng.integers(0, 256, (2, 23, 31, 3), np.uint8)
    net = Net(decoder_net(subject, "conv2", 2.0), caffe_pb2.TEST)
    fill_interpolations(net)
    own = stylised(subject, net, picture, style, 0)
    plain = subject.scaling.undo(decode(net, subject.activations(subject.batch([picture]), "conv2"))[0])
    assert (own == np.round(plain)).all()
    assert (own != stylised(subject, net, picture, style, 1)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--copies", 0), "--copies is at least 1"),
        (("--strength", 1.5), "--strength is 0 to 1"),
        (("--size", 9), "--size is at least 16"),
        (("--lmdb-size", 0), "--lmdb-size is at least 1"),
    ],
)
def test_bad_options(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[object, ...],
    message: str,
) -> None:
    net = (folder / "net.prototxt", "--weights", folder / "net.caffemodel", "--images", folder / "pictures")
    rest = ("--styles", folder / "styles", "--decoder", folder / "none", "-o", folder / "out")
    assert tool("visualize", monkeypatch)("stylise", *net, *rest, *options) == 2
    assert message in capsys.readouterr().err
