"""base ^ (shift + scale * x)."""

X = (2, 3, 7, 5)


def exp(fields, **more):
    return dict(text="exp_param { %s }" % fields, bottoms=[X], **more)


CASES = {
    "default": {"bottoms": [X]},
    "base": exp("base: 2"),
    "scale": exp("scale: 0.5"),
    "shift": exp("shift: -1"),
    "all": exp("base: 3 scale: -0.5 shift: 0.7"),
    "in_place": exp("base: 2 shift: 1", in_place=True),
}
