"""TEST passes values through; what TRAIN drops is random, so tests of the engine look at its statistics."""

X = (2, 3, 7, 5)

CASES = {
    "test": {"bottoms": [X], "phase": "TEST"},
    "test_ratio": {"text": "dropout_param { dropout_ratio: 0.8 }", "bottoms": [(4, 3)], "phase": "TEST"},
    "test_in_place": {
        "text": "dropout_param { dropout_ratio: 0.3}",
        "bottoms": [X],
        "phase": "TEST",
        "in_place": True,
    },
}
