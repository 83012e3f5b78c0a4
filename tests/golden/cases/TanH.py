"""Both tails, in place."""

X = (2, 3, 7, 5)

CASES = {
    "plain": {"bottoms": [X]},
    "far_tails": {"bottoms": [(X, ("normal", 10))], "text": "tanh_param { engine: CAFFE }"},
    "in_place": {"bottoms": [X], "in_place": True},
}
