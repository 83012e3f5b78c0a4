"""Random solvers over random nets, with snapshots on the way. Plain Python 3.9, for both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np

try:
    from .random_nets import Builder, draw, net_text
except ImportError:  # in real Caffe's chroot the files lie side by side
    from random_nets import Builder, draw, net_text

OWN = {
    "SGD": ["", "momentum: 0.9"],
    "Nesterov": ["momentum: 0.9", "momentum: 0.3"],
    "AdaGrad": ["", "delta: 0.01"],
    "RMSProp": ["rms_decay: 0.9", "rms_decay: 0.5 delta: 0.01"],
    "AdaDelta": ["momentum: 0.95 delta: 0.001", "momentum: 0.5 delta: 0.01"],
    "Adam": ["momentum: 0.9", "momentum: 0.8 momentum2: 0.9 delta: 0.01"],
}
POLICIES = [
    'lr_policy: "fixed"',
    'lr_policy: "step" gamma: 0.5 stepsize: 2',
    'lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 4',
    'lr_policy: "inv" gamma: 0.1 power: 0.5',
    'lr_policy: "exp" gamma: 0.9',
    'lr_policy: "poly" power: 2 max_iter: 9',
    'lr_policy: "sigmoid" gamma: -0.5 stepsize: 3',
]


def solver_text(random):
    pick = Builder(random).pick
    kind = pick(sorted(OWN))
    fields = f'net: "net.prototxt" type: "{kind}" base_lr: 0.02 {pick(OWN[kind])} {pick(POLICIES)} snapshot_prefix: "s"'
    fields += pick(["", "", " weight_decay: 0.1", ' weight_decay: 0.05 regularization_type: "L1"'])
    fields += pick(["", "", " clip_gradients: 0.3", " clip_gradients: 3"]) + pick(["", "", " iter_size: 2"])
    return fields + pick(["", " snapshot_format: HDF5"]) + pick(["", " snapshot_diff: true"])


def run(caffe, number):
    """Steps, a snapshot, more steps, and from the snapshot again: parameters and losses after each."""
    random = np.random.RandomState(number)
    Path("net.prototxt").write_text(net_text(random))
    text = solver_text(random)
    Path("solver.prototxt").write_text(text)
    solver = caffe.get_solver("solver.prototxt")
    for name in solver.net.params:
        for blob in solver.net.params[name]:
            draw(random, blob.data)
    for name in solver.net.inputs:
        draw(random, solver.net.blobs[name].data)
    found = {}

    def note(mark):
        found[mark + " iter"] = np.float32([solver.iter])
        found[mark + " loss"] = solver.net.blobs["loss"].data.copy()
        for name, blobs in solver.net.params.items():
            for i, blob in enumerate(blobs):
                found[f"{mark} {name}[{i}]"], found[f"{mark} {name}[{i}].diff"] = blob.data.copy(), blob.diff.copy()

    solver.step(int(random.randint(1, 4)))
    note("first")
    solver.snapshot()
    state = f"s_iter_{solver.iter}.solverstate" + (".h5" if "HDF5" in text else "")
    solver.step(2)
    note("second")
    for _ in range(2):
        solver.net.clear_param_diffs()
        solver.net.forward()
        solver.net.backward()
        solver.apply_update()
    note("by hand")
    solver.restore(state)
    solver.step(3)
    note("restored")
    return found
