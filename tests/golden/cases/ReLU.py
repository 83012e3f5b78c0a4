"""Slopes, in place, and what happens at exactly 0."""

X = (2, 3, 7, 5)


def relu(fields, bottom=X, **more):
    return dict(text="relu_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "plain": {"bottoms": [X]},
    "negative_slope": relu("negative_slope: 0.1"),
    "slope_beyond_1": relu("negative_slope: 1.5", (4, 3)),
    "in_place": {"bottoms": [X], "in_place": True},
    "in_place_slope": relu("negative_slope: 0.25", in_place=True),
    "zeros": {"bottoms": [(X, ("integers", -1, 1))], "derivative": False},
    "zeros_slope": relu("negative_slope: 0.1 engine: CAFFE", (X, ("integers", -1, 1)), derivative=False),
}
