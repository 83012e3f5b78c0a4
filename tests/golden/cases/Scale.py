"""Every axis and number of axes, with bias, from a second bottom, in place."""

X = (2, 3, 7, 5)


def scale(fields, *bottoms, **more):
    return dict(text="scale_param { %s }" % fields, bottoms=list(bottoms or [X]), **more)


CASES = {
    "default": {"bottoms": [X]},
    "bias": scale("bias_term: true"),
    "matrix_bias": scale("bias_term: true", (6, 4)),
    "axis_0": scale("axis: 0"),
    "axis_2_bias": scale("axis: 2 bias_term: true"),
    "axis_negative": scale("axis: -1 bias_term: true"),
    "two_axes": scale("axis: 1 num_axes: 2 bias_term: true"),
    "two_axes_from_0": scale("axis: 0 num_axes: 2"),
    "to_the_end": scale("axis: 1 num_axes: -1 bias_term: true"),
    "everything": scale("axis: 0 num_axes: -1 bias_term: true"),
    "one_number": scale("num_axes: 0 bias_term: true"),
    "in_place": scale("", in_place=True),
    "in_place_bias": scale("bias_term: true", in_place=True),
    "batch_1": scale("bias_term: true", (1, 3, 7, 5)),
    "bottom": scale("", X, (3,)),
    "bottom_axis_0": scale("axis: 0", X, (2, 3)),
    "bottom_axis_2": scale("axis: 2", X, (7, 5)),
    "bottom_axis_negative_bias": scale("axis: -1 bias_term: true", X, (5,)),
    "bottom_everything": scale("axis: 0", X, X),
    "bottom_one_number": scale("bias_term: true", X, ((), "normal")),
    "two_passes": scale("bias_term: true", passes=2),
    "two_passes_batch_1": scale("bias_term: true", (1, 3, 7, 5), passes=2),
    "two_passes_everything": scale("axis: 0 num_axes: -1", passes=2),
    "default_filled": scale("bias_term: true", filled=True),
    "filled": scale(
        'filler { type: "constant" value: 0.5 } bias_term: true bias_filler { type: "constant" value: 3 }', filled=True
    ),
}
