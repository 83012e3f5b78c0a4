"""Strictly above."""

X = (2, 3, 7, 5)

CASES = {
    "default": {"bottoms": [X], "backward": False},
    "threshold": {"bottoms": [X], "backward": False, "text": "threshold_param { threshold: 0.4 }"},
    "equal": {"bottoms": [(X, ("integers", -2, 2))], "backward": False, "text": "threshold_param { threshold: 1 }"},
}
