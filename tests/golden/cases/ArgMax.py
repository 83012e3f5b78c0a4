"""Over an axis or over everything; k best; values instead of, or beside, indices; equal values."""

X = (2, 3, 4, 5)
TIES = (X, ("integers", 0, 2))


def argmax(fields, bottom=X):
    return {"text": "argmax_param { %s }" % fields, "bottoms": [bottom], "backward": False}


CASES = {
    "default": {"bottoms": [X], "backward": False},
    "matrix": argmax("", (4, 6)),
    "values": argmax("out_max_val: true"),
    "top_4": argmax("top_k: 4"),
    "top_4_values": argmax("top_k: 4 out_max_val: true"),
    "axis_0": argmax("axis: 0", (4, 3)),
    "axis_1": argmax("axis: 1"),
    "axis_negative": argmax("axis: -1 top_k: 2"),
    "axis_2_values": argmax("axis: 2 top_k: 3 out_max_val: true"),
    "ties": argmax("", TIES),
    "ties_top_5": argmax("top_k: 5", TIES),
    "ties_axis_top_3": argmax("axis: 3 top_k: 3", TIES),
}
