"""A slope per channel or one for all, in place, and what happens at exactly 0."""

X = (2, 3, 7, 5)


def prelu(fields, bottom=X, **more):
    return dict(text="prelu_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "default": {"bottoms": [X]},
    "shared": prelu("channel_shared: true"),
    "matrix": prelu("", (6, 4)),
    "in_place": prelu("", in_place=True),
    "in_place_shared": prelu("channel_shared: true", in_place=True),
    "zeros": prelu("", (X, ("integers", -1, 1)), derivative=False),
    "two_passes_accumulate": prelu("", passes=2),
    "default_filled": prelu("", filled=True),
    "filled": prelu('filler { type: "constant" value: 0.5 } channel_shared: true', filled=True),
}
