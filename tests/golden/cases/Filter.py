"""Items of the batch kept where the last bottom is not 0."""


def keep(bits, *bottoms, **more):
    selector = ((len(bits),), bits)
    learned = list(range(len(bottoms)))
    text = "loss_weight: 1 " * len(bottoms)
    return dict(text=text, bottoms=[*bottoms, selector], tops=len(bottoms), learned=learned, **more)


CASES = {
    "some": keep([0, 1, 1, 0, 1], (5, 3, 2, 4)),
    "first_and_last": keep([1, 0, 0, 0, 1], (5, 3)),
    "all": keep([1, 1, 1], (3, 4)),
    "two_bottoms": keep([1, 0, 1, 0], (4, 3, 2), (4, 5)),
    "forward_only": {"bottoms": [(4, 3), ((4, 1, 1, 1), [0, 0, 2, -1])], "backward": False},
}
