"""train_val to deploy: whole nets before and after, shapes of inputs, nets that cannot be deployed."""

from __future__ import annotations

import re
from pathlib import Path

import lmdb
import pytest

from pycaffe_ext.errors import CaffeError, NetError, OptionError
from pycaffe_ext.model.shapes import infer
from pycaffe_ext.model.upgrade import upgrade_net
from pycaffe_ext.proto.caffe_pb2 import Datum
from pycaffe_ext.surgery import Request, perform, to_deploy
from pycaffe_ext.surgery.schema import read_net
from pycaffe_ext.text import Document

DEPLOY = Request("--to-deploy")

CLASSIFIER = (
    """\
name: "Classifier"  # of coins
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TRAIN }
  transform_param { crop_size: 227 mirror: true }
  data_param { source: "train_lmdb" batch_size: 256 }
}
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TEST }
  transform_param { crop_size: 224 }
}

# the net itself
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }
}
layer {
  name: "bn1"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  batch_norm_param { use_global_stats: false }
  include { phase: TRAIN }
}
layer {
  name: "bn1"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  batch_norm_param { use_global_stats: true }
  include { phase: TEST }
}
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "conv1"
  top: "fc"
  inner_product_param { num_output: 2 }
}
layer {
  name: "accuracy" # in per cent
  type: "Accuracy"
  bottom: "fc"
  bottom: "label"
  top: "accuracy"
  include { phase: TEST }
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "fc"
  bottom: "label"
  top: "loss"
}
""",
    """\
name: "Classifier"  # of coins
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }
}

# the net itself
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }
}
layer {
  name: "bn1"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  batch_norm_param { use_global_stats: true }
}
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "conv1"
  top: "fc"
  inner_product_param { num_output: 2 }
}
layer {
  name: "prob"
  type: "Softmax"
  bottom: "fc"
  top: "prob"
}
""",
)

V1 = (
    """\
name: 'old'
layers {
\tname: 'mnist' type: DATA top: 'data' top: 'label'
\tdata_param { source: 'lmdb' crop_size: 28 } transform_param { force_gray: true }
}
layers { name: 'ip' type: INNER_PRODUCT bottom: 'data' top: 'ip' blobs_lr: 1 inner_product_param { num_output: 2 } }
layers { name: 'loss' type: SOFTMAX_LOSS bottom: 'ip' bottom: 'label' }
""",
    """\
name: 'old'
input: 'data'
input_dim: 1
input_dim: 1
input_dim: 28
input_dim: 28
layers { name: 'ip' type: INNER_PRODUCT bottom: 'data' top: 'ip' blobs_lr: 1 inner_product_param { num_output: 2 } }
layers { name: 'prob' type: SOFTMAX bottom: 'ip' top: 'prob' }
""",
)


@pytest.mark.parametrize("case", [CLASSIFIER, V1], ids=["classifier", "V1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_whole_nets(case: tuple[str, str], end: str) -> None:
    before, after = (text.replace("\n", end) for text in case)
    assert perform(Document(before), [DEPLOY]).text == after
    assert perform(Document(after), [DEPLOY]).text == after
    infer(upgrade_net(read_net(Document(after))))


DATA = 'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 } }'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }'


def layer(name: str, kind: str, bottoms: str = "", tops: str = "", more: str = "") -> str:
    blobs = "".join(f'bottom: "{b}" ' for b in bottoms.split()) + "".join(f'top: "{t}" ' for t in tops.split())
    return f'layer {{ name: "{name}" type: "{kind}" {blobs}{more} }}'


def test_softmax_keeps_its_axis() -> None:
    loss = layer("loss", "SoftmaxWithLoss", "fc label", "loss", "softmax_param { axis: 2 engine: CAFFE }")
    after = perform(Document("\n".join([DATA, FC, loss])), [DEPLOY])
    assert after.text.endswith('bottom: "fc" top: "prob" softmax_param { axis: 2 } }')


def net_with(data: str) -> Document:
    return Document("\n".join([data, FC, layer("loss", "SoftmaxWithLoss", "fc label", "loss")]), "net")


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ("transform_param { crop_size: 8 }", [1, 3, 8, 8]),
        ("transform_param { crop_size: 8 mean_value: 1 }", [1, 3, 8, 8]),
        ("transform_param { crop_size: 8 mean_value: [1, 2, 3, 4] }", [1, 4, 8, 8]),
        ("transform_param { crop_size: 8 force_gray: true }", [1, 1, 8, 8]),
        ("image_data_param { new_height: 6 new_width: 9 }", [1, 3, 6, 9]),
        ("image_data_param { new_height: 6 new_width: 9 is_color: false }", [1, 1, 6, 9]),
        ("transform_param { resize_param { height: 300 width: 200 } }", [1, 3, 300, 200]),
        ("memory_data_param { channels: 2 height: 6 width: 9 }", [1, 2, 6, 9]),
        ("dummy_data_param { shape { dim: 5 dim: 2 } shape { dim: 5 } }", [5, 2]),
        ("dummy_data_param { num: 5 channels: 2 height: 6 width: 9 }", [1, 2, 6, 9]),
    ],
)
def test_shapes_of_data_layers(data: str, shape: list[int]) -> None:
    kind = "DummyData" if "dummy" in data else "ImageData"
    net = read_net(perform(net_with(layer("d", kind, "", "data label", data)), [DEPLOY]))
    assert list(net.layer[0].input_param.shape[0].dim) == shape


