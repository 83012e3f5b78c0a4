"""Both bottoms learn; any number of axes; the second may have other axes of the same count."""

CASES = {
    "matrix": {"bottoms": [(6, 4), (6, 4)]},
    "image": {"bottoms": [(2, 3, 7, 5), (2, 3, 7, 5)]},
    "loss_weight": {"bottoms": [(2, 3, 4), (2, 3, 4)], "text": "loss_weight: 0.25"},
    "same_count": {"bottoms": [(2, 3, 4), (2, 12)]},
}
