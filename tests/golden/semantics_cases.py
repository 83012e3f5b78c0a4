"""What nets and solvers do beyond their layers: losses, sharing, freezing, reshaping, tests, what the log says.

Plain Python 3.9. A case is a function of `caffe`, real or ours, in the current folder. It returns arrays by name,
and lists of strings; semantics.py takes them from real Caffe.
"""

from pathlib import Path

import numpy as np

CASES = {}
LOGGED = {}  # cases whose log counts too


def case(function):
    CASES[function.__name__] = function
    return function


def logged(function):
    LOGGED[function.__name__] = function
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


LOSSES = (
    inputs(x=(3, 4), y=(3, 5))
    + ip("x", "ip", 5)
    + layer("TanH", "ip", "t", "loss_weight: 0.3")  # weighed, and used by two others
    + layer("EuclideanLoss", "t y", "euclid", "loss_weight: 2")
    + layer("Power", "t", "power", "loss_weight: -0.5 power_param { power: 2 shift: 1.5 }")
    + layer("Slice", "power", "left right", "loss_weight: 0 loss_weight: 1.5 slice_param { slice_point: 2 }")
    + layer("Sigmoid", "left", "left", "loss_weight: 0.25")  # in place
)


@case
def loss_weights(caffe):
    net = build(caffe, LOSSES)
    weights = {"weight of " + name: np.array(weight) for name, weight in net.blob_loss_weights.items()}
    return {**weights, **passes(net)}


@case
def loss_weight_of_a_loss_is_0(caffe):
    return passes(build(caffe, LOSSES.replace("loss_weight: 2", "loss_weight: 0")))


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


@case
def backward_goes_where_it_must(caffe):
    found = {}
    for name, parts in CHAINS.items():
        found.update(passes(build(caffe, CHAIN % parts), name))
    return found


@case
def force_backward(caffe):
    found = {}
    for name, parts in CHAINS.items():
        forced = 'force_backward: true state { phase: TRAIN stage: "all backward" }\n'  # Accuracy has no gradient
        found.update(passes(build(caffe, forced + CHAIN % parts), name))
    return found


NEURONS = {
    "TanH": "",
    "Sigmoid": "",
    "ELU": "elu_param { alpha: 0.7 }",
    "ReLU": "relu_param { negative_slope: 0.3 }",
    "PReLU": "",
    "Power": "power_param { scale: 1.5 shift: 0.2 }",
    "Scale": "",
    "BNLL": "",
    "Exp": "",
    "Swish": "",
    "Clip": "clip_param { min: -0.6 max: 0.8 }",
    "BatchNorm": "",
}


@case
def in_place_after_in_place(caffe):
    """The second layer overwrites what the first one keeps for its backward pass."""
    found = {}
    for first, fields in NEURONS.items():
        for second in ("ReLU", "Power", "TanH", "Scale"):
            net = inputs(x=(3, 4), y=(3, 5)) + ip("x", "a", 5) + layer(first, "a", "a", fields, name="first")
            net += layer(second, "a", "a", NEURONS[second], name="second") + layer("EuclideanLoss", "a y", "loss")
            found.update(passes(build(caffe, net), first + " " + second))
    return found


VIEWS = {
    "Reshape": "reshape_param { shape { dim: 5 dim: 3 } }",
    "Flatten": "flatten_param { axis: 0 }",
    "Split": "",
    "Concat": "",
    "Slice": "",
    "Power": "",
}


@case
def in_place_on_a_view(caffe):
    """What is written over a view of a blob: its other readers see it where they run later."""
    found = {}
    for kind, fields in VIEWS.items():
        net = inputs(x=(3, 4)) + ip("x", "a", 5) + layer("AbsVal", "a", "before", "loss_weight: 0.5")
        net += layer(kind, "a", "view", fields) + layer("TanH", "view", "view")
        net += layer("Power", "a", "after", "loss_weight: 0.3 power_param { scale: 2 }")
        net += layer("Reduction", "view", "sum", "loss_weight: 1 reduction_param { operation: SUMSQ }")
        found.update(passes(build(caffe, net), kind))
    return found


