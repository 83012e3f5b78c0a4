"""Which blobs get a gradient in nets whose BatchNorm lies below all that learns, against real Caffe."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

import pycaffe_ext

FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"
NET = """
layer { name: "x" type: "Input" top: "x" top: "y" input_param { shape { dim: [3, 4, 5] } shape { dim: [3, 2] } } }
layer { name: "low" type: "Convolution" bottom: "x" top: "low" LOW
  convolution_param { num_output: 3 kernel_size: 2 weight_filler { value: 0.2 } } }
layer { name: "bn" type: "BatchNorm" bottom: "low" top: "bn" STATISTICS }
layer { name: "relu" type: "ReLU" bottom: "bn" top: "relu" }
layer { name: "ip" type: "InnerProduct" bottom: "relu" top: "ip" MIDDLE
  inner_product_param { num_output: 2 weight_filler { value: 0.3 } } }
layer { name: "top" type: "InnerProduct" bottom: "ip" top: "top"
  inner_product_param { num_output: 2 weight_filler { value: -0.5 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "top" bottom: "y" top: "loss" }
"""
STATED = "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }"
NETS = {
    "statistics of which the net says nothing": NET.replace("LOW", FROZEN).replace("STATISTICS", ""),
    "all below the top frozen": NET.replace("LOW", FROZEN).replace("STATISTICS", "").replace("MIDDLE", FROZEN),
    "statistics that the net says do not learn": NET.replace("LOW", FROZEN).replace("STATISTICS", STATED),
    "one of them": NET.replace("LOW", FROZEN).replace("STATISTICS", "param { lr_mult: 0 }"),
}
RUN = """
import json
import numpy as np
def diffs(caffe, text):
    with open("net.prototxt", "w") as file:
        file.write(text)
    net = caffe.Net("net.prototxt", caffe.TRAIN)
    numbers = np.random.RandomState(3)
    for name in ("x", "y"):
        net.blobs[name].data[...] = numbers.normal(size=net.blobs[name].data.shape)
    net.forward()
    net.backward()
    return {name: blob.diff.tolist() for name, blob in net.blobs.items()}
if __name__ == "__main__":
    import caffe
    print(json.dumps([diffs(caffe, text) for text in json.load(open("nets.json"))]))
"""


@needs_real_caffe
def test_gradients_reach_down_to_a_batch_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    ours: dict[str, Any] = {}
    exec(compile(RUN, "diffs", "exec"), ours)
    texts = [text.replace("MIDDLE", "") for text in NETS.values()]
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        (real.path / "nets.json").write_text(json.dumps(texts))
        every = json.loads(real.python(RUN).stdout)
        found = [ours["diffs"](pycaffe_ext, text) for text in texts]
    for name, ours_now, expected in zip(NETS, found, every, strict=True):
        for blob, diff in expected.items():
            np.testing.assert_allclose(ours_now[blob], diff, rtol=1e-4, atol=1e-6, err_msg=f"{name}: {blob}")
    assert [np.any(diffs["bn"]) for diffs in every] == [True, True, False, True]
