"""Top 1 and top k, ties, ignored labels, dense labels, accuracy per class as second top."""

SCORES, LABELS = (20, 5), ((20,), ("labels", 5))
MAP, MAP_LABELS = (2, 5, 3, 4), ((2, 1, 3, 4), ("labels", 5))


def accuracy(fields, *bottoms, **more):
    return dict(text="accuracy_param { %s }" % fields, bottoms=list(bottoms), backward=False, phase="TEST", **more)


CASES = {
    "matrix": accuracy("", SCORES, LABELS),
    "top_2": accuracy("top_k: 2", SCORES, LABELS),
    "top_all": accuracy("top_k: 5", SCORES, LABELS),
    "label_4_axes": accuracy("", SCORES, ((20, 1, 1, 1), ("labels", 5))),
    "map": accuracy("", MAP, MAP_LABELS),
    "map_top_3": accuracy("top_k: 3", MAP, MAP_LABELS),
    "map_ignore": accuracy("ignore_label: 255", MAP, ((2, 1, 3, 4), ("labels", 5, 255))),
    "ignore_all": accuracy("ignore_label: 1", SCORES, ((20,), [1] * 20)),
    "axis_negative": accuracy("axis: -1", (2, 3, 4, 5), ((2, 3, 4), ("labels", 5))),
    "axis_2": accuracy("axis: 2 top_k: 2", (2, 3, 5, 4), ((2, 3, 4), ("labels", 5))),
    "ties": accuracy("", ((60, 5), ("integers", 0, 2)), ((60,), ("labels", 5))),
    "ties_top_3": accuracy("top_k: 3", ((60, 5), ("integers", 0, 2)), ((60,), ("labels", 5))),
    "per_class": accuracy("", MAP, MAP_LABELS, tops=2),
    "per_class_absent": accuracy("top_k: 2", SCORES, ((20,), ("labels", 3)), tops=2),
    "per_class_ignore": accuracy("ignore_label: 2 top_k: 2", MAP, MAP_LABELS, tops=2),
    "train_phase": {"bottoms": [SCORES, LABELS], "backward": False},
}
