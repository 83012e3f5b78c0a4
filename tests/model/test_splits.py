from __future__ import annotations

import json

import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.errors import NetError
from pycaffe_ext.model.splits import insert_splits
from pycaffe_ext.proto.caffe_pb2 import NetParameter
from pycaffe_ext.proto.files import parse_text, read_binary

DATA = "layer { name: 'data' type: 'DummyData' top: 'data' dummy_data_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }"
LABEL = """
layer { name: 'label' type: 'DummyData' top: 'label' dummy_data_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
"""
POWER = "layer {{ name: '{0}' type: 'Power' bottom: '{1}' top: '{2}' {3} }}"


def power(name: str, bottom: str, top: str, rest: str = "") -> str:
    return POWER.format(name, bottom, top, rest)


NETS = {
    "no blob is shared": DATA + power("a", "data", "a") + power("b", "a", "b"),
    "a chain in place": DATA + power("a", "data", "data") + power("b", "data", "data"),
    "two takers": DATA + power("a", "data", "a") + power("b", "data", "b"),
    "one taker takes twice": DATA + "layer { name: 'sum' type: 'Eltwise' bottom: 'data' bottom: 'data' top: 'sum' }",
    "in place, then shared": DATA + power("a", "data", "data") + power("b", "data", "b") + power("c", "data", "c"),
    "shared in two stages": DATA
    + power("a", "data", "a")
    + power("b", "data", "b")
    + power("c", "a", "a")
    + power("d", "a", "d")
    + power("e", "a", "e")
    + power("f", "a", "f"),
    "two tops, both shared": "layer { name: 'two' type: 'DummyData' top: 'x' top: 'y' "
    + "dummy_data_param { shape { dim: 2 } } }"
    + power("a", "y", "a")
    + power("b", "x", "b")
    + power("c", "y", "c")
    + power("d", "x", "d")
    + power("e", "y", "e"),
    "a top with a loss weight is taken": DATA + power("a", "data", "a", "loss_weight: 2.5") + power("b", "a", "b"),
    "a loss weight of 0 is no use": DATA + power("a", "data", "a", "loss_weight: 0") + power("b", "a", "b"),
    "a loss weight on a last top": DATA + power("a", "data", "a", "loss_weight: 3"),
    "a loss that is taken": DATA
    + LABEL
    + "layer { name: 'l' type: 'EuclideanLoss' bottom: 'data' bottom: 'label' top: 'l' loss_weight: 0.5 }"
    + power("a", "l", "a")
    + power("b", "l", "b"),
    "weights on two tops, one shared": DATA
    + "layer { name: 'cut' type: 'Slice' bottom: 'data' top: 'x' top: 'y' slice_param { slice_point: 1 }"
    + " loss_weight: 2 loss_weight: 3 }"
    + power("a", "x", "a"),
    "weights on two tops, both shared": DATA
    + "layer { name: 'cut' type: 'Slice' bottom: 'data' top: 'x' top: 'y' slice_param { slice_point: 1 }"
    + " loss_weight: 2 loss_weight: 3 }"
    + power("a", "x", "a")
    + power("b", "y", "b"),
    "a layer without a name": DATA.replace("name: 'data' ", "") + power("a", "data", "a") + power("b", "data", "b"),
}


def net_of(text: str) -> NetParameter:
    return parse_text(text, NetParameter())


def wiring(net: NetParameter) -> list[tuple[str, str, list[str], list[str], list[float]]]:
    return [(layer.type, layer.name, [*layer.bottom], [*layer.top], [*layer.loss_weight]) for layer in net.layer]


@needs_real_caffe
def test_layers_names_and_loss_weights_as_in_real_caffe() -> None:
    """A saved net holds the layers as Caffe ran them, splits among them."""
    with real_caffe.folder() as real:
        for i, text in enumerate(NETS.values()):
            (real.path / f"{i}.prototxt").write_text("force_backward: true\n" + text)
        code = f"""
import caffe, json
for i in range({len(NETS)}):
    net = caffe.Net('%d.prototxt' % i, caffe.TEST)
    net.save('%d.caffemodel' % i)
    print(json.dumps([list(net._layer_names), list(net.blobs)]))
"""
        lines = real.python(code).stdout.splitlines()
        for i, (case, text) in enumerate(NETS.items()):
            split = insert_splits(net_of(text))
            saved = read_binary(real.path / f"{i}.caffemodel", NetParameter())
            expected = [
                (kind, *names, [] if kind == "EuclideanLoss" else weights)  # set-up gives a loss without weight 1
                for kind, *names, weights in wiring(saved)
            ]
            assert wiring(split) == expected, case
            blobs = dict.fromkeys(top for layer in split.layer for top in layer.top)
            assert json.loads(lines[i]) == [[layer.name for layer in split.layer], [*blobs]], case


def test_a_shared_blob() -> None:
    net = net_of("name: 'n' " + NETS["two takers"])
    before = net.SerializeToString(deterministic=True)
    split = insert_splits(net)
    assert wiring(split)[1:] == [
        ("Split", "data_data_0_split", ["data"], ["data_data_0_split_0", "data_data_0_split_1"], []),
        ("Power", "a", ["data_data_0_split_0"], ["a"], []),
        ("Power", "b", ["data_data_0_split_1"], ["b"], []),
    ]
    assert split.name == "n"
    assert split.layer[0] == net.layer[0]
    assert net.SerializeToString(deterministic=True) == before


def test_a_loss_weight_moves_to_the_first_top_of_the_split() -> None:
    split = insert_splits(net_of(NETS["a top with a loss weight is taken"]))
    assert wiring(split)[1:] == [
        ("Power", "a", ["data"], ["a"], []),
        ("Split", "a_a_0_split", ["a"], ["a_a_0_split_0", "a_a_0_split_1"], [2.5, 0]),
        ("Power", "b", ["a_a_0_split_1"], ["b"], []),
    ]


@pytest.mark.parametrize("case", ["no blob is shared", "a chain in place", "a loss weight of 0 is no use"])
def test_nets_without_shared_blobs_stay(case: str) -> None:
    assert insert_splits(net_of(NETS[case])) == net_of(NETS[case])


def test_an_unknown_bottom_is_refused_and_near_names_are_offered() -> None:
    with pytest.raises(NetError, match=r"^layer 'b': no blob 'dta'; did you mean 'data'\?$"):
        insert_splits(net_of(DATA + power("b", "dta", "b")))
    with pytest.raises(NetError, match=r"^layer 'b': no blob 'later'"):
        insert_splits(net_of(DATA + power("b", "later", "b") + power("c", "data", "later")))
