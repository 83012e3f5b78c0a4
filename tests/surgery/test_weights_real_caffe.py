"""Real Caffe as the judge of nets and weights that were changed together: what it loads, and what it computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import real_caffe
from real_caffe import needs_real_caffe
from surgery.small_net import net, weights

from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import NetParameter
from pycaffe_ext.surgery import Request, Weights, perform
from pycaffe_ext.text import Document

V1 = """\
input: "data" input_dim: 2 input_dim: 3 input_dim: 7 input_dim: 9
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
  convolution_param { num_output: 4 kernel_size: 3 } }
layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
layers { name: "pool" type: POOLING bottom: "conv" top: "pool" pooling_param { kernel_size: 2 } }
layers { name: "fc" type: INNER_PRODUCT bottom: "pool" top: "fc" inner_product_param { num_output: 5 } }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
"""

# runs each net on the same input; prints every layer's parameters' sum of squares and saves all blobs
RUN = """
import json, sys, numpy as np, caffe
sums = []
for net, weights in zip(sys.argv[1::2], sys.argv[2::2]):
    made = caffe.Net(net, weights, caffe.TEST)
    made.blobs[made.inputs[0]].data[...] = np.load("input.npy")
    made.forward()
    np.savez(net + ".npz", **{name: blob.data for name, blob in made.blobs.items()})
    sums.append({name: [float((blob.data ** 2).sum()) for blob in blobs] for name, blobs in made.params.items()})
print(json.dumps(sums))
"""


def drawn() -> Weights:
    found, random = weights(), np.random.default_rng(5)
    for name in found.names:
        found.set_blobs(name, [random.standard_normal(shape) / 9 for shape in found.shapes(name)])
    return Weights.from_bytes(found.to_bytes(), "w")


def old(found: Weights) -> bytes:
    """The same weights as a V1 file with legacy shapes."""
    message = NetParameter(name="old", input=["data"], input_dim=[2, 3, 7, 9])
    for name, kind in (("conv", 4), ("fc", 14)):
        layer = message.layers.add(name=name, type=kind, bottom=["data"], top=[name])
        for blob in found.blobs(name):
            array_to_blob(blob.reshape((1,) * (4 - blob.ndim) + blob.shape), legacy=True, into=layer.blobs.add())
    return message.SerializeToString()


def write(folder: Path, name: str, requests: list[Request], weights_name: str = "") -> list[str]:
    loaded = drawn()
    perform(net(), requests, loaded).write(folder / f"{name}.prototxt")
    loaded.write(folder / (weights_name or f"{name}.caffemodel"))
    return [f"{name}.prototxt", weights_name or f"{name}.caffemodel"]


@needs_real_caffe
def test_what_real_caffe_computes() -> None:
    image = np.random.default_rng(6).standard_normal((2, 3, 7, 9)).astype(np.float32)
    with real_caffe.folder() as real:
        np.save(real.path / "input.npy", image)
        files = write(real.path, "plain", [])
        files += write(real.path, "renamed", [Request("--rename", "conv=c"), Request("--prefix", "x_")])
        files += write(real.path, "head", [Request("--replace-head", "fc=coins,3")])
        files += write(real.path, "kept", [Request("--keep-classes", "fc=4,1")])
        files += write(real.path, "order", [Request("--permute-classes", "fc=2,0,1,4,3")])
        files += write(real.path, "hdf5", [Request("--rename", "fc=ip")], "hdf5.caffemodel.h5")
        files += write(real.path, "formatted", [Request("--format")])
        loaded = Weights.from_bytes(old(drawn()), "w")
        perform(Document(V1), [Request("--upgrade"), Request("--rename", "fc=ip")], loaded).write(
            real.path / "new.prototxt"
        )
        loaded.write(real.path / "new.caffemodel")
        (real.path / "v1.prototxt").write_text(V1)
        (real.path / "v1.caffemodel").write_bytes(old(drawn()))
        files += ["new.prototxt", "new.caffemodel", "v1.prototxt", "v1.caffemodel"]
        sums = json.loads(real.python(RUN, *files).stdout.splitlines()[-1])
        blobs = {name: np.load(real.path / f"{name}.npz") for name in files[::2]}
    plain = blobs["plain.prototxt"]
    assert plain["prob"].std() > 0.01
    for name, fc in (("renamed", "x_fc"), ("hdf5", "ip"), ("formatted", "fc"), ("new", "ip"), ("v1", "fc")):
        assert (blobs[f"{name}.prototxt"][fc] == plain["fc"]).all(), name
    assert np.allclose(blobs["kept.prototxt"]["fc"], plain["fc"][:, [4, 1]], atol=1e-6, rtol=0)
    assert np.allclose(blobs["order.prototxt"]["fc"], plain["fc"][:, [2, 0, 1, 4, 3]], atol=1e-6, rtol=0)
    head = sums[2]
    assert head["conv"] == sums[0]["conv"] and head["coins"][0] > 0 and head["coins"][1] == 0
    assert blobs["head.prototxt"]["coins"].shape == (2, 3) and (blobs["head.prototxt"]["pool"] == plain["pool"]).all()
