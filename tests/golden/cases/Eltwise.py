"""PROD (both gradients), SUM with coefficients, MAX with equal values."""

X = (2, 3, 7, 5)
TIES = (X, ("integers", -1, 1))


def eltwise(fields, *bottoms, **more):
    return dict(text="eltwise_param { %s }" % fields, bottoms=list(bottoms), **more)


CASES = {
    "default": {"bottoms": [X, X]},
    "sum_3": eltwise("operation: SUM", X, X, X),
    "sum_coeff": eltwise("operation: SUM coeff: 1 coeff: -1", X, X),
    "sum_coeff_3": eltwise("coeff: 0.5 coeff: -2 coeff: 0", (4, 3), (4, 3), (4, 3)),
    "prod": eltwise("operation: PROD", X, X),
    "prod_3": eltwise("operation: PROD", X, X, X),
    "prod_zeros": eltwise("operation: PROD", TIES, TIES, TIES),
    "prod_unstable": eltwise("operation: PROD stable_prod_grad: false", X, X, X),
    "max": eltwise("operation: MAX", X, X),
    "max_3": eltwise("operation: MAX", X, X, X),
    "max_ties": eltwise("operation: MAX", TIES, TIES, derivative=False),
    "max_ties_3": eltwise("operation: MAX", TIES, TIES, TIES, derivative=False),
}
