"""Every axis and number of axes, from a second bottom, in place."""

X = (2, 3, 7, 5)


def bias(fields, *bottoms, **more):
    return dict(text="bias_param { %s }" % fields, bottoms=list(bottoms or [X]), **more)


CASES = {
    "default": {"bottoms": [X]},
    "axis_0": bias("axis: 0"),
    "axis_2": bias("axis: 2"),
    "axis_negative": bias("axis: -1"),
    "two_axes": bias("axis: 1 num_axes: 2"),
    "to_the_end": bias("axis: 1 num_axes: -1"),
    "one_number": bias("num_axes: 0"),
    "in_place": bias("", in_place=True),
    "bottom": bias("", X, (3,)),
    "bottom_axis_0": bias("axis: 0", X, (2, 3)),
    "bottom_everything": bias("axis: 0", X, X),
    "bottom_one_number": bias("", X, ((), "normal")),
    "two_passes_accumulate": bias("", passes=2),
    "filled": bias('filler { type: "constant" value: 0.5 }', filled=True),
    "unfilled": bias("", filled=True),
}
