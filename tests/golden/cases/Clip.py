"""Values at, within and beyond both bounds."""

X = (2, 3, 7, 5)

CASES = {
    "plain": {"text": "clip_param { min: -0.5 max: 1 }", "bottoms": [X]},
    "at_the_bounds": {
        "text": "clip_param { min: -1 max: 1 }",
        "bottoms": [(X, ("integers", -2, 2))],
        "derivative": False,
    },
    "in_place": {"text": "clip_param { min: 0 max: 6 }", "bottoms": [X], "backward": False, "in_place": True},
}
