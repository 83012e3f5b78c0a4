"""Both tails, in place."""

X = (2, 3, 7, 5)

CASES = {
    "plain": {"bottoms": [X]},
    "far_tails": {"bottoms": [(X, ("normal", 30))], "text": "sigmoid_param { engine: CAFFE }"},
    "in_place": {"bottoms": [X], "in_place": True},
    "matrix": {"bottoms": [(4, 3)]},
}
