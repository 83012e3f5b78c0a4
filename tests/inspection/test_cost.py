"""A net's cost: against torch's own count while the net runs, and against the totals that everybody knows."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from doctor.examine import ROOT, conv, data, fc, given, images, layer, loss
from tool import TOOLS, tool

import pycaffe_ext as caffe
from pycaffe_ext.doctor import Case
from pycaffe_ext.doctor.memory_estimate import estimate
from pycaffe_ext.errors import NetError, OptionError
from pycaffe_ext.inspection.cost import cost_of, with_batch
from pycaffe_ext.text import Document

PARTS = (
    layer("g", "Convolution", "data", "g", "convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 group: 2 }")
    + layer("up", "Deconvolution", "g", "up", "convolution_param { num_output: 4 kernel_size: 4 stride: 3 group: 2 }")
    + layer("pool", "Pooling", "up", "pool", "pooling_param { kernel_h: 3 kernel_w: 2 stride: 2 }")
    + layer(
        "d",
        "Convolution",
        "pool",
        "d",
        "convolution_param { num_output: 5 kernel_size: 3 dilation: 2 bias_term: false }",
    )
    + layer("relu", "ReLU", "d", "d")
    + fc("fc", "d", 7)
    + layer("t", "InnerProduct", "fc", "t", "inner_product_param { num_output: 3 transpose: true }")
)


def counted(net: caffe.Net, *, backward: bool = False) -> int:
    """Multiply-accumulates that torch counts."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        net._forward(0, len(net.layers) - 1)
        if backward:
            net._backward(len(net.layers) - 1, 0)
    return counter.get_total_flops() // 2


def test_forward_as_torch_counts_it(tmp_path: Path) -> None:
    text = given("data 3 4 17 15") + PARTS
    (tmp_path / "net.prototxt").write_text(text)
    cost = cost_of(Case(Document(text)))
    assert cost.total("macs") == counted(caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST))
    by_name = {one.name: one for one in cost.layers}
    assert [one.name for one in cost.layers if one.macs] == ["g", "up", "d", "fc", "t"]
    assert by_name["g"].macs == 3 * 6 * 15 * 14 * (2 * 3 * 2)
    assert by_name["g"].operations == 3 * 6 * 15 * 14
    assert by_name["d"].operations == 0  # no bias
    up = (3, 4, 46, 43)
    assert by_name["up"].shape == up and by_name["pool"].shape == (3, 4, 23, 22)
    assert by_name["pool"].operations == 3 * 4 * 23 * 22 * 6


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_recurrent_layers_as_torch_counts_them(tmp_path: Path, kind: str) -> None:
    text = given("x 5 3 4", "cont 5 3", "static 3 6")
    text += layer("r", kind, "x cont static", "y", "recurrent_param { num_output: 7 }")
    (tmp_path / "net.prototxt").write_text(text)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    assert cost_of(Case(Document(text))).total("macs") == counted(net)


def test_backward_as_torch_counts_it(tmp_path: Path) -> None:
    """conv1 is frozen, conv2 learns and need not go below itself, fc learns and goes on to conv2."""
    frozen = "param { lr_mult: 0 } param { lr_mult: 0 }"
    text = data(str(images(tmp_path / "db", [0, 1, 2, 3]))) + conv("conv1", "data", 4, frozen, kernel=3)
    text += conv("conv2", "conv1", 5, kernel=2) + conv("conv3", "conv2", 2, frozen) + fc("fc", "conv3", 6) + loss("fc")
    (tmp_path / "net.prototxt").write_text(text)
    cost = cost_of(Case(Document(text)))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    assert cost.is_training and cost.batch == 3
    assert cost.total("macs") + cost.total("backward_macs") == counted(net, backward=True)
    by_name = {one.name: one for one in cost.layers}
    assert [by_name[name].backward_macs // by_name[name].macs for name in ("conv1", "conv2", "conv3", "fc")] == [
        0,
        1,
        1,
        2,
    ]


# MACs of one image in millions, as papers and other counters give them, and parameters
KNOWN = {"caffenet": (724.4, 60_965_224), "vgg16": (15_470, 138_357_544), "lenet": (2.293, 431_080)}


@pytest.mark.parametrize("name", KNOWN)
def test_known_nets(name: str) -> None:
    document = with_batch(Document.read(ROOT / f"prototxt/{name}/deploy.prototxt"), 1)
    cost = cost_of(Case(document))
    millions, parameters = KNOWN[name]
    assert cost.total("macs") / 1e6 == pytest.approx(millions, rel=1e-3)
    assert cost.total("parameters") == parameters


