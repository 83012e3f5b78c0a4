"""The matrix from a file or as third bottom; every normalization, ignored labels, other axes."""

SCORES, LABELS = (6, 5), ((6,), ("labels", 5))
MAP, MAP_LABELS = (2, 5, 3, 4), ((2, 1, 3, 4), ("labels", 5))
H = (1, 1, 5, 5)


def loss(text, *bottoms, **more):
    # Caffe would propagate to a matrix that is a bottom if force_backward were set, and refuse
    learned = [0] if H in bottoms else []
    return dict(text=text, bottoms=list(bottoms), learned=learned, **more)


def ignoring(fields):
    return loss("loss_param { ignore_label: 3 %s }" % fields, MAP, MAP_LABELS, H)


FROM_FILE = 'infogain_loss_param { source: "FOLDER/H.binaryproto" %s }'

CASES = {
    "matrix": loss("", SCORES, LABELS, H),
    "source": loss(FROM_FILE % "", SCORES, LABELS, files={"H.binaryproto": H}),
    "source_map": loss(FROM_FILE % "axis: 1", MAP, MAP_LABELS, files={"H.binaryproto": H}),
    "map": loss("", MAP, MAP_LABELS, H),
    "axis_2": loss("infogain_loss_param { axis: 2 }", (2, 3, 5, 4), ((2, 3, 4), ("labels", 5)), H),
    "axis_negative": loss("infogain_loss_param { axis: -1 }", (2, 3, 5), ((2, 3), ("labels", 5)), H),
    "loss_weight": loss("loss_weight: 0.3", SCORES, LABELS, H),
    "two_tops": loss("loss_weight: 1 loss_weight: 0", SCORES, LABELS, H, tops=2),
    "ignore": ignoring(""),
    "ignore_full": ignoring("normalization: FULL"),
    "ignore_batch_size": ignoring("normalization: BATCH_SIZE"),
    "ignore_none": ignoring("normalization: NONE"),
}
