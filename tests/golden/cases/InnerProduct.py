"""Every axis, transposed weights, with and without bias."""

X = (2, 3, 7, 5)


def product(fields, bottom=X, **more):
    return dict(text="inner_product_param { num_output: 4 %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "matrix": product("", (6, 3)),
    "image": product(""),
    "no_bias": product("bias_term: false"),
    "axis_0": product("axis: 0", (3, 5)),
    "axis_2": product("axis: 2"),
    "axis_3_no_bias": product("axis: 3 bias_term: false"),
    "axis_negative": product("axis: -1"),
    "transpose": product("transpose: true"),
    "transpose_no_bias_axis_2": product("transpose: true bias_term: false axis: 2"),
    "batch_1": product("", (1, 3, 7, 5)),
    "vector": product("axis: 0", (5,)),
    "two_passes_accumulate": product("", (6, 3), passes=2),
    "two_passes_accumulate_transpose": product("transpose: true", (6, 3), passes=2),
    "constant_filled": product(
        'weight_filler { type: "constant" value: 0.5 } bias_filler { type: "constant" value: 2 }', filled=True
    ),
}
