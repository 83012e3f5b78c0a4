"""What nets do beyond their layers: losses, who runs backward, sharing, in-place chains, reshaping, parts."""

import numpy as np
from golden.semantics.texts import CHAIN, CHAINS, SHARED, build, case, draw, inputs, ip, layer, passes, state

LOSSES = (
    inputs(x=(3, 4), y=(3, 5))
    + ip("x", "ip", 5)
    + layer("TanH", "ip", "t", "loss_weight: 0.3")  # weighed, and used by two others
    + layer("EuclideanLoss", "t y", "euclid", "loss_weight: 2")
    + layer("Power", "t", "power", "loss_weight: -0.5 power_param { power: 2 shift: 1.5 }")
    + layer("Slice", "power", "left right", "loss_weight: 0 loss_weight: 1.5 slice_param { slice_point: 2 }")
    + layer("Sigmoid", "left", "left", "loss_weight: 0.25")  # in place
)


@case
def loss_weights(caffe):
    net = build(caffe, LOSSES)
    weights = {"weight of " + name: np.array(weight) for name, weight in net.blob_loss_weights.items()}
    return {**weights, **passes(net)}


@case
def loss_weight_of_a_loss_is_0(caffe):
    return passes(build(caffe, LOSSES.replace("loss_weight: 2", "loss_weight: 0")))


@case
def backward_goes_where_it_must(caffe):
    found = {}
    for name, parts in CHAINS.items():
        found.update(passes(build(caffe, CHAIN % parts), name))
    return found


@case
def force_backward(caffe):
    found = {}
    for name, parts in CHAINS.items():
        forced = 'force_backward: true state { phase: TRAIN stage: "all backward" }\n'  # Accuracy has no gradient
        found.update(passes(build(caffe, forced + CHAIN % parts), name))
    return found


NEURONS = {"ReLU": "relu_param { negative_slope: 0.3 }", "PReLU": "", "Scale": "", "BatchNorm": "", "TanH": ""}
IN_PLACE = "BatchNorm Scale, BatchNorm ReLU, Scale PReLU, Scale ReLU, Scale Scale, PReLU ReLU, PReLU TanH, ReLU TanH"


@case
def in_place_after_in_place(caffe):
    """Chains in which real Caffe's layers do not read again what is overwritten."""
    found = {}
    for chain in IN_PLACE.split(", "):
        found.update(chained(caffe, chain, [(kind, NEURONS[kind]) for kind in chain.split()]))
    return found


def chained(caffe, name, kinds):
    """Passes of a net whose layers of these kinds, each with its text, all work on one blob."""
    net = inputs(x=(3, 4), y=(3, 5)) + ip("x", "a", 5).replace("num_output", "bias_term: false num_output")
    for i, (kind, text) in enumerate(kinds):
        net += layer(kind, "a", "a", text, name="%s%d" % (kind, i))
    return passes(build(caffe, net + layer("EuclideanLoss", "a y", "loss")), name)


SAME = "convolution_param { num_output: 3 kernel_size: 3 pad: 1 bias_term: false }"
POOLING = "pooling_param { kernel_size: 3 pad: 1 }"
OVERWRITTEN = {
    "ReLU": "",
    "ReLU slope": "relu_param { negative_slope: 0.3 }",
    "Sigmoid": "",
    "TanH": "",
    "ELU": "elu_param { alpha: 0.7 }",
    "Clip": "clip_param { min: -0.5 max: 0.25 }",
    "BNLL": "",
    "Swish": "swish_param { beta: 1.5 }",
    "Exp": "exp_param { base: 3 scale: -0.5 shift: 0.7 }",
    "Log": "log_param { base: 2 scale: 0.5 shift: 9 }",
    "Power 1": "power_param { scale: 1.5 shift: -1 }",
    "Power 2": "power_param { power: 2 scale: 1.5 shift: 0.5 }",
    "Power 3": "power_param { power: 3 }",
    "Power 3 shifted": "power_param { power: 3 scale: 0.5 shift: 4 }",
}


