"""Every axis; one offset for all axes, one per axis, none. Only the second bottom's size counts."""

X = (4, 5, 7, 6)


def crop(fields, size, bottom=X):
    return {"text": "crop_param { %s }" % fields, "bottoms": [bottom, size]}


CASES = {
    "default": {"bottoms": [X, (1, 2, 4, 3)]},
    "offset": crop("offset: 2", (1, 2, 4, 3)),
    "offset_per_axis": crop("offset: 1 offset: 3", (1, 2, 4, 3)),
    "axis_0": crop("axis: 0 offset: 1", (2, 3, 4, 5)),
    "axis_1": crop("axis: 1 offset: 2 offset: 0 offset: 1", (9, 3, 4, 5)),
    "axis_1_no_offset": crop("axis: 1", (9, 3, 4, 5)),
    "axis_3": crop("axis: 3 offset: 4", (1, 1, 1, 2)),
    "axis_negative": crop("axis: -2 offset: 3", (2, 2, 4, 3)),
    "nothing_to_crop": crop("axis: 2", (9, 9, 7, 6)),
    "size_of_more_axes": crop("axis: 1 offset: 1", (9, 3, 4, 5, 8)),
    "three_axes": crop("axis: 1 offset: 1 offset: 2", (1, 3, 2), (2, 5, 7)),
}
