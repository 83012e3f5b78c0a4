"""Every axis."""

X = (2, 3, 4, 5)


def tile(fields, bottom=X):
    return {"text": "tile_param { %s }" % fields, "bottoms": [bottom]}


CASES = {
    "default_axis": tile("tiles: 2"),
    "axis_0": tile("axis: 0 tiles: 3", (2, 5)),
    "axis_2": tile("axis: 2 tiles: 2"),
    "axis_negative": tile("axis: -1 tiles: 4"),
    "one": tile("tiles: 1"),
}
