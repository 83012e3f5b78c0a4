"""Every axis; values far apart; in place."""

X = (2, 3, 7, 5)


def softmax(fields, bottom=X, **more):
    return dict(text="softmax_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "matrix": {"bottoms": [(4, 5)]},
    "image": {"bottoms": [X]},
    "axis_0": softmax("axis: 0", (4, 3)),
    "axis_2": softmax("axis: 2"),
    "axis_negative": softmax("axis: -1 engine: CAFFE"),
    "vector": softmax("axis: 0", (5,)),
    "one_class": {"bottoms": [(4, 1, 3)]},
    "far_apart": softmax("", (X, ("normal", 60))),
    "in_place": softmax("", (4, 5), in_place=True),
}
