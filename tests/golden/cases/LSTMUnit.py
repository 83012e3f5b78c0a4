"""Cells that go on and cells that begin anew."""

N, H = 5, 3


def unit(cont, **more):
    return dict(bottoms=[(1, N, H), (1, N, 4 * H), ((1, N), cont)], tops=2, **more)


CASES = {
    "go_on": unit([1, 1, 1, 1, 1]),
    "begin": unit([0, 0, 0, 0, 0]),
    "mixed": unit([0, 1, 1, 0, 1]),
    # the forget gate's gradient takes cont for 0 or 1
    "between": unit([0.5, 1, 0.25, 0, 2], derivative=False),
}
