"""Shapes of the tops, of any number of axes."""

CASES = {
    "one": {"text": "input_param { shape { dim: 2 dim: 3 dim: 7 dim: 5 } }"},
    "one_shape_for_all": {"text": "input_param { shape { dim: 2 dim: 3 } }", "tops": 2},
    "a_shape_each": {
        "text": "input_param { shape { dim: 2 dim: 3 dim: 4 } shape { dim: 5 } shape { } }",
        "tops": 3,
    },
}
