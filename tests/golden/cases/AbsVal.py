"""The sign's gradient; 0 at 0."""

CASES = {
    "plain": {"bottoms": [(2, 3, 7, 5)]},
    "zeros": {"bottoms": [((4, 3, 5), ("integers", -1, 1))], "derivative": False},
    "matrix": {"bottoms": [(4, 3)]},
}
