"""A top that learns."""

CASES = {
    "matrix": {"text": "parameter_param { shape { dim: 3 dim: 4 } }"},
    "image": {"text": "parameter_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } }"},
    "number": {"text": "parameter_param { shape { } }"},
}
