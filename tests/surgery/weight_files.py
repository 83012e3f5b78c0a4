"""Small caffemodels of every age, made from messages, with fields that nobody knows."""

from __future__ import annotations

import numpy as np

from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import BlobProto, NetParameter
from pycaffe_ext.surgery import wire

UNKNOWN = wire.heading(9000, 5) + b"fork!"


def numbers(*shape: int, start: float = 0.5) -> np.ndarray:
    return (np.arange(np.prod(shape, dtype=int), dtype=np.float32) + np.float32(start)).reshape(shape)


def current() -> NetParameter:
    """data (no blobs), conv (4 x 3 x 2 x 5 and 4), fc (7 x 6 and 7), a layer with half-precision raw data."""
    net = NetParameter(name="net")
    net.layer.add(name="data", type="Input", top=["data"])
    conv = net.layer.add(name="conv", type="Convolution", bottom=["data"], top=["conv"])
    for array in (numbers(4, 3, 2, 5), numbers(4, start=-3)):
        array_to_blob(array, into=conv.blobs.add())
    fc = net.layer.add(name="fc", type="InnerProduct", bottom=["conv"], top=["fc"])
    for array in (numbers(7, 6, start=100), numbers(7, start=9)):
        array_to_blob(array, into=fc.blobs.add())
    half = net.layer.add(name="half", type="PReLU")
    blob = BlobProto(raw_data_type=BlobProto.FLOAT16, raw_data=np.array([1.5, -2, 3], "<f2").tobytes())
    blob.shape.dim.append(3)
    half.blobs.add().CopyFrom(blob)
    return net


def forked() -> bytes:
    """The current net with unknown fields in the net, in each layer and in the first blob of each."""
    net = current()
    whole = UNKNOWN + NetParameter(name=net.name).SerializeToString()
    for layer in net.layer:
        content = layer.SerializeToString()
        if layer.blobs:
            first = layer.blobs[0].SerializeToString()
            marked = wire.heading(7, len(first) + len(UNKNOWN)) + first + UNKNOWN
            content = content.replace(wire.heading(7, len(first)) + first, marked)
        content = UNKNOWN + content + UNKNOWN
        whole += wire.heading(100, len(content)) + content
    return whole + UNKNOWN


def v1() -> bytes:
    """Legacy blobs: fc of 1 x 1 x 5 x 6, its bias of 1 x 1 x 1 x 5."""
    net = NetParameter(name="old")
    fc = net.layers.add(name="fc", type=14, bottom=["data"], top=["fc"], blobs_lr=[1, 2])
    for array in (numbers(1, 1, 5, 6), numbers(1, 1, 1, 5)):
        array_to_blob(array, legacy=True, into=fc.blobs.add())
    return net.SerializeToString()


def v0() -> bytes:
    net = NetParameter(name="oldest", input=["data"])
    outer = net.layers.add(bottom=["data"], top=["ip"])
    outer.layer.name, outer.layer.type, outer.layer.num_output = "ip", "innerproduct", 5
    for array in (numbers(1, 1, 5, 6), numbers(1, 1, 1, 5)):
        array_to_blob(array, legacy=True, into=outer.layer.blobs.add())
    return net.SerializeToString()