SHARED = (
    inputs(x=(3, 4), y=(3, 6))
    + ip("x", "a", 4, 'param { name: "w" } param { name: "b" decay_mult: 0 }')
    + ip("a", "b", 4, 'param { name: "w" lr_mult: 3 } param { name: "b" decay_mult: 0 }')
    + layer("TanH", "b", "b")
    + layer("Reshape", "b", "r", "reshape_param { shape { dim: -1 dim: 2 } }")
    + ip("r", "c", 8, 'param { name: "w" share_mode: PERMISSIVE decay_mult: 2 }', "param { lr_mult: 0.5 }")
    + layer("Reshape", "c", "d", "reshape_param { shape { dim: -1 dim: 16 } }")
    + ip("d", "e", 6)
    + layer("EuclideanLoss", "e y", "loss")
)


@case
def shared_parameters(caffe):
    net = build(caffe, SHARED)
    found = passes(net, "first")
    net.params["c"][0].data[1] += 1  # seen by all three
    found.update(passes(net, "written"))
    net.clear_param_diffs()
    found.update(state(net, "cleared"))
    net.save("shared.caffemodel")
    net.save_hdf5("shared.h5")
    draw(net, seed=5)
    net.copy_from("shared.caffemodel")
    found.update(state(net, "read again"))
    draw(net, seed=6)
    net.load_hdf5("shared.h5")
    found.update(state(net, "read from HDF5"))
    return found


SOLVER = 'net: "net.prototxt" base_lr: 0.02 lr_policy: "fixed" snapshot_prefix: "s" %s'


def solver_of(caffe, net, settings, kind="SGD"):
    Path("net.prototxt").write_text(net)
    Path("solver.prototxt").write_text(SOLVER % settings)
    solver = getattr(caffe, kind + "Solver")("solver.prototxt")
    draw(solver.net)
    return solver


@case
def shared_and_frozen_parameters_learn(caffe):
    found = {}
    for kind in ("SGD", "AdaGrad", "Adam"):
        momentum = "" if kind == "AdaGrad" else " momentum: 0.9"
        solver = solver_of(caffe, SHARED, "weight_decay: 0.1 snapshot_diff: true" + momentum, kind)
        solver.step(3)
        found.update(state(solver.net, kind + " shared"))
        solver = solver_of(caffe, CHAIN % CHAINS["middle_frozen"], "weight_decay: 0.1" + momentum, kind)
        solver.step(3)
        found.update(state(solver.net, kind + " frozen"))
    return found


@case
def snapshots_with_diffs(caffe):
    found = {}
    for form in ("BINARYPROTO", "HDF5"):
        solver = solver_of(caffe, SHARED, "snapshot_diff: true snapshot_format: " + form)
        solver.step(2)
        solver.snapshot()
        file = "s_iter_2.caffemodel" + (".h5" if form == "HDF5" else "")
        found.update(state(caffe.Net("net.prototxt", caffe.TRAIN, weights=file), form))
    return found


@case
def callbacks(caffe):
    """Who is called when, and which gradients and parameters there are at that time."""
    called, found = [], {}

    def note(what):
        params = solver.net.params["a"][0]
        found["%d %s" % (len(called), what)] = np.array([solver.iter, params.data.sum(), abs(params.diff).sum()])
        called.append(what)

    solver = solver_of(caffe, SHARED, "iter_size: 2 momentum: 0.9")
    solver.add_callback(lambda: note("starts"), lambda: note("has gradients"))
    solver.net.before_forward(lambda i: called.append("before forward %d" % i))
    solver.net.after_forward(lambda i: called.append("after forward %d" % i))
    solver.net.before_backward(lambda i: called.append("before backward %d" % i))
    solver.net.after_backward(lambda i: called.append("after backward %d" % i))
    solver.step(2)
    return {**found, "order": called}


@case
def update_by_hand(caffe):
    solver = solver_of(caffe, SHARED, "momentum: 0.9 weight_decay: 0.1 clip_gradients: 0.3")
    found = {}
    for i in range(3):
        found.update(passes(solver.net, "before %d" % i))  # gradients add up
        solver.apply_update()
        found.update(state(solver.net, "after %d" % i))
    return {**found, "iter": np.array(solver.iter)}


