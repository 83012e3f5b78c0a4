"""Items of the batch repeated, left out, in any order."""


def reindex(bottom, indices):
    return {"text": "loss_weight: 1", "bottoms": [bottom, ((len(indices),), indices)], "learned": [0]}


CASES = {
    "repeated": reindex((4, 3, 2, 5), [3, 0, 0, 2, 3, 3]),
    "permuted": reindex((5, 3), [4, 2, 0, 1, 3]),
    "fewer": reindex((5, 3), [1, 4]),
    "forward_only": {"bottoms": [(4, 2), ((3,), [0, 3, 3])], "backward": False},
}
