"""The same values to every top; the gradients summed."""

CASES = {
    "one": {"bottoms": [(2, 3, 7, 5)]},
    "two": {"bottoms": [(2, 3, 7, 5)], "tops": 2},
    "four": {"bottoms": [(4, 3)], "tops": 4},
}
