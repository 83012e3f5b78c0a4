"""Targets between 0 and 1; every normalization with and without ignored targets; legacy normalize."""

X = (4, 3, 2, 5)
TARGETS = (X, "unit")
BITS = (X, ("labels", 2))
IGNORED = (X, ("labels", 2, 255))


def loss(fields, targets=BITS, scores=X, **more):
    return dict(text="loss_param { %s }" % fields, bottoms=[scores, targets], **more)


CASES = {
    "default": {"bottoms": [X, BITS]},
    "soft_targets": loss("", TARGETS),
    "matrix": {"bottoms": [(6, 5), ((6, 5), "unit")], "text": "loss_weight: 0.3"},
    "far": loss("", BITS, (X, ("normal", 40))),
    "sure": loss("", ((4, 3), [1] * 12), ((4, 3), [8.5 + i for i in range(12)])),  # exp(-x) gets lost beside 1
    "zeros": loss("", BITS, (X, ("integers", -1, 1))),
    "full": loss("normalization: FULL"),
    "valid": loss("normalization: VALID"),
    "none": loss("normalization: NONE"),
    "batch_size": loss("normalization: BATCH_SIZE"),
    "normalize": loss("normalize: true"),
    "do_not_normalize": loss("normalize: false"),
    "ignore": loss("ignore_label: 255", IGNORED),
    "ignore_full": loss("ignore_label: 255 normalization: FULL", IGNORED),
    "ignore_valid": loss("ignore_label: 255 normalization: VALID", IGNORED),
    "ignore_none": loss("ignore_label: 255 normalization: NONE", IGNORED),
    "ignore_normalize": loss("ignore_label: 255 normalize: true", IGNORED),
    # a target is cut to an integer before it is compared: 0.7 is ignored with 0
    "ignore_0_soft": loss("ignore_label: 0 normalization: VALID", (X, ("normal", 2))),
    "ignore_all": loss("ignore_label: 1 normalization: VALID", ((4, 3), [1] * 12), (4, 3)),
}
