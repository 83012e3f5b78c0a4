"""log_base(shift + scale * x)."""

X = ((2, 3, 7, 5), "positive")


def log(fields):
    return {"text": "log_param { %s }" % fields, "bottoms": [X]}


CASES = {
    "default": {"bottoms": [X]},
    "base": log("base: 10"),
    "scale": log("scale: 3"),
    "shift": log("shift: 0.5"),
    "all": log("base: 2 scale: 0.3 shift: 2"),
}
