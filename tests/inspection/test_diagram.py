"""The diagram of a net: what is in which box, which colours and edges they have."""

from __future__ import annotations

import csv
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cv2
import pytest
from doctor.examine import ROOT, conv, data, fc, given, images, layer, loss
from tool import tool

from pycaffe_ext.errors import OptionError
from pycaffe_ext.inspection.diagram import boxes_of, diagram
from pycaffe_ext.inspection.diagram.drawing import FROZEN, STATISTICS
from pycaffe_ext.text import Document

ZEROS = "param { lr_mult: 0 } param { lr_mult: 0 }"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz: apt-get install graphviz")


@pytest.fixture
def document(tmp_path: Path) -> Document:
    source = str(images(tmp_path / "db", [0, 1, 2]))
    text = data(source, phase="TRAIN") + data(source, phase="TEST") + conv("conv1", "data", 4, ZEROS, kernel=3)
    text += layer("bn", "BatchNorm", "conv1", "conv1") + layer("scale", "Scale", "conv1", "conv1")
    text += layer("relu", "ReLU", "conv1", "conv1") + layer("pool", "Pooling", "conv1", "pool", POOL)
    text += conv("conv2", "pool", 5, "param { lr_mult: 10 } param { lr_mult: 20 }")
    text += fc("fc", "conv2", 6, "param { lr_mult: 0.5 }") + layer("drop", "Dropout", "fc", "fc") + loss("fc")
    text += layer("accuracy", "Accuracy", "fc label", "accuracy", "include { phase: TEST }")
    return Document(text, "net.prototxt")


POOL = "pooling_param { kernel_h: 2 kernel_w: 3 stride: 2 }"


def test_layers_in_place_share_a_box(document: Document) -> None:
    boxes = boxes_of(document)
    assert [[line.name for line in box.lines] for box in boxes] == [
        ["data"],
        ["data"],
        ["conv1", "bn", "scale", "relu"],
        ["pool"],
        ["conv2"],
        ["fc", "drop"],
        ["loss"],
        ["accuracy"],
    ]
    assert [box.kind for box in boxes] == ["data"] * 2 + ["layer"] * 4 + ["sink"] * 2
    assert [box.shape for box in boxes[:6]] == [(3, 8, 9), (3, 8, 9), (4, 6, 7), (4, 3, 3), (5, 3, 3), (6,)]
    assert [box.lines[0].phase for box in boxes] == ["TRAIN", "TEST", "", "", "", "", "", "TEST"]
    conv1, bn, scale, relu = boxes[2].lines
    assert (conv1.parameters, conv1.rates, conv1.words) == (4 * 27 + 4, (0, 0), "Convolution 3x3")
    assert (bn.parameters, bn.rates) == (9, (None, None, None))
    assert (scale.parameters, scale.rates, relu.rates) == (4, (1,), ())
    assert boxes[3].lines[0].words == "MAX pooling 2x3, stride 2"


def test_edges_say_where_gradients_flow(document: Document) -> None:
    boxes = boxes_of(document)
    assert boxes[2].takes == [(0, "data", False), (1, "data", False)]
    assert [box.takes[0][2] for box in boxes[3:]] == [True, True, True, True, False]  # Scale learns, so all above it
    assert [number for number, _, _ in boxes[6].takes] == [5, 0, 1]
    graph = diagram(document)
    assert ("box 0", "box 2", "") in graph.edges and ("box 0", "box 6", "label") not in graph.edges
    assert "against label" in graph.nodes["box 6"]["label"]
    assert (
        graph.of_edges["box 0", "box 2"]["style"] == "dashed" and graph.of_edges["box 2", "box 3"]["style"] == "solid"
    )


def test_colours_say_what_learns(document: Document) -> None:
    nodes = diagram(document).nodes
    conv1, bn, scale, relu = nodes["box 2"]["label"].split("<tr>")[1:5]
    assert f'bgcolor="{FROZEN}"' in conv1 and "112 parameters, frozen" in conv1
    assert f'bgcolor="{STATISTICS}"' in bn and "9 parameters, statistics" in bn
    assert 'bgcolor="#fdae6b"' in scale and 'bgcolor="#ffffff"' in relu
    assert 'bgcolor="#f16913"' in nodes["box 4"]["label"] and "lr_mult 10, 20" in nodes["box 4"]["label"]
    assert 'bgcolor="#fee6ce"' in nodes["box 5"]["label"]
    assert "learns, lr_mult below 1" in nodes["legend"]["label"] and "has parameters<" not in nodes["legend"]["label"]
    assert diagram(document).attributes["label"].endswith(": 426 parameters, 121 of them frozen")


def test_shared_parameters_count_once() -> None:
    shared = 'param { name: "w" } param { name: "b" }'
    text = given("a 2 3 4 5", "b 2 3 4 5") + fc("one", "a", 7, shared) + fc("two", "b", 7, shared)
    assert ": 427 parameters" in diagram(Document(text, "net")).attributes["label"]


def test_a_net_that_only_predicts() -> None:
    graph = diagram(Document.read(ROOT / "prototxt/lenet/deploy.prototxt"))
    assert "has parameters" in graph.nodes["legend"]["label"] and "learns" not in graph.nodes["legend"]["label"]
    assert {edge["style"] for edge in graph.of_edges.values()} == {"solid"}


def test_old_inputs_and_odd_names() -> None:
    text = 'input: "a<b>&\\"c\\"" input_shape { dim: 2 dim: 3 dim: 4 dim: 5 } '
    text += 'layer { name: "<x>" type: "Odd" bottom: "a<b>&\\"c\\"" top: "y" }'
    graph = diagram(Document(text, "net"))
    assert "<b>a&lt;b&gt;&amp;&quot;c&quot;</b>" in graph.nodes["box 0"]["label"]
    assert "3 x 4 x 5" in graph.nodes["box 0"]["label"]
    if shutil.which("dot"):
        ElementTree.fromstring(graph.create("svg"))


@needs_dot
@pytest.mark.parametrize("net", sorted(path.parent.name for path in (ROOT / "prototxt").glob("*/train_val.prototxt")))
def test_every_ready_net_is_drawn(net: str) -> None:
    svg = diagram(Document.read(ROOT / f"prototxt/{net}/train_val.prototxt")).create("svg").decode()
    assert ElementTree.fromstring(svg).tag.endswith("svg") and "TRAIN only" in svg


@needs_dot
def test_the_command(tmp_path: Path, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document.write("net.prototxt")
    assert tool("visualize", monkeypatch)("diagram", "net.prototxt", "--direction", "LR", "--quiet") == 0
    assert cv2.imread("diagram_out/diagram.png") is not None
    assert "fc" in Path("diagram_out/diagram.svg").read_text()
    with open("diagram_out/diagram.csv", newline="") as file:
        rows = {row["layer"]: row for row in csv.DictReader(file)}
    assert (rows["conv1"]["lr_mult"], rows["conv1"]["parameters"], rows["conv1"]["shape"]) == ("0 0", "112", "4x6x7")
    assert rows["bn"]["lr_mult"] == "statistics statistics statistics" and rows["accuracy"]["phase"] == "TEST"


def test_without_graphviz(
    tmp_path: Path, document: Document, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    document.write("net.prototxt")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool("visualize", monkeypatch)("diagram", "net.prototxt") == 2
    assert "install the Debian package graphviz" in capsys.readouterr().err
    assert not list(Path("diagram_out").iterdir())


def test_a_solver_is_no_net() -> None:
    with pytest.raises(OptionError, match="holds no layers; is this the net and not the solver"):
        boxes_of(Document.read(ROOT / "prototxt/lenet/solver.prototxt"))
