"""Every normalization with and without ignored labels; legacy normalize; dense labels; other axes; weights."""

SCORES, LABELS = (6, 5), ((6,), ("labels", 5))
MAP, MAP_LABELS = (2, 5, 3, 4), ((2, 1, 3, 4), ("labels", 5))
MAP_IGNORED = ((2, 1, 3, 4), ("labels", 5, 255))


def loss(text, *bottoms, **more):
    return dict(text=text, bottoms=list(bottoms), **more)


def ignoring(fields, **more):
    return loss("loss_param { ignore_label: 255 %s }" % fields, MAP, MAP_IGNORED, **more)


CASES = {
    "matrix": loss("", SCORES, LABELS),
    "label_4_axes": loss("", SCORES, ((6, 1, 1, 1), ("labels", 5))),
    "map": loss("", MAP, MAP_LABELS),
    "map_label_3_axes": loss("", MAP, ((2, 3, 4), ("labels", 5))),
    "loss_weight": loss("loss_weight: 0.3", SCORES, LABELS),
    "loss_weight_0": loss("loss_weight: 0", SCORES, LABELS),
    "axis_2": loss("softmax_param { axis: 2 }", (2, 3, 5, 4), ((2, 3, 4), ("labels", 5))),
    "axis_negative": loss("softmax_param { axis: -1 }", (2, 3, 4, 5), ((2, 3, 4), ("labels", 5))),
    "ignore": ignoring(""),
    "ignore_full": ignoring("normalization: FULL"),
    "ignore_valid": ignoring("normalization: VALID"),
    "ignore_batch_size": ignoring("normalization: BATCH_SIZE"),
    "ignore_none": ignoring("normalization: NONE"),
    "ignore_normalize": ignoring("normalize: true"),
    "ignore_do_not_normalize": ignoring("normalize: false"),
    "normalization_wins": ignoring("normalization: FULL normalize: false"),
    "ignore_all": loss("loss_param { ignore_label: 2 }", SCORES, ((6,), [2] * 6)),
    "ignore_class_0": loss("loss_param { ignore_label: 0 }", MAP, MAP_LABELS),
    "ignore_negative": loss("loss_param { ignore_label: -1 }", MAP, ((2, 1, 3, 4), ("labels", 5, -1))),
    "full": loss("loss_param { normalization: FULL }", MAP, MAP_LABELS),
    "batch_size": loss("loss_param { normalization: BATCH_SIZE } loss_weight: 2", MAP, MAP_LABELS),
    "none": loss("loss_param { normalization: NONE }", MAP, MAP_LABELS),
    "no_probability_left": loss("", (SCORES, ("normal", 300)), LABELS, derivative=False),
    "test_phase": loss("", MAP, MAP_LABELS, phase="TEST"),
}
