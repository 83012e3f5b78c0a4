"""x * sigmoid(beta * x)."""

X = (2, 3, 7, 5)


def swish(fields, **more):
    return dict(text="swish_param { %s }" % fields, bottoms=[X], **more)


CASES = {
    "default": {"bottoms": [X]},
    "beta": swish("beta: 1.7"),
    "beta_0": swish("beta: 0"),
    "in_place": swish("beta: 0.5", in_place=True),
    "far_tails": {"bottoms": [(X, ("normal", 30))]},
}
