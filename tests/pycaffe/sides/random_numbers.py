"""Weights, Dropout and DummyData after set_random_seed. Runs on either side; argument: the .npz to write."""

import os
import sys

import caffe
import numpy as np

RANDOM = 'weight_filler { type: "gaussian" std: 0.3 mean: 0.1 } bias_filler { type: "uniform" min: -1 max: 2 }'
INPUTS = """
layer { name: "x" type: "Input" top: "x" top: "steps" top: "cont"
        input_param { shape { dim: 3 dim: 4 dim: 6 dim: 5 } shape { dim: 4 dim: 2 dim: 5 } shape { dim: 4 dim: 2 } } }
"""


def layer(kind, param, bottoms=("x",), name="it"):
    joints = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}" {joints} top: "{name}" {param} }}\n'


LAST = layer("InnerProduct", f"inner_product_param {{ num_output: 2 {RANDOM} }}", name="last")


def conv(weight, kind="Convolution", more=""):
    return layer(kind, f"convolution_param {{ num_output: 4 kernel_size: 3 {more} weight_filler {{ {weight} }} }}")


def recurrent(kind):
    return layer(kind, f"recurrent_param {{ num_output: 3 {RANDOM} }}", ("steps", "cont"))


def dropout(ratio):
    return layer("Dropout", f"dropout_param {{ dropout_ratio: {ratio} }}")


# what comes last tells how many numbers the layer before has used
NETS = {
    "gaussian": conv('type: "gaussian" std: 0.5 mean: -1'),
    "sparse": conv('type: "gaussian" sparse: 2'),
    "uniform": conv('type: "uniform" min: -3 max: 0.5'),
    "xavier": conv('type: "xavier"') + conv('type: "xavier" variance_norm: AVERAGE').replace('"it"', '"too"'),
    "msra": conv('type: "msra" variance_norm: FAN_OUT', "Deconvolution"),
    "positive_unitball": conv('type: "positive_unitball"'),
    "one share for all": "".join(
        layer("InnerProduct", f'param {{ name: "w" }} inner_product_param {{ num_output: 3 {RANDOM} }}', name=name)
        for name in ("it", "too")
    ),
    "RNN": recurrent("RNN"),
    "LSTM": recurrent("LSTM"),
    "Dropout": dropout(0.5),
    "Dropout of a few": dropout(0.1),
    "DummyData": layer(
        "DummyData", 'dummy_data_param { shape { dim: 7 dim: 3 } data_filler { type: "gaussian" std: 1 } }', ()
    ),
    "many": layer("InnerProduct", 'inner_product_param { num_output: 2000 weight_filler { type: "gaussian" } }'),
}
SOLVER = """
net: "net.prototxt" base_lr: 0.0005 lr_policy: "fixed" momentum: 0.9 random_seed: 1701 test_iter: 2 test_interval: 2
"""
TRAINED = (
    INPUTS
    + conv('type: "msra"')
    + 'layer { name: "drop" type: "Dropout" bottom: "it" top: "it" }'
    + layer("InnerProduct", f"inner_product_param {{ num_output: 2 {RANDOM} }}", ("it",), "ip")
    + layer("DummyData", 'dummy_data_param { shape { dim: 3 dim: 2 } data_filler { type: "gaussian" } }', (), "target")
    + layer("EuclideanLoss", "", ("ip", "target"), "loss")
)
out = {}


def write(text):
    with open("net.prototxt", "w") as file:
        file.write(text)


def params(name, net):
    for key, blobs in net.params.items():
        out.update((f"{name}: {key} {i}", blob.data.copy()) for i, blob in enumerate(blobs))


for number, (name, text) in enumerate(NETS.items()):
    write(INPUTS + text + LAST)
    caffe.set_random_seed(number + 2**31)
    net = caffe.Net("net.prototxt", caffe.TRAIN)
    params(name, net)
    for blob in net.inputs:
        net.blobs[blob].data[...] = 1
    for turn in range(2):
        net.forward()
        out[f"{name}: top, pass {turn}"] = net.blobs["it"].data.copy()

write(TRAINED)
with open("solver.prototxt", "w") as file:
    file.write(SOLVER)
for turn in range(2):  # the second one begins anew
    solver = caffe.get_solver("solver.prototxt")
    for name in solver.net.inputs:
        solver.net.blobs[name].data[...] = 1
    for step in range(4):
        solver.step(1)
        out[f"solver {turn}: loss {step}"] = solver.net.blobs["loss"].data.copy()
    params(f"solver {turn}", solver.net)
params("a net after it", caffe.Net("net.prototxt", caffe.TEST))

# a data layer's seeds come from the same stream, before the weights
for number, transform in enumerate(("", "mirror: true", "crop_size: 8", "crop_size: 8 mirror: true")):
    data = """layer { name: "data" type: "Data" top: "x" top: "label" transform_param { scale: 0.01 %s }
                      data_param { source: "images" batch_size: 3 backend: LMDB } }\n"""
    ends = layer("InnerProduct", f"inner_product_param {{ num_output: 2 {RANDOM} }}", ("it",), "ip")
    ends += layer("SoftmaxWithLoss", "", ("ip", "label"), "loss")
    drop = 'layer { name: "drop" type: "Dropout" bottom: "it" top: "it" }\n'
    write(data % transform + conv('type: "msra"') + drop + ends)
    solver = caffe.get_solver("solver.prototxt")
    for step in range(3):
        solver.step(1)
        out.update((f"data {number}: {name} {step}", solver.net.blobs[name].data.copy()) for name in ("x", "loss"))
    params(f"data {number}", solver.net)
for name in ("net.prototxt", "solver.prototxt"):
    os.remove(name)
np.savez(sys.argv[1], **out)