@case
def in_place_reads_what_is_overwritten(caffe):
    """Real Caffe's gradients are not the derivatives here: a layer reads what a later one has left in its blob."""
    found = {}
    for second in ("BatchNorm", "Sigmoid"):
        for name, text in OVERWRITTEN.items():
            chain = [(name.split()[0], text), (second, "")]
            found.update(chained(caffe, "%s, %s" % (name, second), chain))
    return found


@case
def tops_that_are_overwritten(caffe):
    """Real Caffe's layers read their own tops on the way back, whatever works in place on them afterwards."""
    found = {}
    more = {"Softmax": "", "LRN": "lrn_param { local_size: 3 alpha: 2 }", "MVN": "", "Pooling": POOLING, "AbsVal": ""}
    for name, text in {**OVERWRITTEN, **more}.items():
        net = inputs(x=(2, 3, 4, 5), y=(2, 3, 4, 5)) + layer("Convolution", "x", "a", SAME)
        net += layer(name.split()[0], "a", "b", text) + layer("Sigmoid", "b", "b")
        found.update(passes(build(caffe, net + layer("EuclideanLoss", "b y", "loss")), name))
    return found


@case
def shared_parameters(caffe):
    net = build(caffe, SHARED)
    found = passes(net, "first")
    net.params["c"][0].data[1] += 1  # seen by all three
    found.update(passes(net, "written"))
    net.clear_param_diffs()
    found.update(state(net, "cleared"))
    net.save("shared.caffemodel")
    net.save_hdf5("shared.h5")
    draw(net, seed=5)
    net.copy_from("shared.caffemodel")
    found.update(state(net, "read again"))
    draw(net, seed=6)
    net.load_hdf5("shared.h5")
    found.update(state(net, "read from HDF5"))
    return found


