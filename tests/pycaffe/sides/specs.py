"""Nets that pycaffe's net_spec writes, and coord_map's maps. Runs on either side; argument: the .npz to write."""

import sys

import caffe
import numpy as np
from caffe import layers as L
from caffe import params as P
from caffe.coord_map import coord_map_from_to, crop
from caffe.net_spec import param_name_dict

out = {}


def keep(name, make, *arguments):
    try:
        out[name] = np.array(str(make(*arguments)))
    except Exception as error:
        # ours say what is near, and are AttributeErrors as protobuf's are
        is_unknown = isinstance(error, AttributeError)
        out[name] = np.array("no such name" if is_unknown else type(error).__name__)


def named():
    n = caffe.NetSpec()
    transform = {"scale": 1.0 / 255, "mean_value": [104, 117.5, 123.68]}
    n.data, n["label"] = L.Data(
        batch_size=64,
        backend=P.Data.LMDB,
        source="x",
        transform_param=transform,
        ntop=2,
        include={"phase": caffe.TRAIN},
    )
    learns = [{"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 2, "decay_mult": 0}]
    n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=20, weight_filler={"type": "xavier"}, param=learns)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.bn = L.BatchNorm(n["pool1"], in_place=True, use_global_stats=True, param=[{"lr_mult": 0}] * 3)
    n.scale = L.Scale(n.bn, in_place=True, bias_term=True)
    n.relu = L.ReLU(n.scale, in_place=True, negative_slope=0.1)
    n.ip = L.InnerProduct(n.relu, num_output=np.int64(10), bias_filler={"type": "constant", "value": 1e-7})
    n.drop = L.Dropout(n.ip, dropout_ratio=0.3, in_place=True)
    rules = {"phase": 1, "stage": ["a", "b"]}
    n.loss = L.SoftmaxWithLoss(n.drop, n.label, loss_weight=0.3, loss_param={"ignore_label": 255}, include=rules)
    n.accuracy = L.Accuracy(n.ip, n.label, top_k=5, include=rules)
    n.silence = L.Silence(n.label, ntop=0)
    return n.to_proto()


def unnamed():
    shapes = [{"dim": [2, 3, 4, 5]}, {"dim": [2]}]
    data, label = L.DummyData(shape=shapes, ntop=2, data_filler=[{"type": "gaussian", "std": 1}, {"type": "constant"}])
    a = L.Convolution(data, num_output=3, kernel_size=[3, 1], pad=[1, 0], group=1, engine=P.Convolution.CAFFE)
    b = L.Convolution(a, num_output=3, kernel_h=3, kernel_w=1)
    first, second = L.Slice(L.Eltwise(a, b, operation=P.Eltwise.SUM, coeff=[1, -1]), ntop=2, slice_point=1, axis=1)
    return (
        L.Concat(second, first),
        L.Silence(label, ntop=0),
        L.Python(first, module="m", layer="x", param_str="{'a': 1}"),
    )


def partly_named():
    n = caffe.NetSpec()
    data, n.label = L.DummyData(shape=[{"dim": [2, 3, 4, 5]}] * 2, ntop=2)
    n.y = L.ReLU(L.Power(L.ReLU(data, in_place=True), power=2, scale=-3.5, shift=1e10), engine=1)
    n.z = L.Reshape(n.y, reshape_param={"shape": {"dim": [0, -1]}})
    n.w = L.Crop(n.y, n.z, axis=2, offset=[1, 2])
    n.a, n.b = L.ReLU(*L.Split(n.w, ntop=2), ntop=2, in_place=True)
    return n.to_proto()


keep("named", named)
keep("unnamed", lambda: unnamed()[0].to_proto())
keep("two ends", lambda: caffe.to_proto(unnamed()[0], unnamed()[2]))
keep("partly named", partly_named)
keep("own type", lambda: L.Foo(L.Input(shape={"dim": [1]}), ntop=2)[1].to_proto())
keep("own type's parameter", lambda: L.Foo(L.Input(), size=3).to_proto())
keep("mistyped parameter", lambda: L.Convolution(L.Input(), num_outputs=3).to_proto())
keep("text for a number", lambda: L.Convolution(L.Input(), num_output="3").to_proto())
keep("no top", lambda: L.ReLU((1, 2)))
keep("missing item", lambda: caffe.NetSpec()["conv1"])
keep("enums", lambda: [P.Pooling.AVE, P.Eltwise.MAX, P.LRN.WITHIN_CHANNEL, P.Data.LEVELDB, P.Loss.VALID])
keep("parameter names", lambda: sorted(param_name_dict().items()))


def keep_map(name, top_from, top_to):
    try:
        axis, scale, shift = coord_map_from_to(top_from, top_to)
        found = [-1 if axis is None else axis, *np.ravel(scale), *np.ravel(shift)]
    except Exception as error:
        found = type(error).__name__
    out["map " + name] = np.array(found)


def fcn(kernel=3, stride=1, pad=0, pool=2, up=2, up_pad=0, dilation=1):
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [2, 1, 100, 100]})
    n.conv = L.Convolution(n.data, num_output=10, kernel_size=kernel, stride=stride, pad=pad, dilation=dilation)
    n.relu = L.ReLU(n.conv, in_place=True)
    n.pool = L.Pooling(n.relu, pool=P.Pooling.MAX, kernel_size=pool, stride=pool)
    size = [2 * step for step in up] if isinstance(up, list) else 2 * up
    window = {"num_output": 10, "kernel_size": size, "stride": up, "pad": up_pad}
    n.up = L.Deconvolution(n.pool, convolution_param=window)
    n.crop = L.Crop(n.up, n.data, axis=2, offset=[5, 7])
    n.skip = L.Eltwise(L.Convolution(n.crop, num_output=10, kernel_size=1), n.crop)
    n.ip = L.InnerProduct(n.up, num_output=10)
    n.rectangle = L.Convolution(n.data, num_output=1, kernel_h=3, kernel_w=1)
    n.other_axis = L.Convolution(n.up, num_output=1, kernel_size=3, axis=2)
    n.apart = L.Input(shape={"dim": [2, 1, 9, 9]})
    return n


for name, options in {
    "plain": {},
    "padded": {"pad": 100, "up_pad": 3},
    "strided": {"stride": 2, "pool": 4, "up": 8},
    "rectangular": {"kernel": [3, 5], "stride": [1, 2], "pad": [0, 10], "up": [2, 4]},
    "dilated": {"dilation": 3},
}.items():
    n = fcn(**options)
    for end in ("conv", "relu", "pool", "up", "crop", "skip", "ip", "rectangle", "other_axis", "apart"):
        keep_map(f"{name}: {end} to data", n[end], n.data)
        keep_map(f"{name}: data to {end}", n.data, n[end])
    keep(f"crop {name}", lambda top_from, top_to: crop(top_from, top_to).to_proto(), n.up, n.data)

np.savez(sys.argv[1], **out)
