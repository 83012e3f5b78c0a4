"""Batch and stored statistics, what training leaves in the three blobs, in place, 2 to 5 axes."""

X = (4, 3, 5, 2)
STATISTICS = ["normal", "positive", "positive"]


def norm(fields, bottom=X, **more):
    return dict(text="batch_norm_param { %s }" % fields, bottoms=[bottom], params=STATISTICS, **more)


CASES = {
    "train": norm(""),
    "train_matrix": norm("", (9, 4)),
    "train_3_axes": norm("", (4, 3, 5)),
    "train_5_axes": norm("", (2, 3, 2, 4, 3)),
    "train_from_nothing": {"bottoms": [X], "filled": True},
    "train_in_place": norm("", in_place=True),
    "train_two_passes": norm("moving_average_fraction: 0.9", passes=2),
    "fraction": norm("moving_average_fraction: 0.5"),
    "eps": norm("eps: 0.5"),
    "batch_1": norm("", (1, 3, 5, 4)),
    "test": norm("", phase="TEST"),
    "test_matrix": norm("eps: 0.1", (9, 4), phase="TEST"),
    "test_in_place": norm("", phase="TEST", in_place=True),
    "test_untrained": {"bottoms": [X], "filled": True, "phase": "TEST", "text": "batch_norm_param { eps: 0.25 }"},
    "train_global": norm("use_global_stats: true"),
    "test_batch": norm("use_global_stats: false", phase="TEST"),
    "lr_mult_0": {
        "text": "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }",
        "bottoms": [X],
        "params": STATISTICS,
    },
}
