"""Texts of small nets, their numbers, and the register of cases. Plain Python 3.9, for real Caffe and for ours."""

from pathlib import Path

import numpy as np

CASES = {}  # functions of `caffe`, run in the current folder; they return arrays and lists of strings by name
LOGGED = set()  # those whose log counts too


def case(function):
    CASES[function.__name__] = function
    return function


def logged(function):
    LOGGED.add(function.__name__)
    return case(function)


def layer(kind, bottoms="", tops="", *more, **named):
    """A layer of the name of its first top; of its type too where that is its bottom."""
    name = tops.split()[0]
    name = named.get("name", "%s_%s" % (kind, name) if name in bottoms.split() else name)
    joints = "".join(' bottom: "%s"' % blob for blob in bottoms.split())
    joints += "".join(' top: "%s"' % blob for blob in tops.split())
    return 'layer { name: "%s" type: "%s"%s %s }\n' % (name, kind, joints, " ".join(more))


def inputs(**shapes):
    return "".join(
        layer("Input", "", name, "input_param { shape { %s } }" % " ".join("dim: %d" % size for size in shape))
        for name, shape in shapes.items()
    )


def ip(bottom, top, count, *more, **named):
    return layer("InnerProduct", bottom, top, "inner_product_param { num_output: %d }" % count, *more, **named)


def build(caffe, text, phase="TRAIN", file="net.prototxt"):
    """The net of a text, with parameters and inputs drawn; labels are 0 and 1."""
    Path(file).write_text(text)
    net = caffe.Net(file, getattr(caffe, phase))
    draw(net)
    return net


def draw(net, seed=0):
    random = np.random.RandomState(seed)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = random.normal(0, 0.5, blob.data.shape)
    for name in net.inputs:
        blob = net.blobs[name]
        blob.data[...] = random.normal(0, 1, blob.data.shape)
        if name == "label":
            blob.data[...] = blob.data > 0


def state(net, mark=""):
    """Every number of a net: data and diffs of blobs and parameters."""
    blobs = dict(net.blobs)
    blobs.update(("%s[%d]" % (name, i), blob) for name, found in net.params.items() for i, blob in enumerate(found))
    return {
        "%s %s %s" % (name, kind, mark): getattr(blob, kind).copy()
        for name, blob in blobs.items()
        for kind in ("data", "diff")
    }


def passes(net, mark=""):
    net.forward()
    net.backward()
    return state(net, mark)


FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"
CHAIN = (
    inputs(x=(3, 4), label=(3,))
    + ip("x", "a", 6, "%s")
    + layer("Sigmoid", "a", "a")
    + ip("a", "b", 5, "%s")
    + layer("Split", "b", "b1 b2")
    + ip("b1", "c", 2, "%s")
    + ip("b2", "d", 2, "%s")
    + layer("Eltwise", "c d", "e", "%s")
    + layer("SoftmaxWithLoss", "e label", "loss")
    + layer("Accuracy", "e label", "accuracy", 'exclude { stage: "all backward" }')
)
CHAINS = {
    "nothing_frozen": ("", "", "", "", ""),
    "below_frozen": (FROZEN, FROZEN, "", "", ""),
    "middle_frozen": ("", FROZEN, "", FROZEN, ""),
    "weights_frozen": ("param { lr_mult: 0 }", "", "param { lr_mult: 1 } param { lr_mult: 0 }", "", ""),
    "all_but_one_frozen": (FROZEN, FROZEN, FROZEN, "", ""),
    "all_frozen": (FROZEN, FROZEN, FROZEN, FROZEN, ""),
    "one_side_cut": ("", "", "", "", "propagate_down: true propagate_down: false"),
    "both_sides_cut": ("", "", "", "", "propagate_down: false propagate_down: false"),
    "cut_in_the_middle": ("", "propagate_down: false", "", "", ""),
    "asked_for_more": ("propagate_down: true " + FROZEN, "", "", "", ""),
    "asked_for_input": ("propagate_down: true", "", "", "", ""),
}

SHARED = (
    inputs(x=(3, 4), y=(3, 6))
    + ip("x", "a", 4, 'param { name: "w" } param { name: "b" decay_mult: 0 }')
    + ip("a", "b", 4, 'param { name: "w" lr_mult: 3 } param { name: "b" decay_mult: 0 }')
    + layer("TanH", "b", "t")
    + layer("Reshape", "t", "r", "reshape_param { shape { dim: -1 dim: 2 } }")
    + ip("r", "c", 8, 'param { name: "w" share_mode: PERMISSIVE decay_mult: 2 }', "param { lr_mult: 0.5 }")
    + layer("Reshape", "c", "d", "reshape_param { shape { dim: -1 dim: 16 } }")
    + ip("d", "e", 6)
    + layer("EuclideanLoss", "e y", "loss")
)
