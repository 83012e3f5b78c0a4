"""Probabilities and labels; a probability of 0."""

CASES = {
    "matrix": {"bottoms": [((6, 5), "probabilities"), ((6,), ("labels", 5))]},
    "four_axes": {"bottoms": [((6, 5, 1, 1), "probabilities"), ((6, 1, 1, 1), ("labels", 5))]},
    "loss_weight": {"bottoms": [((4, 3), "unit"), ((4,), ("labels", 3))], "text": "loss_weight: 0.3"},
    "zero": {"bottoms": [((2, 3), [0, 0.5, 0.5, 0.2, 0.3, 0.5]), ((2,), [0, 1])], "derivative": False},
}
