"""log(1 + exp(x)), also far from 0 where exp would overflow."""

X = (2, 3, 7, 5)

CASES = {
    "plain": {"bottoms": [X]},
    "far": {"bottoms": [(X, ("normal", 60))]},
    "matrix": {"bottoms": [(4, 3)]},
}
