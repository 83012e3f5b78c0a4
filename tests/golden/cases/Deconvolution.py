"""Every field of ConvolutionParameter, read backwards; bilinear upsampling as FCN nets use it."""

X = (2, 3, 5, 4)
GROUPED = (2, 6, 4, 3)


def deconv(fields, *bottoms, **more):
    return dict(text="convolution_param { %s }" % fields, bottoms=list(bottoms or [X]), **more)


CASES = {
    "kernel_3": deconv("num_output: 4 kernel_size: 3"),
    "kernel_1": deconv("num_output: 4 kernel_size: 1"),
    "kernel_1_stride_2": deconv("num_output: 4 kernel_size: 1 stride: 2"),
    "no_bias": deconv("num_output: 4 kernel_size: 3 bias_term: false"),
    "stride": deconv("num_output: 4 kernel_size: 3 stride: 2"),
    "stride_beyond_kernel": deconv("num_output: 4 kernel_size: 2 stride: 3"),
    "pad_stride": deconv("num_output: 4 kernel_size: 4 pad: 1 stride: 2"),
    "dilation": deconv("num_output: 4 kernel_size: 2 dilation: 3"),
    "dilation_per_axis": deconv("num_output: 2 kernel_size: 2 dilation: 1 dilation: 2 pad: 1 stride: 2"),
    "all_h_w": deconv("num_output: 4 kernel_h: 4 kernel_w: 2 pad_h: 2 pad_w: 0 stride_h: 3 stride_w: 1"),
    "per_axis": deconv("num_output: 4 kernel_size: 3 kernel_size: 2 pad: 0 pad: 1 stride: 1 stride: 2"),
    "group": deconv("num_output: 4 kernel_size: 3 stride: 2 group: 2", GROUPED),
    "group_fewer_outputs": deconv("num_output: 2 kernel_size: 3 group: 2 bias_term: false", GROUPED),
    "depthwise": deconv("num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 6 bias_term: false", GROUPED),
    "two_bottoms": deconv("num_output: 4 kernel_size: 3 stride: 2", X, X, tops=2),
    "force_nd_im2col": deconv("num_output: 4 kernel_size: 3 pad: 1 stride: 2 force_nd_im2col: true"),
    "spatial_1": deconv("num_output: 4 kernel_size: 3 stride: 2 pad: 1 dilation: 2", (2, 3, 6)),
    "spatial_3": deconv("num_output: 2 kernel_size: 2 stride: 2 pad: 1", (2, 3, 4, 2, 3)),
    "spatial_4": deconv("num_output: 4 kernel_size: 2 stride: 2 pad: 1 group: 2", (2, 2, 3, 4, 2, 3)),
    "spatial_0": deconv("num_output: 4 axis: 3"),
    "axis_2": deconv("num_output: 4 kernel_size: 2 axis: 2", (2, 3, 2, 4, 3)),
    "two_passes_accumulate": deconv("num_output: 4 kernel_size: 3", passes=2),
    "bilinear_filled": deconv(
        'num_output: 3 kernel_size: 4 stride: 2 pad: 1 group: 3 bias_term: false weight_filler { type: "bilinear" }',
        filled=True,
    ),
    "bilinear_filled_odd": deconv(
        'num_output: 3 kernel_size: 5 stride: 3 bias_term: false weight_filler { type: "bilinear" }', filled=True
    ),
}
