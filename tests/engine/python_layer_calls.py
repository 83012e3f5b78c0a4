"""Run with real Caffe and with ours by test_python_layers.py: every call that Python layers see, and what they compute.

Plain Python that 3.9 can read; `caffe` must be importable. Prints one JSON document.
"""

import json
import sys

import caffe
import numpy as np

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "constant" value: 0.5 } } }
layer { name: "gain" type: "Python" bottom: "ip" top: "gain" param { lr_mult: 3 }
  python_param { module: "__main__" layer: "Gain" param_str: "2.5" } }
layer { name: "twice" type: "Python" bottom: "gain" top: "gain"
  python_param { module: "__main__" layer: "Twice" } }
layer { name: "loss" type: "Python" bottom: "gain" bottom: "label" top: "loss" top: "worst"
  loss_weight: 2 loss_weight: 0
  python_param { module: "__main__" layer: "Loss" share_in_parallel: true } }
"""
calls = []


class Told(caffe.Layer):
    """Writes down each call."""

    def setup(self, bottom, top):
        self.tell("setup", bottom, top)

    def reshape(self, bottom, top):
        self.tell("reshape", bottom, top)
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        self.tell("forward", bottom, top)

    def backward(self, top, propagate_down, bottom):
        self.tell("backward", bottom, top, list(propagate_down))

    def tell(self, call, bottom, top, *more):
        shapes = [list(bottom[i].shape) for i in range(len(bottom))]
        counts = [len(bottom), len(top), len(self.blobs)]
        calls.append([type(self).__name__, self.type, call, self.phase, self.param_str, shapes, counts, *more])


class Gain(Told):
    """Times a learned number."""

    def setup(self, bottom, top):
        super().setup(bottom, top)
        self.blobs.add_blob(1)
        self.blobs[0].data[...] = float(self.param_str)

    def forward(self, bottom, top):
        super().forward(bottom, top)
        top[0].data[...] = bottom[0].data * self.blobs[0].data[0]

    def backward(self, top, propagate_down, bottom):
        super().backward(top, propagate_down, bottom)
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum()
        bottom[0].diff[...] = top[0].diff * self.blobs[0].data[0]


class Twice(Told):
    """In place."""

    def forward(self, bottom, top):
        super().forward(bottom, top)
        top[0].data[...] *= 2

    def backward(self, top, propagate_down, bottom):
        super().backward(top, propagate_down, bottom)
        bottom[0].diff[...] = top[0].diff * 2


class Loss(Told):
    """Half the squared distance, and the largest difference."""

    def reshape(self, bottom, top):
        self.tell("reshape", bottom, top)
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)
        top[1].reshape()

    def forward(self, bottom, top):
        super().forward(bottom, top)
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = (self.difference**2).sum() / 2
        top[1].data[...] = np.abs(self.difference).max()

    def backward(self, top, propagate_down, bottom):
        super().backward(top, propagate_down, bottom)
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottom[i].diff[...] = sign * self.difference * top[0].diff[0]


def numbers(net):
    found = {name: [blob.data.tolist(), blob.diff.tolist()] for name, blob in net.blobs.items()}
    for name, blobs in net.params.items():
        found["param " + name] = [[blob.data.tolist(), blob.diff.tolist()] for blob in blobs]
    return found


def fill(net):
    for name in ("data", "label"):
        count = net.blobs[name].count
        net.blobs[name].data.flat[:] = np.arange(count) / np.float32(count) - 0.3


def run_net(file):
    found = []
    net = caffe.Net(file, caffe.TRAIN)
    fill(net)
    net.forward()
    net.backward()
    net.backward()
    found.append(numbers(net))
    net.blobs["data"].reshape(5, 3)
    net.blobs["label"].reshape(5, 4)
    net.reshape()
    fill(net)
    net.clear_param_diffs()
    net.forward()
    net.backward(start="loss", end="twice")
    found.append(numbers(net))
    net.layers[list(net._layer_names).index("gain")].tell("from outside", [], [])
    test = caffe.Net(file, caffe.TEST)
    test.share_with(net)
    fill(test)
    test.forward(end="gain")
    found.append(numbers(test))
    return found


def run_solver(file):
    solver = caffe.get_solver(file)
    fill(solver.net)
    solver.step(2)
    return numbers(solver.net)


if __name__ == "__main__":
    with open("net.prototxt", "w") as file:
        file.write(NET)
    with open("solver.prototxt", "w") as file:
        file.write('net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 display: 0 iter_size: 2')
    found = [run_net("net.prototxt"), run_solver("solver.prototxt")]
    json.dump({"calls": calls, "numbers": found}, sys.stdout)
