"""MAX and AVE over every field; windows that are clipped, ties, the mask as second top."""

X = (2, 3, 8, 6)
ODD = (2, 3, 7, 5)
TIES = (X, ("integers", -2, 2))


def pool(fields, *bottoms, **more):
    return dict(text="pooling_param { %s }" % fields, bottoms=list(bottoms or [X]), **more)


FIELDS = {
    "kernel_2_stride_2": ("kernel_size: 2 stride: 2", X),
    "rounds_up": ("kernel_size: 3 stride: 2", X),
    "rounds_down": ("kernel_size: 3 stride: 2 round_mode: FLOOR", X),
    "overlap": ("kernel_size: 3", X),
    "pad": ("kernel_size: 3 stride: 2 pad: 1", X),
    "pad_clips_last_window": ("kernel_size: 2 stride: 2 pad: 1", ODD),
    "pad_2": ("kernel_size: 3 stride: 1 pad: 2", ODD),
    "pad_rounds_down": ("kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR", X),
    "stride_beyond_kernel": ("kernel_size: 2 stride: 3", (2, 3, 8, 5)),
    "window_beyond_image": ("kernel_size: 5 stride: 3", (2, 3, 4, 3)),
    "all_h_w": ("kernel_h: 4 kernel_w: 2 pad_h: 2 pad_w: 1 stride_h: 3 stride_w: 1", X),
    "kernel_h_w": ("kernel_h: 1 kernel_w: 3 stride: 2", ODD),
    "kernel_size_and_kernel_h": ("kernel_size: 2 kernel_h: 3 stride: 2", X),  # kernel_h alone is passed over
    "global": ("global_pooling: true", ODD),
    "engine_caffe": ("kernel_size: 2 engine: CAFFE", ODD),
}

CASES = {"max_" + name: pool("pool: MAX " + fields, shape) for name, (fields, shape) in FIELDS.items()}
CASES.update(("ave_" + name, pool("pool: AVE " + fields, shape)) for name, (fields, shape) in FIELDS.items())
CASES.update(
    {
        "max_by_default": pool("kernel_size: 2 stride: 2"),
        "max_ties": pool("pool: MAX kernel_size: 3 stride: 2 pad: 1", TIES, derivative=False),
        "max_mask": pool("pool: MAX kernel_size: 3 stride: 2", tops=2),
        "max_mask_ties": pool("pool: MAX kernel_size: 3 stride: 2 pad: 1", TIES, tops=2, derivative=False),
        "max_negative": pool("pool: MAX kernel_size: 3 stride: 2 pad: 1", (X, ("integers", -9, -1)), derivative=False),
        "max_empty_last_window": pool("pool: MAX kernel_size: 1 stride: 2 ", backward=False),
    }
)
