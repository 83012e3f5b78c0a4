"""Which fork of Caffe knows which field or layer type; what is not here is known to some fork of which we do not know.

Nothing else follows from it than the name in a message. SSD and the rest of the detection family share much, so
that one of them is named for all.
"""

from __future__ import annotations

_SSD = "SSD (weiliu89/caffe, branch ssd)"
_NVIDIA = "NVIDIA Caffe (NVCaffe)"
_INTEL = "Intel Caffe"
_SEGNET = "SegNet (caffe-segnet)"
_DEEPLAB = "DeepLab and PSPNet"
_RCNN = "Faster R-CNN (py-faster-rcnn)"
_RISTRETTO = "Ristretto"
_RFCN = "R-FCN"
_C3D = "C3D (video)"
_MOBILE = "forks with MobileNet and ShuffleNet layers"
_YOLO = "forks with YOLO layers"
_FLOWNET = "FlowNet and DispNet"
_SENET = "SENet"
_TEXT = "forks with WarpCTC"
_FACE = "forks for face recognition (caffe-face, SphereFace)"
_ENET = "ENet"
_DIGITS = "NVIDIA Caffe (DetectNet, DIGITS)"
_CPM = "Convolutional Pose Machines"
_TORCH2CAFFE = "Dilated convolution (Yu and Koltun) and forks of its kind"

