"""Copied (0) and inferred (-1) sizes, and part of the axes only."""

X = (2, 3, 8, 5)


def reshape(dims, fields="", bottom=X):
    shape = " ".join("dim: %d" % dim for dim in dims)
    return {"text": "reshape_param { shape { %s } %s }" % (shape, fields), "bottoms": [bottom]}


CASES = {
    "given": reshape([4, 3, 20]),
    "copied": reshape([0, 0, 5, 8]),
    "inferred": reshape([0, -1]),
    "copied_and_inferred": reshape([0, 6, -1]),
    "copied_after_inferred": reshape([-1, 0, 0]),
    "axis": reshape([4, -1], "axis: 2"),
    "axis_copied": reshape([0, 2, -1], "axis: 1"),
    "axis_and_num_axes": reshape([-1, 2], "axis: 1 num_axes: 2"),
    "axis_copies_own_position": reshape([0, 2, 4], "axis: 1 num_axes: 2"),
    "insert_an_axis": reshape([1], "axis: 1 num_axes: 0"),
    "insert_at_the_end": reshape([1, 1], "axis: -1"),
    "axis_negative": reshape([10, 4], "axis: -3 num_axes: 2"),
    "vector": reshape([-1]),
    "merge_first": reshape([-1], "num_axes: 2"),
}
