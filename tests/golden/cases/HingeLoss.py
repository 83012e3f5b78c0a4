"""Both norms."""

LABELS = ((6,), ("labels", 5))


def hinge(text, bottom=(6, 5), labels=LABELS):
    return {"text": text, "bottoms": [bottom, labels]}


CASES = {
    "default": hinge(""),
    "l1": hinge("hinge_loss_param { norm: L1 } loss_weight: 0.5"),
    "l2": hinge("hinge_loss_param { norm: L2 }"),
    "far": hinge("", ((6, 5), ("normal", 4))),
    "four_axes": hinge("hinge_loss_param { norm: L2 }", (6, 5, 1, 1), ((6, 1, 1, 1), ("labels", 5))),
}
