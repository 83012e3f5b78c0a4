"""From any axis to any other."""

X = (2, 3, 7, 5)


def flatten(fields, bottom=X):
    return {"text": "flatten_param { %s }" % fields, "bottoms": [bottom]}


CASES = {
    "default": {"bottoms": [X]},
    "axis_0": flatten("axis: 0"),
    "axis_2": flatten("axis: 2"),
    "end_axis": flatten("axis: 1 end_axis: 2"),
    "from_0_to_1": flatten("axis: 0 end_axis: 1"),
    "negative": flatten("axis: -3 end_axis: -2"),
    "one_axis": flatten("axis: 1 end_axis: 1"),
    "vector": flatten("axis: 0", (4,)),
}
