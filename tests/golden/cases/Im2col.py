"""Every field of ConvolutionParameter that shapes a window; 1 to 3 spatial axes."""

X = (2, 3, 6, 5)


def im2col(fields, bottom=X):
    return {"text": "convolution_param { %s }" % fields, "bottoms": [bottom]}


CASES = {
    "kernel_2": im2col("kernel_size: 2"),
    "stride_pad": im2col("kernel_size: 3 stride: 2 pad: 1"),
    "dilation": im2col("kernel_size: 2 dilation: 3"),
    "all_h_w": im2col("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 2 pad_h: 1 pad_w: 0"),
    "per_axis": im2col("kernel_size: 2 kernel_size: 1 stride: 2 stride: 1 pad: 0 pad: 2 dilation: 2 dilation: 1"),
    "force_nd_im2col": im2col("kernel_size: 3 stride: 2 pad: 1 force_nd_im2col: true"),
    "spatial_1": im2col("kernel_size: 3 stride: 2", (2, 3, 9)),
    "spatial_3": im2col("kernel_size: 2 stride: 2", (1, 2, 4, 3, 5)),
    "axis_2": im2col("kernel_size: 2 axis: 2", (2, 2, 3, 4, 5)),
    "axis_negative": im2col("kernel_size: 2 axis: -3"),
}
