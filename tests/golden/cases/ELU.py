"""Slopes below 0, in place, and what happens at exactly 0."""

X = (2, 3, 7, 5)

CASES = {
    "plain": {"bottoms": [X]},
    "alpha": {"bottoms": [X], "text": "elu_param { alpha: 0.3 }"},
    "alpha_0": {"bottoms": [(4, 3)], "text": "elu_param { alpha: 0 }"},
    "in_place": {"bottoms": [X], "in_place": True},
    "zeros": {"bottoms": [(X, ("integers", -1, 1))], "text": "elu_param { alpha: 2 }", "derivative": False},
}
