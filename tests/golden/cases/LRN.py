"""Both regions; windows larger than the number of channels; alpha large enough to matter."""

X = (2, 7, 5, 4)


def lrn(fields, bottom=X, **more):
    return dict(text="lrn_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "default": {"bottoms": [X]},
    "alexnet": lrn("local_size: 5 alpha: 0.0001 beta: 0.75"),
    "size_3": lrn("local_size: 3 alpha: 0.5 beta: 0.5"),
    "size_1": lrn("local_size: 1 alpha: 0.5 beta: 1"),
    "size_beyond_channels": lrn("local_size: 7 alpha: 2 beta: 0.75", (2, 3, 5, 4)),
    "k": lrn("local_size: 5 alpha: 0.7 beta: 0.75 k: 2.5"),
    "beta_2": lrn("local_size: 3 alpha: 0.3 beta: 2 k: 0.5"),
    "engine_caffe": lrn("local_size: 3 engine: CAFFE norm_region: ACROSS_CHANNELS"),
    "within": lrn("norm_region: WITHIN_CHANNEL local_size: 3 alpha: 0.5 beta: 0.75"),
    "within_size_5": lrn("norm_region: WITHIN_CHANNEL local_size: 5 alpha: 5 beta: 0.5"),
    "within_size_1": lrn("norm_region: WITHIN_CHANNEL local_size: 1 alpha: 1 beta: 1"),
    "within_k_is_not_used": lrn("norm_region: WITHIN_CHANNEL local_size: 3 alpha: 1 beta: 0.75 k: 3"),
}
