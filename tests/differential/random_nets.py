"""Small random nets, and what is done with them through pycaffe: the same calls on both sides. Plain Python 3.9.

Blobs have two axes, items and features; the generator keeps their widths.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np


class Builder:
    """A net as it grows: its text, and the widths of the blobs that layers may read."""

    def __init__(self, random):
        self.random = random
        self.items = int(random.randint(1, 4))
        self.text = "force_backward: true\n" if random.rand() < 0.3 else ""
        self.widths = {}
        self.shared = {}
        self.count = 0

    def chance(self, share):
        return self.random.rand() < share

    def pick(self, values):
        return values[self.random.randint(len(values))]

    def layer(self, kind, bottoms, tops, more=""):
        joints = "".join(f' bottom: "{name}"' for name in bottoms) + "".join(f' top: "{name}"' for name in tops)
        if self.chance(0.1) and kind not in ("Input", "EuclideanLoss"):
            more += "".join(f" loss_weight: {self.pick([0, 0.5, -1, 2])}" for _ in tops)
        if self.chance(0.08) and bottoms:
            more += "".join(f" propagate_down: {self.pick(['true', 'false'])}" for _ in bottoms)
        self.text += f'layer {{ name: "l{self.count}" type: "{kind}"{joints} {more} }}\n'
        self.count += 1

    def new(self, width):
        name = f"b{len(self.widths)}"
        self.widths[name] = width
        return name

    def input(self):
        width = int(self.random.randint(2, 6))
        self.layer("Input", [], [self.new(width)], self.shape(width))

    def shape(self, width):
        return f"input_param {{ shape {{ dim: {self.items} dim: {width} }} }}"

    def param(self, key):
        """A ParamSpec: sometimes frozen, sometimes shared with another layer of the same shape."""
        fields = f" lr_mult: {self.pick([0, 1, 2])}" if self.chance(0.3) else ""
        if self.chance(0.25):
            name = self.shared.setdefault(key, f"shared{len(self.shared)}")
            fields = f' name: "{name}"'
        return f" param {{{fields} }}"

    def grow(self):
        source = self.pick(list(self.widths))
        width = self.widths[source]
        kinds = [
            "InnerProduct",
            "InnerProduct",
            "neuron",
            "neuron",
            "Scale",
            "Eltwise",
            "Concat",
            "Slice",
            "Bias",
            "view",
        ]
        kind = self.pick(kinds)
        top = source if self.chance(0.3) else None  # in place, where the kind can
        if kind == "InnerProduct":
            outputs = int(self.random.randint(1, 5))
            more = self.param((width, outputs)) + self.param(outputs) if self.chance(0.6) else ""
            more += f" inner_product_param {{ num_output: {outputs} }}"
            self.layer(kind, [source], [self.new(outputs)], more)
        elif kind == "neuron":
            more = ""
            kind = self.pick(["ReLU", "TanH", "Sigmoid", "Power", "ELU", "Softmax", "BNLL", "Swish", "PReLU"])
            if kind == "Power":
                more = "power_param { scale: 0.5 shift: 2 power: 2 }"
            self.layer(kind, [source], [top or self.new(width)], more)
        elif kind in ("Scale", "Bias"):
            more = "scale_param { bias_term: true }" if kind == "Scale" else ""
            self.layer(kind, [source], [top or self.new(width)], more)
        elif kind == "view":
            self.layer(self.pick(["Flatten", "Reshape", "Slice", "Concat"]), [source], [self.new(width)])
        elif kind == "Eltwise":
            other = self.pick([name for name in self.widths if self.widths[name] == width])
            self.layer(kind, [source, other], [self.new(width)], "eltwise_param { coeff: 1 coeff: -0.5 }")
        elif kind == "Concat":
            other = self.pick(list(self.widths))
            self.layer(kind, [source, other], [self.new(width + self.widths[other])])
        elif width > 1:
            point = int(self.random.randint(1, width))
            tops = [self.new(point), self.new(width - point)]
            self.layer(kind, [source], tops, f"slice_param {{ slice_point: {point} }}")

    def end(self):
        source = self.pick(list(self.widths))
        target = self.new(self.widths[source])
        self.layer("Input", [], [target], self.shape(self.widths[source]))
        self.layer("EuclideanLoss", [source, target], ["loss"], "propagate_down: true propagate_down: false")


def net_text(random):
    builder = Builder(random)
    builder.input()
    if builder.chance(0.3):
        builder.input()
    for _ in range(random.randint(2, 9)):
        builder.grow()
    builder.end()
    return builder.text


def draw(random, array):
    array[...] = random.normal(0, 1, array.shape)


def state(net, diffs):
    """Every number of a net. `diffs`: those of blobs too, which after a reshape hold in real Caffe what they held."""
    found = {name + ".data": blob.data.copy() for name, blob in net.blobs.items()}
    if diffs:
        found.update((name + ".diff", blob.diff.copy()) for name, blob in net.blobs.items())
    for name, blobs in net.params.items():
        for i, blob in enumerate(blobs):
            found[f"{name}[{i}].data"], found[f"{name}[{i}].diff"] = blob.data.copy(), blob.diff.copy()
    return found


def parts(random, net):
    """Two layers' names, the first one first."""
    names = list(net._layer_names)
    first, last = sorted(random.randint(0, len(names), 2))
    return names[first], names[last]


