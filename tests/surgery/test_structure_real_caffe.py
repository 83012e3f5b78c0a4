"""Real Caffe runs what structural operations make, and computes what our engine computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import real_caffe
from real_caffe import needs_real_caffe
from tool import tool

from pycaffe_ext.bvlc import Place
from pycaffe_ext.jobs.parity import compare_net

NET = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 11 dim: 9 } } }
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } bias_filler { value: 0.1 } }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 }
}
layer {
  name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } }
}
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer {
  name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } }
}
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""
CASES = {
    "insert": ["--insert-after", "conv1=Scale:scale1", "--insert-before", "fc=LRN", "-o", "new.prototxt"],
    "insert with fields": [
        *("--insert-after", "pool1=Convolution:extra", "--with"),
        *("convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: 'xavier' } }", "-o", "new.prototxt"),
    ],
    "remove": ["--remove", "relu*", "-o", "new.prototxt"],
    "replace type": ["--replace-type", "relu1=TanH", "-o", "new.prototxt"],
    "set": [
        "--set",
        "pool1.pooling_param.pool=AVE",
        "--set",
        "conv2.convolution_param.dilation=2",
        "-o",
        "new.prototxt",
    ],
    "prefix": ["--prefix", "left_", "-o", "new.prototxt"],
    "head": ["--replace-head", "fc=fc_new,7", "-o", "new.prototxt"],
    "join": ["--join", "other.prototxt", "-o", "new.prototxt"],
    "up to": ["--up-to", "pool1", "-o", "new.prototxt"],
    "from": ["--from", "pool1", "-o", "new.prototxt"],
}


@needs_real_caffe
@pytest.mark.parametrize("case", CASES)
def test_real_caffe_runs_it(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("other.prototxt").write_text(NET.replace("num_output: 8", "num_output: 4"))
    assert tool("surgery", monkeypatch)("net.prototxt", *CASES[case]) == 0
    found = compare_net("new.prototxt", place=Place(chroot=str(real_caffe.chroot)))
    assert len(found.rows) > 2
    assert found.largest < 1e-5
