"""What solvers do beyond the update rule: shared and frozen parameters, callbacks, test nets, what the log says."""

from pathlib import Path

import numpy as np
from golden.semantics.texts import CHAIN, CHAINS, SHARED, case, draw, ip, layer, logged, passes, state

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


STAGED = (
    layer("DummyData", "", "x y", "dummy_data_param { %s }", name="data")
    + ip("x", "a", 4, 'exclude { stage: "small" }')
    + ip("x", "small", 4, 'include { stage: "small" }', name="a")
    + ip("a", "b", 3, 'exclude { stage: "small" }')
    + ip("small", "b", 3, 'include { stage: "small" }', name="b")
    + layer("EuclideanLoss", "b y", "loss", "loss_weight: 0.5")
    + layer("Reduction", "b", "total", "include { phase: TEST min_level: 2 }")
    + layer("Power", "b", "scores", 'include { phase: TEST not_stage: "small" } power_param { scale: 2 }')
) % " ".join("shape { dim: %d dim: %d } data_filler { value: %g }" % numbers for numbers in ((2, 5, 0.7), (2, 3, 0.2)))
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