@pytest.mark.parametrize(("crop", "shape"), [("", [1, 2, 5, 7]), ("transform_param { crop_size: 4 }", [1, 2, 4, 4])])
def test_shape_of_the_database(tmp_path: Path, crop: str, shape: list[int]) -> None:
    with lmdb.open(str(tmp_path / "db")) as database, database.begin(write=True) as transaction:
        transaction.put(b"0", Datum(channels=2, height=5, width=7).SerializeToString())
    text = net_with(layer("d", "Data", "", "data label", 'data_param { source: "db" }' + crop)).text
    net = read_net(perform(Document(text, str(tmp_path / "train_val.prototxt")), [DEPLOY]))
    assert list(net.layer[0].input_param.shape[0].dim) == shape


@pytest.mark.parametrize("content", [b"", b"\xff no datum", Datum(channels=3, encoded=True).SerializeToString()])
def test_a_database_that_does_not_say(tmp_path: Path, content: bytes) -> None:
    with lmdb.open(str(tmp_path / "db")) as database, database.begin(write=True) as transaction:
        transaction.put(b"0", content)
    document = net_with(layer("d", "Data", "", "data label", f'data_param {{ source: "{tmp_path / "db"}" }}'))
    with pytest.raises(
        NetError, match="the shape of its top 'data' is not known from Data; give --input-shape data=1,3,"
    ):
        perform(document, [DEPLOY])


def test_given_shapes() -> None:
    for value in ("2,1,28,27", "data=2,1,28,27"):
        after = perform(net_with(DATA), [Request("--input-shape", value), DEPLOY])
        assert list(read_net(after).layer[0].input_param.shape[0].dim) == [2, 1, 28, 27]
    document = net_with(DATA)
    assert document.apply(to_deploy(document, {"data": (2, 1, 28, 27)})).text == after.text


@pytest.mark.parametrize(
    ("requests", "error", "message"),
    [
        (
            [DEPLOY, Request("--input-shape", "1,x")],
            OptionError,
            "--input-shape takes sizes such as 1,3,227,227, not '1,x'",
        ),
        ([DEPLOY, Request("--input-shape", "1,0")], OptionError, "sizes such as"),
        ([Request("--input-shape", "1,3")], OptionError, "--input-shape says something to --to-deploy"),
        (
            [DEPLOY, Request("--input-shape", "im=1,3")],
            OptionError,
            "net: --input-shape: 'im' is no input; inputs are data",
        ),
    ],
)
def test_wrong_shapes(requests: list[Request], error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(net_with(DATA), requests)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{DATA} {layer('acc', 'Accuracy', 'data label', 'acc')}", "net: no layer here has parameters and leads to"),
        (
            f"{FC} {layer('loss', 'EuclideanLoss', 'fc label', 'l')}",
            "net:1:7: layer 'fc': its bottom 'data' is made by no",
        ),
        ('layers { layer { name: "a" type: "data" } top: "data" }', "net:1:8: layer 'a': is of Caffe's first format"),
        ('layer [{ name: "a" type: "Data" top: "a" }]', "net:1:8: layer 'a': is written in a list"),
        (
            f"{DATA} {FC} {layer('x', 'ReLU', 'fc', 'fc', 'include { phase: 7.5 }')}",
            "net:1:.*is no rule of phase, level",
        ),
    ],
)
def test_nets_that_cannot_be_deployed(text: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(text, "net"), [DEPLOY])


def test_two_inputs_need_their_names() -> None:
    two = [layer("a", "HDF5Data", "", "a b label"), layer("c", "Concat", "a b", "data"), FC]
    document = Document("\n".join([*two, layer("loss", "EuclideanLoss", "fc label", "loss")]), "net")
    with pytest.raises(OptionError, match=re.escape("there is more than one input: say BLOB=N,C,H,W; inputs are a, b")):
        perform(document, [DEPLOY, Request("--input-shape", "1,3")])
    after = perform(document, [DEPLOY, Request("--input-shape", "a=1,3"), Request("--input-shape", "b=1,4")])
    inputs = read_net(after).layer[:2]
    assert [(one.type, one.top, one.input_param.shape[0].dim) for one in inputs] == [
        ("Input", ["a"], [1, 3]),
        ("Input", ["b"], [1, 4]),
    ]


def test_a_deploy_net_stays_as_it_is() -> None:
    text = 'input: "data" input_dim: [1, 3, 8, 8] ' + FC + layer("prob", "Softmax", "fc", "prob")
    assert perform(Document(text), [DEPLOY]).text == text
    with pytest.raises(OptionError, match="has no data layer"):
        perform(Document(text), [DEPLOY, Request("--input-shape", "1,3,9,9")])
