"""Every operation from every axis on, with a coefficient; as a loss."""

X = (2, 3, 7, 5)


def reduce(fields, bottom=X, **more):
    return dict(text="reduction_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "default": {"bottoms": [X]},
    "sum_axis_1": reduce("operation: SUM axis: 1 coeff: 0.5"),
    "asum": reduce("operation: ASUM"),
    "asum_axis_2": reduce("operation: ASUM axis: 2 coeff: -2"),
    "asum_zeros": reduce("operation: ASUM axis: 1", (X, ("integers", -1, 1)), derivative=False),
    "sumsq": reduce("operation: SUMSQ coeff: 0.3"),
    "sumsq_axis_3": reduce("operation: SUMSQ axis: 3"),
    "mean": reduce("operation: MEAN"),
    "mean_axis_negative": reduce("operation: MEAN axis: -1 coeff: 3"),
    "loss": {"bottoms": [X], "text": "reduction_param { operation: MEAN } loss_weight: 0.7", "loss": True},
}
