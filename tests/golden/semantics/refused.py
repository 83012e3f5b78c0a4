"""Files and calls at which real Caffe ends the process with a failed CHECK: ours must raise an error of its own.

Plain Python 3.9. REFUSED names them; `attempt` does one of them in the current folder.
"""

from pathlib import Path

from golden.semantics.texts import FROZEN, inputs, ip, layer

START = inputs(x=(3, 4), label=(3,))
TAIL = ip("x", "a", 5) + layer("SoftmaxWithLoss", "a label", "loss")
WHOLE = START + TAIL
TWICE = START + ip("x", "a", 4, "param { %s }") + ip("a", "b", 4, "param { %s }")


def twice(*params):
    return TWICE % params


NETS = {
    "shared lr_mult": twice('name: "w" lr_mult: 2', 'name: "w" lr_mult: 3'),
    "shared decay_mult": twice('name: "w" decay_mult: 2', 'name: "w" decay_mult: 3'),
    "shared shape": twice('name: "w"', 'name: "w"') + ip("b", "c", 7, 'param { name: "w" }'),
    "shared count": START
    + ip("x", "a", 4, 'param { name: "w" }')
    + ip("a", "c", 7, 'param { name: "w" share_mode: PERMISSIVE }'),
    "shared with a bias": START + ip("x", "a", 4, 'param { name: "w" } param { name: "w" }'),
    "params for what is not there": START + ip("x", "a", 4, FROZEN + " param { lr_mult: 1 }"),
    "params for a layer without": WHOLE + layer("ReLU", "a", "r", "param { lr_mult: 1 }"),
    "loss weights for other tops": START + layer("Slice", "x", "s t", "loss_weight: 1 slice_param { slice_point: 2 }"),
    "propagate_down for other bottoms": WHOLE.replace('top: "loss"', 'top: "loss" propagate_down: true'),
    "unknown bottom": WHOLE.replace('bottom: "a"', 'bottom: "nosuch"'),
    "bottom that comes later": TAIL + START,
    "top made twice": WHOLE + ip("x", "a", 5, name="again"),
    "too few bottoms": START + layer("EuclideanLoss", "x", "loss"),
    "too many tops": START + layer("ReLU", "x", "r s"),
    "unknown type": START + layer("Linear", "x", "r"),
    "rules to include and exclude": START + layer("ReLU", "x", "r", "include { phase: TRAIN } exclude { phase: TEST }"),
    "in place where it must not be": START + layer("AbsVal", "x", "x"),
    "reshaped in place": START + layer("Reshape", "x", "x", "reshape_param { shape { dim: 4 dim: 3 } }"),
    "flattened in place": START + layer("Flatten", "x", "x"),
    "unknown filler": START + ip("x", "a", 5).replace("num_output", 'weight_filler { type: "ones" } num_output'),
    "unknown filler of data": layer(
        "DummyData", "", "x", 'dummy_data_param { shape { dim: 2 } data_filler { type: "sequence" } }'
    ),
    "two sizes in one loss": START + layer("EuclideanLoss", "x label", "loss"),
}
BACKWARD = {
    "gradient for labels": START + ip("x", "a", 5) + ip("x", "b", 1) + layer("SoftmaxWithLoss", "a b", "loss"),
    "gradient for labels asked for": WHOLE.replace(
        'top: "loss"', 'top: "loss" propagate_down: true propagate_down: true'
    ),
}
RULES = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" snapshot_prefix: "s" '
SOLVERS = {
    "no net": RULES.replace("net:", "# net:").replace("base_lr", "\nbase_lr"),
    "two nets": RULES + 'train_net: "net.prototxt"',
    "net that is not there": RULES.replace("net.prototxt", "nosuch.prototxt"),
    "unknown solver type": RULES + 'type: "LBFGS"',
    "unknown policy": RULES.replace("fixed", "cosine"),
    "unknown regularization": RULES + 'weight_decay: 0.1 regularization_type: "L3"',
    "negative gamma": RULES.replace("fixed", "exp") + "gamma: -0.5",
    "no stepsize": RULES.replace("fixed", "step") + "gamma: 0.5",
    "no stepsize for sigmoid": RULES.replace("fixed", "sigmoid") + "gamma: 0.5",
    "momentum for AdaGrad": RULES + 'type: "AdaGrad" momentum: 0.9',
    "momentum for RMSProp": RULES + 'type: "RMSProp" momentum: 0.9',
    "rms_decay of 1": RULES + 'type: "RMSProp" rms_decay: 1',
    "tests that are never due": RULES + "test_iter: 1",
    "test_iter without a net": RULES.replace("net:", "train_net:") + "test_iter: 1 test_interval: 1",
    "test nets without test_iter": RULES + 'test_net: "net.prototxt" test_interval: 1',
    "other number of test states": RULES + "test_iter: 1 test_interval: 1 test_state {} test_state {}",
    "average over nothing": RULES + "average_loss: 0",
    "snapshots to nowhere": RULES.replace('prefix: "s"', 'prefix: "nosuch/s"') + "snapshot: 1",
    "weights that are not there": RULES + 'weights: "nosuch.caffemodel"',
}
RESTORED = {  # by a solver: what has left the snapshot
    "history of another type": (RULES + 'type: "Adam" momentum: 0.9', RULES),
    "history of another net": (RULES, RULES.replace("net.prototxt", "other.prototxt")),
}
REFUSED = [*NETS, *BACKWARD, *SOLVERS, *RESTORED]


def attempt(caffe, name):
    Path("net.prototxt").write_text(NETS.get(name, BACKWARD.get(name, WHOLE)))
    Path("other.prototxt").write_text(START + ip("x", "a", 7) + layer("SoftmaxWithLoss", "a label", "loss"))
    if name in NETS:
        caffe.Net("net.prototxt", caffe.TRAIN)
    elif name in BACKWARD:
        net = caffe.Net("net.prototxt", caffe.TRAIN)
        net.forward()
        net.backward()
    elif name in SOLVERS:
        solver_of(caffe, SOLVERS[name]).step(2)
    else:
        first, second = RESTORED[name]
        solver = solver_of(caffe, first)
        solver.snapshot()
        solver_of(caffe, second).restore("s_iter_0.solverstate")


def solver_of(caffe, text):
    Path("solver.prototxt").write_text(text)
    return caffe.get_solver("solver.prototxt")