CONVS = (
    inputs(x=(2, 3, 8, 7))
    + layer("Convolution", "x", "conv", "convolution_param { num_output: 4 kernel_size: 3 }")
    + layer("ReLU", "conv", "conv")
    + layer("Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    + layer("Convolution", "conv", "other", "convolution_param { num_output: 2 kernel_size: 1 stride: 2 }")
    + layer("Concat", "pool other", "both")
    + layer("Reduction", "both", "sum", "loss_weight: 1 reduction_param { operation: SUMSQ }")
)


@case
def reshaped_on_the_fly(caffe):
    net = build(caffe, CONVS)
    found = passes(net, "as built")
    for i, shape in enumerate([(1, 3, 8, 7), (3, 3, 11, 9), (3, 3, 11, 9), (2, 3, 5, 6)]):
        net.blobs["x"].reshape(*shape)
        if i % 2:
            net.reshape()
            found.update(("%s shape %d" % (name, i), np.array(blob.shape)) for name, blob in net.blobs.items())
        net.blobs["x"].data[...] = np.random.RandomState(i).normal(0, 1, shape)
        found.update(passes(net, "%d" % i))
    return found


@case
def parts_of_a_net(caffe):
    net = build(caffe, CONVS)
    found = {"until conv " + name: value.copy() for name, value in net.forward(end="conv").items()}
    net.blobs["conv"].data[...] += 1
    found.update(("from pool " + name, value.copy()) for name, value in net.forward(["pool"], start="pool").items())
    net.backward(end="both")
    found.update(state(net, "down to both"))
    net.blobs["pool"].diff[...] *= 2
    net.backward(start="other", end="conv")
    found.update(state(net, "down to conv"))
    net.forward(start="other", end="other")
    found.update(state(net, "once more"))
    return found


@case
def nets_that_share_their_weights(caffe):
    net = build(caffe, SHARED, file="a.prototxt")
    other = build(caffe, SHARED.replace("dim: 3", "dim: 5"), "TEST")
    draw(other, seed=3)
    other.share_with(net)
    found = passes(other, "shared")
    net.params["e"][0].data[...] *= 2
    found.update(passes(other, "written through the first"))
    other.params["e"][1].data[...] += 1
    found.update(passes(net, "written through the second"))
    draw(net, seed=9)
    net.save("third.caffemodel")
    draw(net, seed=4)
    other.copy_from("third.caffemodel")
    found.update(passes(net, "read into the second"))
    return found


STAGED = (
    layer("DummyData", "", "x y", "dummy_data_param { %s }", name="data")
    + ip("x", "a", 4, 'exclude { stage: "small" }')
    + ip("x", "small", 4, 'include { stage: "small" }', name="a")
    + ip("a", "b", 3, 'exclude { stage: "small" }')
    + ip("small", "b", 3, 'include { stage: "small" }', name="b")
    + layer("EuclideanLoss", "b y", "loss", "loss_weight: 0.5")
    + layer("Reduction", "b", "total", "include { phase: TEST min_level: 2 }")
    + layer("Power", "b", "scores", "include { phase: TEST not_stage: \"small\" } power_param { scale: 2 }")
) % " ".join(
    "shape { dim: %d dim: %d } data_filler { value: %g }" % numbers for numbers in ((2, 5, 0.7), (2, 3, 0.2))
)
TESTED = """test_iter: 2 test_iter: 1 test_iter: 3 test_state { stage: "small" } test_state { level: 2 }
test_state { level: 3 stage: "small" stage: "other" } test_interval: 2 momentum: 0.5 max_iter: 5 """


@logged
def several_test_nets(caffe):
    solver = solver_of(caffe, STAGED, TESTED + "display: 2 test_compute_loss: true snapshot_after_train: false")
    solver.solve()
    found = state(solver.net, "trained")
    for i, net in enumerate(solver.test_nets):
        found.update(state(net, "test %d" % i))
    return found


@logged
def losses_are_averaged(caffe):
    solver = solver_of(caffe, STAGED, "display: 1 average_loss: 3 iter_size: 2 momentum: 0.9 max_iter: 7")
    solver.solve()
    return state(solver.net)


@logged
def debug_info(caffe):
    found = {}
    for name, net in (("shared", SHARED), ("frozen", CHAIN % CHAINS["weights_frozen"]), ("staged", STAGED)):
        more = 'display: 3 debug_info: true test_state { stage: "small" } test_iter: 1 test_interval: 4 max_iter: 6'
        solver = solver_of(caffe, net, more)
        solver.solve()
        found.update(state(solver.net, name))
    return found