class Walk:
    """A net and the random things that are done with it.

    What a layer's gradient is after its bottoms were written and not yet passed forward is left out: real Caffe then
    mixes new numbers with those that layers remember.
    """

    def __init__(self, caffe, random):
        self.caffe, self.random = caffe, random
        self.net = caffe.Net("net.prototxt", caffe.TRAIN)
        self.items = self.net.blobs["b0"].shape[0]
        self.has_reshaped = False
        self.draw_params(self.net)
        self.draw_inputs()
        self.forward()

    def draw_params(self, net):
        for name in net.params:
            for blob in net.params[name]:
                draw(self.random, blob.data)

    def draw_inputs(self):
        for name in self.net.inputs:
            draw(self.random, self.net.blobs[name].data)
        self.is_stale = True

    def forward(self):
        self.net.forward()
        self.is_stale = False

    def step(self):
        """One thing; those that stand here twice come twice as often."""
        steps = [
            self.draw_inputs,
            self.forward,
            self.forward,
            self.forward_a_part,
            self.backward,
            self.backward,
            self.backward_a_part,
            self.net.clear_param_diffs,
            self.draw_output_diffs,
            self.draw_a_param,
            self.reshape,
            self.save_and_load,
            self.share,
        ]
        steps[self.random.randint(len(steps))]()

    def forward_a_part(self):
        first, last = parts(self.random, self.net)
        self.net.forward(start=first, end=last)
        self.is_stale = True

    def backward(self, **part):
        if self.is_stale:
            self.forward()
        self.net.backward(**part)
        self.is_stale = True  # some layers of real Caffe's write over what they remember, such as a Scale in place

    def backward_a_part(self):
        first, last = parts(self.random, self.net)
        self.backward(start=last, end=first)

    def draw_output_diffs(self):
        for name in self.net.outputs:
            if name != "loss":
                draw(self.random, self.net.blobs[name].diff)

    def draw_a_param(self):
        names = sorted(self.net.params)
        if names:
            blobs = self.net.params[names[self.random.randint(len(names))]]
            draw(self.random, blobs[self.random.randint(len(blobs))].data)

    def reshape(self):
        """To as many items or fewer: what grows again holds in real Caffe what it held before."""
        self.items = items = int(self.random.randint(1, self.items + 1))
        for name in self.net.inputs:
            self.net.blobs[name].reshape(items, self.net.blobs[name].shape[1])
        self.draw_inputs()
        if self.random.rand() < 0.5:
            self.net.reshape()
        self.forward()
        self.draw_output_diffs()
        self.has_reshaped = True

    def save_and_load(self):
        as_hdf5 = self.random.rand() < 0.5
        (self.net.save_hdf5 if as_hdf5 else self.net.save)("saved")
        self.draw_params(self.net)
        (self.net.load_hdf5 if as_hdf5 else self.net.copy_from)("saved")

    def share(self):
        other = self.caffe.Net("net.prototxt", self.caffe.TRAIN)
        self.draw_params(other)
        self.net.share_with(other)
        self.forward()


def run(caffe, number, steps=12):
    """A random net and what is done with it: every number after each step, by step and blob."""
    random = np.random.RandomState(number)
    Path("net.prototxt").write_text(net_text(random))
    walk = Walk(caffe, random)
    found = {}
    for i in range(steps):
        walk.step()
        found.update((f"{i} {key}", array) for key, array in state(walk.net, not walk.has_reshaped).items())
    return found
