"""Calls of pycaffe's API that scripts make now and then: what they give, or what kind of error. Runs on either side;
argument: the .npz to write."""

import copy
import os
import sys

import caffe
import numpy as np

ERRORS = (TypeError, ValueError, KeyError, AttributeError, RuntimeError, OSError)
NET = """
force_backward: true
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 3 dim: 5 dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "constant" value: 0.1 } } }
layer { name: "prob" type: "Softmax" bottom: "conv" top: "prob" }
layer { name: "twice" type: "Power" bottom: "conv" top: "twice" power_param { scale: 2 } }
"""
MEMORY = """
layer { name: "m" type: "MemoryData" top: "data" top: "label"
        memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 } }
layer { name: "p" type: "Power" bottom: "data" top: "p" power_param { scale: 2 } }
"""
LEARNED = """
layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 2 dim: 3 } } }
layer { name: "p" type: "Power" bottom: "w" top: "p" power_param { scale: 3 } loss_weight: 1 }
"""
CONTRAST = """
force_backward: true
layer { name: "in" type: "Input" top: "a" top: "b" top: "same"
        input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 3 } shape { dim: 4 } } }
layer { name: "loss" type: "ContrastiveLoss" bottom: "a" bottom: "b" bottom: "same" top: "loss"
        propagate_down: true propagate_down: true propagate_down: true }
"""
IN_PLACE_LOSS = """
force_backward: true
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.3 } } }
layer { name: "elu" type: "ELU" bottom: "y" top: "z" }
layer { name: "bnll" type: "BNLL" bottom: "z" top: "z" loss_weight: -1 }
"""
out = {}


def keep(name, function, *arguments, **named):
    try:
        found = function(*arguments, **named)
    except Exception as error:
        found = "error: " + " ".join(kind.__name__ for kind in ERRORS if isinstance(error, kind))
    parts = found.items() if isinstance(found, dict) else [("", found)]
    for key, value in parts:
        out[f"{name} {key}".strip()] = np.array(value)


def build(text, phase=caffe.TEST):
    with open("net.prototxt", "w") as file:
        file.write(text)
    return caffe.Net("net.prototxt", phase)


def draw(*shape):
    return np.random.RandomState(len(shape)).normal(0, 1, shape).astype(np.float32)


def calls_of_nets():
    net = build(NET)
    keep("no phase", caffe.Net, "net.prototxt")
    keep("a fraction of a phase", caffe.Net, "net.prototxt", 1.0)
    keep("no such file", caffe.Net, "nope.prototxt", caffe.TEST)
    keep("no such weights", caffe.Net, "net.prototxt", caffe.TEST, weights="nope")
    keep("a name in bytes", lambda: list(caffe.Net(b"net.prototxt", caffe.TEST).blobs))
    keep("no such layer to start with", net.forward, start="nope")
    keep("no such layer to end with", net.backward, end="nope")
    keep("other inputs", net.forward, nope=draw(4, 3, 5, 6))
    keep("nothing for all", net.forward_all)
    keep("nothing for all, both ways", net.forward_backward_all)
    for count in (3, 4, 9):
        keep(f"{count} for all", net.forward_all, blobs=["conv"], data=draw(count, 3, 5, 6))
    keep("a copy", copy.copy, net)
    keep("a deep copy", copy.deepcopy, net)
    for name in ("params", "inputs", "outputs", "top_names", "bottom_names", "layer_dict", "blobs"):
        keep(f"{name} is one object", lambda name=name: getattr(net, name) is getattr(net, name))


def arrays_of_the_script():
    """A script that holds a blob's array across passes must not have its own arrays written to."""
    net = build(MEMORY)
    data, labels = draw(6, 3, 4, 5), np.arange(6, dtype=np.float32)
    net.set_input_arrays(data, labels)
    net.forward()
    held = net.blobs["data"].data
    for turn in range(3):
        keep(f"pass {turn}", lambda: dict(net.forward(["data", "label"])))
        keep(f"the script's array after pass {turn}", data.copy)
        keep(f"the held array after pass {turn}", held.copy)
    keep("float64", net.set_input_arrays, data.astype(np.float64), labels)
    keep("5 items in batches of 2", net.set_input_arrays, data[:5], labels[:5])
    keep("no MemoryData", build(NET).set_input_arrays, data, labels)


def learned_blobs():
    net = build(LEARNED)
    net.params["w"][0].data[...] = draw(2, 3)
    keep("a Parameter's top", net.forward, ["w"])
    net.blobs["w"].diff[...] = 7
    keep("what is written into its diff", net.params["w"][0].diff.copy)
    for turn in range(2):
        net.backward()
        keep(f"its diff after {turn} more", net.params["w"][0].diff.copy)
    net.clear_param_diffs()
    keep("its top's cleared diff", net.blobs["w"].diff.copy)

    net = build(CONTRAST)
    for name in ("a", "b"):
        net.blobs[name].data[...] = draw(4, 3) * (1 if name == "a" else 0.5)
    net.blobs["same"].data[...] = [1, 0, 0, 1]
    keep("contrast", net.forward)
    keep("contrast back, to the labels too", net.backward)


def a_loss_in_place():
    """Its diff is the loss weight in the first iteration; then the pass backward has written over it."""
    build(IN_PLACE_LOSS)
    with open("solver.prototxt", "w") as file:
        file.write('net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" momentum: 0.5')
    solver = caffe.get_solver("solver.prototxt")
    solver.net.blobs["x"].data[...] = draw(4, 3)
    for turn in range(3):
        solver.step(1)
        keep(f"weights after step {turn}", solver.net.params["ip"][0].data.copy)


def specs():
    n = caffe.NetSpec()
    n.data = caffe.layers.Input(shape={"dim": [2, 3]})
    keep("no such parameter", lambda: caffe.to_proto(caffe.layers.ReLU(n.data, foo=3)))
    keep("no such field", lambda: caffe.to_proto(caffe.layers.ReLU(n.data, relu_param={"foo": 3})))
    keep("no such top", lambda: n.nope)
    keep("no such item", lambda: n["nope"])


def images():
    keep("no such image", caffe.io.load_image, "nope.png")
    image = np.random.RandomState(1).rand(5, 6, 3).astype(np.float32)
    transformer = caffe.io.Transformer({"data": (1, 3, 5, 6)})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_raw_scale("data", 255)
    transformer.set_input_scale("data", 0.1)
    transformer.set_raw_scale("data", None)
    transformer.set_input_scale("data", None)
    keep("scales unset", transformer.preprocess, "data", image)
    keep("scales unset, back", transformer.deprocess, "data", image.transpose(2, 0, 1))


PARTS = [calls_of_nets, arrays_of_the_script, learned_blobs, a_loss_in_place, specs, images]
if "pycaffe_ext" not in caffe.__name__:
    import skimage.io

    imread = skimage.io.imread
    skimage.io.imread = lambda file, as_grey=False: imread(file, as_gray=as_grey)  # the name it has had since 0.16
for part in PARTS:
    part()
for name in ("net.prototxt", "solver.prototxt"):
    os.remove(name)
np.savez(sys.argv[1], **out)
