"""(shift + scale * x) ^ power."""

X = (2, 3, 7, 5)
POSITIVE = (X, "positive")


def power(fields, bottom=X, **more):
    return dict(text="power_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "default": {"bottoms": [X]},
    "square": power("power: 2"),
    "square_all": power("power: 2 scale: -0.5 shift: 0.3"),
    "cube": power("power: 3"),
    "root": power("power: 0.5", POSITIVE),
    "root_all": power("power: 0.5 scale: 2 shift: 1", POSITIVE),
    "reciprocal": power("power: -1 scale: 3", POSITIVE),
    "linear": power("scale: 2 shift: -1"),
    # in place, real Caffe overwrites the top's diff before it reads it, so that no gradient comes through
    "linear_in_place": power("scale: 2 shift: -1", in_place=True, backward=False),
    "power_0": power("power: 0 shift: 2"),
    "scale_0": power("power: 2 scale: 0 shift: 3"),
}
