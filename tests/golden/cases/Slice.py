"""Even and given slices along every axis, the legacy slice_dim, a single top."""

X = (4, 6, 7, 5)


def cut(fields, tops, bottom=X):
    return {"text": "slice_param { %s }" % fields, "bottoms": [bottom], "tops": tops}


CASES = {
    "default": cut("", 2),
    "even_3": cut("axis: 1", 3),
    "axis_0": cut("axis: 0", 2, (4, 3)),
    "points": cut("axis: 1 slice_point: 1 slice_point: 3", 3),
    "axis_2_point": cut("axis: 2 slice_point: 5", 2),
    "axis_negative": cut("axis: -1 slice_point: 2", 2),
    "slice_dim": cut("slice_dim: 3 slice_point: 4", 2),
    "one_top": cut("axis: 1", 1),
}