CONVS = (
    inputs(x=(2, 3, 8, 7))
    + layer("Convolution", "x", "conv", "convolution_param { num_output: 4 kernel_size: 3 }")
    + layer("ReLU", "conv", "conv")
    + layer("Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    + layer("Convolution", "conv", "other", "convolution_param { num_output: 2 kernel_size: 1 stride: 2 }")
    + layer("Concat", "pool other", "both")
    + layer("Reduction", "both", "sum", "loss_weight: 1 reduction_param { operation: SUMSQ }")
)


@case
def reshaped_on_the_fly(caffe):
    net = build(caffe, CONVS)
    found = passes(net, "as built")
    for i, shape in enumerate([(1, 3, 8, 7), (3, 3, 11, 9), (3, 3, 11, 9), (2, 3, 5, 6)]):
        net.blobs["x"].reshape(*shape)
        if i % 2:
            net.reshape()
            found.update(("%s shape %d" % (name, i), np.array(blob.shape)) for name, blob in net.blobs.items())
        net.blobs["x"].data[...] = np.random.RandomState(i).normal(0, 1, shape)
        found.update(passes(net, "%d" % i))
    return found


@case
def parts_of_a_net(caffe):
    net = build(caffe, CONVS)
    found = {"until conv " + name: value.copy() for name, value in net.forward(end="conv").items()}
    net.blobs["conv"].data[...] += 1
    found.update(("from pool " + name, value.copy()) for name, value in net.forward(["pool"], start="pool").items())
    net.backward(end="both")
    found.update(state(net, "down to both"))
    net.blobs["pool"].diff[...] *= 2
    net.backward(start="other", end="conv")
    found.update(state(net, "down to conv"))
    net.forward(start="other", end="other")
    found.update(state(net, "once more"))
    return found


@case
def nets_that_share_their_weights(caffe):
    net = build(caffe, SHARED, file="a.prototxt")
    other = build(caffe, SHARED.replace("dim: 3", "dim: 5"), "TEST")
    draw(other, seed=3)
    other.share_with(net)
    found = passes(other, "shared")
    net.params["e"][0].data[...] *= 2
    found.update(passes(other, "written through the first"))
    other.params["e"][1].data[...] += 1
    found.update(passes(net, "written through the second"))
    draw(net, seed=9)
    net.save("third.caffemodel")
    draw(net, seed=4)
    other.copy_from("third.caffemodel")
    found.update(passes(net, "read into the second"))
    return found


SHARING = {
    "Flatten": ("Flatten", ""),
    "Reshape": ("Reshape", "reshape_param { shape { dim: 0 dim: 6 } }"),
    "Slice": ("Slice", ""),
    "Concat": ("Concat", ""),
}


@case
def tops_that_are_their_bottoms_memory(caffe):
    """What works in place on such a top shows in the bottom, and in whoever takes that too and runs later."""
    found = {}
    for name, (kind, text) in SHARING.items():
        shared = inputs(x=(3, 4), y=(3, 6)) + ip("x", "a", 6).replace("num_output", "bias_term: false num_output")
        shared += layer(kind, "a", "b", text)
        for neuron in ("ReLU", "TanH", "BatchNorm"):
            net = shared + layer(neuron, "b", "b")
            found.update(passes(build(caffe, net + layer("EuclideanLoss", "b y", "loss")), name + " " + neuron))
            split = net + layer("Eltwise", "a b", "sum") + layer("EuclideanLoss", "sum y", "loss")
            found.update(passes(build(caffe, split), name + " and split " + neuron))
    return found


ONE_BOTTOM = {
    "Convolution": SAME,
    "Convolution 5": "convolution_param { num_output: 5 kernel_size: 2 stride: 2 }",
    "Deconvolution": "convolution_param { num_output: 4 kernel_size: 2 }",
    "InnerProduct": "inner_product_param { num_output: 4 }",
    "Scale": "scale_param { bias_term: true }",
    "Bias": "",
    "PReLU": "",
    "AbsVal": "",
    "BatchNorm": "",
    "BatchNorm global": "batch_norm_param { use_global_stats: true }",
    "LRN": "lrn_param { local_size: 3 alpha: 2 }",
    "MVN": "",
    "Softmax": "",
    "Pooling max": POOLING,
    "Pooling average": "pooling_param { pool: AVE kernel_size: 2 }",
    "SPP": "spp_param { pyramid_height: 2 }",
    "Im2col": "convolution_param { kernel_size: 2 }",
    "Reduction sum": "",
    "Reduction squares": "reduction_param { operation: SUMSQ axis: 1 coeff: 0.5 }",
    "Reduction absolute": "reduction_param { operation: ASUM axis: 2 }",
    "Tile": "tile_param { tiles: 3 }",
}
TWO_BOTTOMS = {
    "Eltwise": "",
    "Eltwise product": "eltwise_param { operation: PROD }",
    "Eltwise product of others": "eltwise_param { operation: PROD stable_prod_grad: false }",
    "Eltwise most": "eltwise_param { operation: MAX }",
    "Concat": "",
    "Scale by": "scale_param { axis: 0 }",
    "Bias by": "bias_param { axis: 0 }",
    "EuclideanLoss": "",
    "SigmoidCrossEntropyLoss": "",
}


@case
def numbers_written_between_the_passes(caffe):
    """Some layers go back from what their blobs and parameters hold by then, others from what they have kept."""
    return numbers_written(caffe, "TRAIN", ONE_BOTTOM)


@case
def numbers_written_between_the_passes_of_a_test(caffe):
    return numbers_written(caffe, "TEST", {k: ONE_BOTTOM[k] for k in ONE_BOTTOM if not k.startswith("BatchNorm")})


def numbers_written(caffe, phase, one_bottom):
    found = {}
    kinds = [(name, "a", text) for name, text in {**OVERWRITTEN, **one_bottom}.items()]
    kinds += [(name, "a y", text) for name, text in TWO_BOTTOMS.items()]
    for name, bottoms, text in kinds:
        net = inputs(x=(2, 3, 4, 5), y=(2, 3, 4, 5)) + layer("Convolution", "x", "a", SAME)
        built = build(caffe, "force_backward: true " + net + layer(name.split()[0], bottoms, "top", text), phase)
        random = np.random.RandomState(8)
        params = [blob for blobs in built.params.values() for blob in blobs]
        for blob in params:
            blob.data[...] = random.uniform(0.5, 1.5, blob.data.shape)
        built.forward()
        for blob in [built.blobs[blob] for blob in ("x", "y", "a", "top")] + params:
            blob.data[...] = random.uniform(-0.5, 1.5, blob.data.shape)
        built.blobs["top"].diff[...] = random.normal(0, 1, built.blobs["top"].data.shape)
        built.backward()
        found.update(state(built, name))
    return found
