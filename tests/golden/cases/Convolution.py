"""Every field of ConvolutionParameter; 0 to 3 spatial axes; several bottoms; batches that accumulate."""

X = (2, 3, 7, 5)
GROUPED = (2, 6, 7, 5)


def conv(fields, *bottoms, **more):
    return dict(text="convolution_param { %s }" % fields, bottoms=list(bottoms or [X]), **more)


CASES = {
    "kernel_3": conv("num_output: 4 kernel_size: 3"),
    "kernel_1": conv("num_output: 4 kernel_size: 1"),
    "kernel_1_stride_2": conv("num_output: 4 kernel_size: 1 stride: 2"),
    "kernel_1_pad_1": conv("num_output: 2 kernel_size: 1 pad: 1"),
    "no_bias": conv("num_output: 4 kernel_size: 3 bias_term: false"),
    "stride_rounds_down": conv("num_output: 4 kernel_size: 2 stride: 2"),
    "one_window_past_the_end": conv("num_output: 4 kernel_size: 3 stride: 2", (2, 3, 2, 5)),
    "pad_stride": conv("num_output: 4 kernel_size: 3 pad: 1 stride: 2"),
    "dilation": conv("num_output: 4 kernel_size: 2 dilation: 3"),
    "dilation_per_axis": conv("num_output: 4 kernel_size: 2 dilation: 3 dilation: 2 pad: 1 stride: 2"),
    "kernel_h_w": conv("num_output: 4 kernel_h: 2 kernel_w: 3"),
    "all_h_w": conv("num_output: 4 kernel_h: 4 kernel_w: 2 pad_h: 2 pad_w: 0 stride_h: 3 stride_w: 1"),
    "per_axis": conv("num_output: 4 kernel_size: 3 kernel_size: 2 pad: 0 pad: 1 stride: 1 stride: 2"),
    "group": conv("num_output: 4 kernel_size: 3 group: 2", GROUPED),
    "group_no_bias_stride": conv("num_output: 6 kernel_size: 3 stride: 2 pad: 1 group: 3 bias_term: false", GROUPED),
    "depthwise": conv("num_output: 6 kernel_size: 3 pad: 1 group: 6", GROUPED),
    "depthwise_multiplier": conv("num_output: 12 kernel_size: 2 group: 6", GROUPED),
    "whole_image": conv("num_output: 4 kernel_h: 7 kernel_w: 5"),
    "two_bottoms": conv("num_output: 4 kernel_size: 3 stride: 2", X, X, tops=2),
    "force_nd_im2col": conv("num_output: 4 kernel_size: 3 pad: 1 stride: 2 force_nd_im2col: true"),
    "engine_caffe": conv("num_output: 4 kernel_size: 3 engine: CAFFE"),
    "spatial_0": conv("num_output: 4 axis: 3", X),
    "spatial_0_matrix": conv("num_output: 4", (4, 3)),
    "spatial_1": conv("num_output: 4 kernel_size: 3 stride: 2 pad: 1 dilation: 2", (2, 3, 9)),
    "spatial_3": conv("num_output: 2 kernel_size: 2 stride: 2 pad: 1", (2, 3, 5, 4, 6)),
    "spatial_3_per_axis": conv(
        "num_output: 4 kernel_size: 3 kernel_size: 2 kernel_size: 1 stride: 1 stride: 2 stride: 3 group: 2",
        (2, 2, 5, 4, 6),
    ),
    "spatial_4": conv("num_output: 4 kernel_size: 2 stride: 2 pad: 1 group: 2", (2, 2, 3, 4, 2, 5)),
    "axis_2": conv("num_output: 4 kernel_size: 2 axis: 2", (2, 3, 2, 6, 5)),
    "axis_negative": conv("num_output: 4 kernel_size: 3 axis: -3"),
    "axis_0": conv("num_output: 4 kernel_size: 3 axis: 0", (3, 7, 5)),
    "batch_1": conv("num_output: 4 kernel_size: 3 pad: 2", (1, 3, 7, 5)),
    "two_passes_accumulate": conv("num_output: 4 kernel_size: 3", passes=2),
    "constant_filled": conv(
        'num_output: 4 kernel_size: 3 weight_filler { type: "constant" value: 0.25 } '
        'bias_filler { type: "constant" value: -1.5 }',
        filled=True,
    ),
    "unfilled": conv("num_output: 4 kernel_size: 3", filled=True),
}