@pytest.mark.parametrize("name", ["googlenet", "resnet50"])
def test_nets_of_the_bench(name: str) -> None:
    """GoogLeNet without its side heads, and ResNet-50, at 224: 1.58 and 3.86 billion."""
    from bench.nets.case import FORWARD_1, cases
    from google.protobuf import text_format

    text = text_format.MessageToString(cases()[name].prototxt(FORWARD_1))
    billions = {"googlenet": 1.58, "resnet50": 3.86}[name]
    assert cost_of(Case(Document(text))).total("macs") / 1e9 == pytest.approx(billions, rel=5e-3)


def test_memory_is_what_the_doctor_says() -> None:
    case = Case(Document.read(ROOT / "prototxt/zfnet/deploy.prototxt"))
    cost, whole = cost_of(case), estimate(case)
    assert whole is not None
    assert cost.total("blobs") == whole.parts["blobs"] and cost.total("params") == whole.parts["parameters"]
    assert cost.total("own") == whole.parts["layers' own"] + whole.parts["im2col"]


@pytest.mark.parametrize(
    "head",
    [
        'input: "data" input_dim: 9 input_dim: 3 input_dim: 8 input_dim: 5 ',
        'input: "data" input_shape { dim: 9 dim: 3 dim: 8 dim: 5 } ',
        given("data 9 3 8 5"),
        given("data 9 3 8 5", "rois 4 5") + layer("s", "Silence", "rois"),
        layer("data", "DummyData", "", "data", "dummy_data_param { shape { dim: 9 dim: 3 dim: 8 dim: 5 } }"),
    ],
)
def test_another_batch_size(head: str) -> None:
    document = Document(head + conv("conv", "data", 2, kernel=3))
    changed = with_batch(document, 4)
    one, other = (cost_of(Case(text), "TEST") for text in (document, changed))
    assert (one.batch, other.batch) == (9, 4)
    assert 4 * one.total("macs") == 9 * other.total("macs") and one.total("params") == other.total("params")
    assert changed.text.count("dim: 4") - document.text.count("dim: 4") == 1


def test_the_batch_of_a_database(tmp_path: Path) -> None:
    text = data(str(images(tmp_path / "db", [0, 1, 2, 3]))) + fc("fc", "data", 6) + loss("fc")
    assert cost_of(Case(with_batch(Document(text), 50))).batch == 50


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    net = ROOT / "prototxt/lenet/train_val.prototxt"
    assert tool("probe", monkeypatch)("cost", net, "--batch", 2, "--input-shape", "5,1,28,28", "--all") == 0
    said = capsys.readouterr().out
    assert "TEST, batch of 2: 4.59 M MACs forward (2.29 M per image)" in said
    with open("cost_out/cost.csv", newline="") as file:
        rows = {row["layer"]: row for row in csv.DictReader(file)}
    assert (rows["conv2"]["MACs"], rows["pool1"]["first top"]) == ("3.2", "2x20x12x12")
    assert json.loads(Path("cost_out/cost.json").read_text())["totals"]["parameters"] == 431_080
    assert Path("cost_out/cost.png").read_bytes().startswith(b"\x89PNG")


def test_it_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['probe.py', 'cost', {str(ROOT / 'prototxt/lenet/deploy.prototxt')!r}, '--quiet']\n"
        f"try: runpy.run_path({str(TOOLS / 'probe.py')!r}, run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_what_cannot_be_counted() -> None:
    with pytest.raises(NetError, match=r"layer 'data': the shape .* its data is not here; say --input-shape"):
        cost_of(Case(Document(data("absent") + fc("fc", "data", 6) + loss("fc"))))
    fork = given("data 2 3 8 8") + layer("odd", "ShuffleChannel", "data", "odd") + fc("fc", "odd", 6)
    with pytest.raises(NetError, match=r"layer 'odd': the shape .* not known: Caffe has no type ShuffleChannel"):
        cost_of(Case(Document(fork)))
    with pytest.raises(OptionError, match="holds no layers; is this the net and not the solver"):
        cost_of(Case(Document("base_lr: 1")))
    with pytest.raises(OptionError, match="a batch has at least 1 image, not 0"):
        with_batch(Document(fork), 0)
    with pytest.raises(OptionError, match="nothing says a batch size"):
        with_batch(Document(fc("fc", "data", 6)), 3)
