"""No top; zeros come back."""

CASES = {
    "one": {"bottoms": [(2, 3, 7, 5)], "tops": 0},
    "two": {"bottoms": [(2, 3), (4,)], "tops": 0},
}
