"""Which layers of small nets stay in a deploy net."""

from __future__ import annotations

import pytest

from pycaffe_ext.model.view import NetView
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

DATA = 'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 } }'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }'
INPUT = "data: Input -> data"


def layer(name: str, kind: str, bottoms: str = "", tops: str = "", more: str = "") -> str:
    blobs = "".join(f'bottom: "{b}" ' for b in bottoms.split()) + "".join(f'top: "{t}" ' for t in tops.split())
    return f'layer {{ name: "{name}" type: "{kind}" {blobs}{more} }}'


def summary(text: str) -> list[str]:
    """name: Type bottoms -> tops, of each layer."""
    layers = NetView(Document(text)).layers
    return [" ".join((f"{one.name}: {one.type}", *one.bottom_names, "->", *one.top_names)) for one in layers]


NETS = {
    "side heads with a smaller weight go": (
        [
            DATA,
            FC,
            layer("side", "InnerProduct", "fc", "side"),
            layer("side_loss", "SoftmaxWithLoss", "side label", "l1", "loss_weight: 0.3"),
            layer("side_acc", "Accuracy", "side label", "a1"),
            layer("main", "InnerProduct", "fc", "main"),
            layer("main_loss", "SoftmaxWithLoss", "main label", "l2", "loss_weight: 1"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "main: InnerProduct fc -> main", "prob: Softmax main -> prob"],
    ),
    "heads of the same weight stay, each with probabilities": (
        [
            DATA,
            layer("a", "InnerProduct", "data", "a"),
            layer("a_loss", "SigmoidCrossEntropyLoss", "a label", "l1"),
            layer("b", "InnerProduct", "data", "b"),
            layer("b_loss", "SoftmaxWithLoss", "b label", "l2"),
        ],
        [
            INPUT,
            "a: InnerProduct data -> a",
            "a_prob: Sigmoid a -> a_prob",
            "b: InnerProduct data -> b",
            "b_prob: Softmax b -> b_prob",
        ],
    ),
    "heads with labels of their own stay whatever they weigh": (
        [
            layer("data", "HDF5Data", "", "data boxes", "hdf5_data_param { source: 'x' } my_param { crop_size: 8 }"),
            layer("labels", "Data", "", "label"),
            FC,
            layer("cls_loss", "SoftmaxWithLoss", "fc label", "l1"),
            layer("box", "InnerProduct", "data", "box"),
            layer("box_loss", "EuclideanLoss", "box boxes", "l2", "loss_weight: 0.1"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "prob: Softmax fc -> prob", "box: InnerProduct data -> box"],
    ),
    "parts of one label are labels of their own": (
        [
            DATA,
            layer("slice", "Slice", "label", "l1 l2"),
            FC,
            layer("loss1", "EuclideanLoss", "fc l1", "loss1", "loss_weight: 0.1"),
            layer("b", "InnerProduct", "data", "b"),
            layer("loss2", "EuclideanLoss", "b l2", "loss2"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "b: InnerProduct data -> b"],
    ),
    "layers for labels alone go, a resized label is the same label": (
        [
            DATA,
            FC,
            layer("small", "Interp", "label", "small"),
            layer("loss1", "SoftmaxWithLoss", "fc small", "loss1", "loss_weight: 0.4"),
            layer("main", "InnerProduct", "fc", "main"),
            layer("loss2", "SoftmaxWithLoss", "main label", "loss2"),
            layer("quiet", "Silence", "small"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "main: InnerProduct fc -> main", "prob: Softmax main -> prob"],
    ),
    "a loss for training alone still says what is predicted": (
        [
            DATA,
            FC,
            layer("loss", "SoftmaxWithLoss", "fc label", "loss", "include { phase: TRAIN }"),
            layer("acc", "Accuracy", "fc label", "acc", "include { phase: TEST }"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "prob: Softmax fc -> prob"],
    ),
    "probabilities that are there already stay": (
        [
            DATA,
            FC,
            layer("soft", "Softmax", "fc", "soft", "include { phase: TEST }"),
            layer("acc", "Accuracy", "soft label", "acc"),
            layer("loss", "SoftmaxWithLoss", "fc label", "loss"),
        ],
        [INPUT, "fc: InnerProduct data -> fc", "soft: Softmax fc -> soft"],
    ),
    "stages of nets for several uses": (
        [
            layer("train", "Data", "", "data label", 'include { stage: "train" } transform_param { crop_size: 8 }'),
            layer("val", "Data", "", "data label", 'include { stage: "val" } transform_param { crop_size: 8 }'),
            layer("scale", "Power", "data", "scaled", 'include { stage: "deploy" }'),
            layer("fc", "InnerProduct", "data", "fc", 'exclude { stage: "deploy" }'),
            layer("fc", "InnerProduct", "scaled", "fc", 'include { stage: "deploy" }'),
            layer("loss", "SoftmaxWithLoss", "fc label", "loss", 'exclude { stage: "deploy" }'),
            layer("softmax", "Softmax", "fc", "softmax", 'include { stage: "deploy" }'),
        ],
        [
            INPUT,
            "scale: Power data -> scaled",
            "fc: InnerProduct scaled -> fc",
            "softmax: Softmax fc -> softmax",
        ],
    ),
    "what needs labels goes, what it took is the output": (
        [
            DATA,
            FC,
            layer("triplets", "SampleTriplet", "fc label", "triplets"),
            layer("loss", "TripletLoss", "fc triplets", "loss"),
            layer("margin", "Margin", "fc label", "margin", "param { }"),
            layer("softmax_loss", "SoftmaxWithLoss", "margin label", "softmax_loss"),
        ],
        [INPUT, "fc: InnerProduct data -> fc"],
    ),
    "an autoencoder keeps its input": (
        [
            DATA,
            layer("flat", "Flatten", "data", "flat"),
            layer("code", "InnerProduct", "flat", "code"),
            layer("out", "InnerProduct", "code", "out"),
            layer("loss", "SigmoidCrossEntropyLoss", "out flat", "loss"),
        ],
        [
            INPUT,
            "flat: Flatten data -> flat",
            "code: InnerProduct flat -> code",
            "out: InnerProduct code -> out",
            "prob: Sigmoid out -> prob",
        ],
    ),
    "two inputs": (
        [
            layer("a", "DummyData", "", "a", "dummy_data_param { shape { dim: 2 dim: 5 } }"),
            layer(
                "b", "MemoryData", "", "b label", "memory_data_param { channels: 3 height: 4 width: 6 batch_size: 9 }"
            ),
            layer("both", "Concat", "a b", "both"),
            layer("fc", "InnerProduct", "both", "fc"),
            layer("loss", "EuclideanLoss", "fc label", "loss"),
        ],
        ["a: Input -> a", "b: Input -> b", "both: Concat a b -> both", "fc: InnerProduct both -> fc"],
    ),
    "a loss in Python": (
        [DATA, FC, layer("loss", "Python", "fc label", "loss", 'python_param { module: "m" layer: "MyLoss" }')],
        [INPUT, "fc: InnerProduct data -> fc"],
    ),
    "in place layers behind a prediction": (
        [DATA, FC, layer("drop", "Dropout", "fc", "fc"), layer("loss", "SoftmaxWithLoss", "fc label", "loss")],
        [INPUT, "fc: InnerProduct data -> fc", "drop: Dropout fc -> fc", "prob: Softmax fc -> prob"],
    ),
    "the name prob is taken": (
        [DATA, layer("p", "InnerProduct", "data", "prob"), layer("loss", "SoftmaxWithLoss", "prob label", "loss")],
        [INPUT, "p: InnerProduct data -> prob", "prob_prob: Softmax prob -> prob_prob"],
    ),
}


@pytest.mark.parametrize("case", NETS)
def test_what_stays(case: str) -> None:
    before, after = NETS[case]
    assert summary(perform(Document("\n".join(before)), [Request("--to-deploy")]).text) == after
