"""Every axis, one to four bottoms, the legacy concat_dim."""


def concat(fields, *bottoms):
    return {"text": "concat_param { %s }" % fields, "bottoms": list(bottoms)}


CASES = {
    "default": {"bottoms": [(2, 3, 7, 5), (2, 4, 7, 5)]},
    "axis_0": concat("axis: 0", (2, 3, 5), (4, 3, 5)),
    "axis_2": concat("axis: 2", (2, 3, 7, 5), (2, 3, 1, 5), (2, 3, 2, 5)),
    "axis_negative": concat("axis: -1", (2, 3, 7, 5), (2, 3, 7, 1)),
    "concat_dim": concat("concat_dim: 3", (2, 3, 4, 5), (2, 3, 4, 2)),
    "four_bottoms": concat("", (2, 1, 3), (2, 4, 3), (2, 2, 3), (2, 5, 3)),
    "one_bottom": concat("", (2, 3, 7, 5)),
    "vectors": concat("axis: 0", (3,), (5,)),
}