_TYPES = {
    _SSD: "AnnotatedData DetectionOutput DetectionEvaluate MultiBoxLoss Normalize Permute PriorBox SmoothL1Loss"
    " VideoData",
    _RCNN: "ROIPooling Proposal",
    _RFCN: "PSROIPooling PSROIAlign BoxAnnotatorOHEM SoftmaxWithLossOHEM SmoothL1LossOHEM ROIAlign"
    " DeformableConvolution",
    _SEGNET: "BN Upsample DenseImageData",
    _DEEPLAB: "Interp SegAccuracy ImageSegData MatRead MatWrite DomainTransform UniqueLabel",
    _RISTRETTO: "ConvolutionRistretto FcRistretto DeconvolutionRistretto LRNRistretto DepthwiseConvolutionRistretto",
    _INTEL: "DummyDataSync BatchNormScale SplitInt8 PriorBoxClustered FrcnnProposal FrcnnProposalTarget",
    _DIGITS: "DetectNetTransformation",
    _C3D: "CONVOLUTION3D Convolution3D POOLING3D Pooling3D DECONVOLUTION3D Deconvolution3D VIDEO_DATA",
    _MOBILE: "ReLU6 DepthwiseConvolution ConvolutionDepthwise ShuffleChannel",
    _YOLO: "Reorg RegionLoss Yolov3 Yolov3Loss YoloLoss YoloDetectionOutput Yolov3DetectionOutput YoloAnnotatedData",
    _FLOWNET: "Correlation Correlation1D FlowWarp Resample L1Loss DataAugmentation GenerateAugmentationParameters Mean"
    " FLOWriter FLOReader FlowAugmentation ImgReader ImgWriter ChannelNorm Downsample LpqLoss",
    _SENET: "Axpy",
    _TEXT: "WarpCTCLoss CtcLoss CTCLoss CTCGreedyDecoder Transpose ContinuationIndicator Reverse Lstm",
    _FACE: "CenterLoss MarginInnerProduct LargeMarginInnerProduct TripletLoss NormalizeLayer LabelSpecificAdd",
    _ENET: "SpatialDropout",
    _CPM: "CPMData",
    _TORCH2CAFFE: "SmoothL1LossD",
}
_FIELDS = {
    _SSD: "annotated_data_param detection_output_param detection_evaluate_param multibox_loss_param norm_param"
    " permute_param prior_box_param video_data_param TransformationParameter.resize_param"
    " TransformationParameter.distort_param TransformationParameter.expand_param TransformationParameter.noise_param"
    " TransformationParameter.emit_constraint NonMaximumSuppressionParameter.nms_threshold",
    _NVIDIA: "default_forward_type default_backward_type default_forward_math default_backward_math"
    " default_conv_algos_override global_grad_scale global_grad_scale_adaptive eltwise_mem_sharing forward_type"
    " backward_type forward_math backward_math cudnn_math_override BatchNormParameter.scale_bias"
    " BatchNormParameter.scale_filler BatchNormParameter.bias_filler BatchNormParameter.eps_bias"
    " DataParameter.cache DataParameter.shuffle DataParameter.threads DataParameter.parser_threads"
    " ImageDataParameter.cache ImageDataParameter.threads ConvolutionParameter.conv_algos_override"
    " ConvolutionParameter.cudnn_convolution_algo_seeker TransformationParameter.use_gpu_transform"
    " TransformationParameter.img_rand_resize_lower TransformationParameter.img_rand_resize_upper"
    " TransformationParameter.rand_resize_ratio_lower TransformationParameter.rand_resize_ratio_upper"
    " TransformationParameter.vertical_stretch_lower TransformationParameter.vertical_stretch_upper"
    " TransformationParameter.horizontal_stretch_lower TransformationParameter.horizontal_stretch_upper"
    " TransformationParameter.allow_upscale TransformationParameter.interpolation_algo_up",
    _DIGITS: "detectnet_groundtruth_param detectnet_augmentation_param",
    _INTEL: "quantization_param engine BatchNormParameter.engine EltwiseParameter.engine ConcatParameter.engine"
    " ConvolutionParameter.relu ConvolutionParameter.fusion_type ReLUParameter.fuse multinode_param mn_param"
    " compile_net_state bn_stats_batch_size",
    _SEGNET: "bn_param upsample_param dense_image_data_param LossParameter.weight_by_label_freqs"
    " LossParameter.class_weighting DropoutParameter.sample_weights_test",
    _DEEPLAB: "interp_param seg_accuracy_param mat_write_param mat_read_param ImageDataParameter.label_type"
    " TransformationParameter.scale_factors hole_h ConvolutionParameter.hole ConvolutionParameter.hole_h"
    " ConvolutionParameter.hole_w PoolingParameter.hole BatchNormParameter.slope_filler mem_param",
    _RCNN: "roi_pooling_param smooth_l1_loss_param proposal_param DropoutParameter.scale_train",
    _RFCN: "psroi_pooling_param psroi_align_param box_annotator_ohem_param deformable_convolution_param",
    _RISTRETTO: "quantization_param.precision ristretto_param",
    _C3D: "ConvolutionParameter.kernel_depth ConvolutionParameter.temporal_stride ConvolutionParameter.temporal_pad"
    " PoolingParameter.kernel_depth PoolingParameter.temporal_stride ImageDataParameter.new_length"
    " ImageDataParameter.use_temporal_jitter ImageDataParameter.use_image ImageDataParameter.show_data"
    " ImageDataParameter.sampling_rate convolution3d_param pooling3d_param",
    _MOBILE: "shuffle_channel_param",
    _YOLO: "reorg_param region_loss_param yolo_loss_param yolov3_param yolo_detection_output_param"
    " yolov3_detection_output_param",
    _FLOWNET: "correlation_param resample_param flow_warp_param augmentation_param coeff_schedule_param l1_loss_param",
    _TEXT: "lstm_param ctc_loss_param warpctc_loss_param ctc_decoder_param transpose_param reverse_param"
    " continuation_indicator_param",
    _FACE: "center_loss_param margin_inner_product_param large_margin_inner_product_param triplet_loss_param",
    _ENET: "spatial_dropout_param",
    _CPM: "cpm_transform_param",
}
_BY_TYPE = {name: fork for fork, names in _TYPES.items() for name in names.split()}
_BY_FIELD = {name: fork for fork, names in _FIELDS.items() for name in names.split()}


def fork_of_type(name: str) -> str:
    """The fork that has this layer type; empty where that is not known here."""
    return _BY_TYPE.get(name, "")


def fork_of_field(message: str, name: str) -> str:
    """The fork that has this field in this message of Caffe's schema; empty where that is not known here."""
    return _BY_FIELD.get(f"{message}.{name}", "") or _BY_FIELD.get(name, "")
