"""Real Caffe loads what operations write, and computes what it did before, or what the engine does.

One process of it runs all nets.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import real_caffe
from real_caffe import needs_real_caffe
from surgery.operations.proving import NEAR, Operated, conv, data, fc, layer

SCALE = layer("scale", "Scale", "conv", "conv", "scale_param { bias_term: true }")
NORM = layer("bn", "BatchNorm", "conv", "conv") + SCALE + layer("relu", "ReLU", "conv", "conv")
BRANCHES = (
    conv("conv", "data", 6, 3, "pad: 1") + NORM + conv("left", "conv", 6, 3, "group: 2 pad: 1")
    + layer("sum", "Eltwise", "conv left", "sum") + layer("act", "PReLU", "sum", "act")
    + layer("pool", "Pooling", "act", "pool", "pooling_param { kernel_size: 3 stride: 2 }")
    + layer("drop", "Dropout", "pool", "drop") + fc("fc6", "drop", 9) + fc("fc7", "fc6", 5)
    + layer("prob", "Softmax", "fc7", "prob")
)  # fmt: skip
HEAD = data(2, 3, 13, 11)
CHAIN = conv("conv", "data", 6, 3, "pad: 1 stride: 2") + conv("next", "conv", 4, 3, "pad: 1")
UP = CHAIN + conv("up", "next", 4, 4).replace("Convolution", "Deconvolution") + conv("last", "up", 2)
WHOLE = "num_output: 3 kernel_h: 7 kernel_w: 6"
SIGMOID = layer("s", "Sigmoid", "next", "s")

EQUIVALENT: dict[str, tuple[str, ...]] = {
    "--fc-to-conv fc*": (BRANCHES,),
    "--fold-batch-norm": (
        BRANCHES,
        conv("conv", "data", 6, 2, "group: 3 bias_term: false stride: 2").replace("Conv", "Deconv") + NORM,
    ),
    "--drop-dropout": (BRANCHES,),
    "--merge-groups left": (BRANCHES,),
    "--split-groups left": (BRANCHES,),
    "--rename fc7=fc7_new": (BRANCHES,),
    "--conv-to-fc top": (CHAIN + layer("top", "Convolution", "next", "top", f"convolution_param {{ {WHOLE} }}"),),
    "--double-relu-slope act": (CHAIN + layer("act", "PReLU", "next", "act") + fc("fc6", "act", 2),),
    "--absorb-relu-slope act": (CHAIN + SIGMOID + layer("act", "PReLU", "s", "act") + fc("fc", "act", 2),),
    "--swap-colours data": (BRANCHES,),
    "--fold-mean data=104,117,123": (BRANCHES, conv("conv", "data", 4)),
    "--stride-to-dilation conv": (CHAIN,),
}  # fmt: skip
OTHERS: dict[str, tuple[str, ...]] = {
    "--low-rank fc6=4": (BRANCHES,),
    "--prune conv=0.5": (UP,),
    "--one-by-one next": (UP,),
    "--bilinear up=3": (UP,),
    "--input-channels data=5:copy": (UP,),
}

RUN = """
import json, sys, numpy as np, caffe
inputs = np.load("inputs.npz")
found = {}
for name in json.loads(sys.argv[1]):
    net = caffe.Net(name + ".prototxt", name + ".caffemodel", caffe.TEST)
    net.blobs["data"].reshape(*inputs[name].shape)
    net.blobs["data"].data[...] = inputs[name]
    net.forward()
    found.update({name + "/" + blob: net.blobs[blob].data for blob in net.outputs})
np.savez("outputs", **{key.replace("/", "|"): array for key, array in found.items()})
"""


def far(one: Any, other: Any) -> float:
    """The largest difference as a part of the largest value."""
    return float(np.abs(one.reshape(other.shape) - other).max() / np.abs(other).max())


def inputs(done: Operated) -> tuple[Any, Any]:
    """Images for the net before and after."""
    random = np.random.default_rng(0)
    given = {"data": random.uniform(-100, 150, (2, 3, 13, 11)).astype(np.float32)}
    feed = getattr(done.operation, "feed", None)
    fed = feed(done.before, done.requests, given)["data"] if feed else given["data"]
    if done.requests[0].flag == "--input-channels":
        fed = random.normal(size=(2, 5, 13, 11))
    return given["data"], fed


@needs_real_caffe
def test_real_caffe_computes_the_same() -> None:
    cases = [
        (option, HEAD + text) for options in (EQUIVALENT, OTHERS) for option in options for text in options[option]
    ]
    done = [Operated(text, option) for option, text in cases]
    images = {}
    with real_caffe.folder() as real:
        for index, one in enumerate(done):
            for side, net, weights, image in zip(
                "ba", (one.before, one.after), (one.weights_before, one.weights), inputs(one), strict=True
            ):
                net.write(real.path / f"{side}{index}.prototxt")
                weights.write(real.path / f"{side}{index}.caffemodel")
                images[f"{side}{index}"] = image
        np.savez(real.path / "inputs.npz", **images)
        real.python(RUN, json.dumps(list(images)))
        with np.load(real.path / "outputs.npz") as file:
            outputs = {key.replace("|", "/"): array for key, array in file.items()}
    for index, ((option, _), one) in enumerate(zip(cases, done, strict=True)):
        old, new = ([(k, v) for k, v in outputs.items() if k.startswith(f"{side}{index}/")] for side in "ba")
        assert len(old) == len(new) > 0, option
        ours = one.run(data=images[f"a{index}"])
        for (_, before), (key, after) in zip(old, new, strict=True):
            assert far(ours[key.partition("/")[2]], after) < NEAR, option
            if option in EQUIVALENT:
                meet = getattr(one.operation, "meet", None)
                met = meet(one.before, one.requests, key.partition("/")[2], after) if meet else after
                assert far(met, before) < NEAR, option
