"""Real Caffe as the judge: what it loads, what it trains, what it computes after surgery."""

from __future__ import annotations

import json
from collections.abc import Sequence

import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.surgery import Request, learning_rows, perform
from pycaffe_ext.text import Document

NET = """\
name: "every kind of parameter"
layer {
  name: "data" type: "DummyData" top: "data"
  dummy_data_param { shape { dim: 4 dim: 3 dim: 6 dim: 5 } data_filler { type: "gaussian" std: 1 } }
}
layer {
  name: "label" type: "DummyData" top: "label"
  dummy_data_param { shape { dim: 4 } data_filler { type: "constant" value: 1 } }
}
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } }
}
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer {
  name: "scale"
  type: "Scale"
  bottom: "conv"
  top: "conv"
  scale_param { bias_term: true }
}
layer { name: "prelu" type: "PReLU" bottom: "conv" top: "conv" }
layer {
  name: "deconv" type: "Deconvolution" bottom: "conv" top: "deconv" param { lr_mult: 1 }
  convolution_param { num_output: 2 kernel_size: 2 bias_term: false weight_filler { type: "xavier" } }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "deconv" top: "fc" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 }
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""

V1_NET = """\
layers {
  name: "data" type: DUMMY_DATA top: "data" top: "label"
  dummy_data_param { num: 2 num: 2 channels: 3 channels: 1 height: 4 height: 1 width: 4 width: 1
    data_filler { type: "gaussian" } data_filler { type: "constant" } }
}
layers {
  name: "conv" type: CONVOLUTION bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 2 weight_filler { type: "xavier" } }
}
layers {
  name: "fc" type: INNER_PRODUCT bottom: "conv" top: "fc" blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } }
}
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" }
"""

SOLVER = 'base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 weight_decay: 0.01 random_seed: 1 max_iter: 10 display: 0 '

# trains each net for ten steps and prints, per net, which parameters of which layer have changed
TRAIN = """
import json, sys, numpy as np, caffe
caffe.set_mode_cpu()
changed = []
for path in sys.argv[1:]:
    solver = caffe.SGDSolver(path)
    before = {name: [blob.data.copy() for blob in blobs] for name, blobs in solver.net.params.items()}
    solver.step(10)
    changed.append({
        name: [bool((blob.data != old).any()) for blob, old in zip(blobs, before[name])]
        for name, blobs in solver.net.params.items()
    })
print(json.dumps(changed))
"""

CASES: list[tuple[str, Sequence[Request]]] = [
    (NET, []),
    (NET, [Request("--freeze-all"), Request("--unfreeze", "fc")]),
    (NET, [Request("--freeze-up-to", "bn")]),
    (NET, [Request("--freeze", "[cd]*")]),
    (NET, [Request("--freeze-all"), Request("--unfreeze-from", "prelu")]),
    (NET, [Request("--lr-mult", "fc=0,1"), Request("--lr-mult", "scale=1,0"), Request("--freeze", "prelu")]),
    (NET, [Request("--freeze-all"), Request("--rename", "fc=new"), Request("--lr-mult", "new=10,20")]),
    (V1_NET, [Request("--freeze", "conv")]),
    (V1_NET, [Request("--freeze-all"), Request("--lr-mult", "conv=1,0")]),
]


@needs_real_caffe
def test_ten_steps_change_only_what_learns() -> None:
    nets = [perform(Document(text), requests) for text, requests in CASES]
    with real_caffe.folder() as real:
        for index, net in enumerate(nets):
            net.write(real.path / f"net{index}.prototxt")
            (real.path / f"solver{index}.prototxt").write_text(f'net: "net{index}.prototxt" {SOLVER}')
        solvers = [f"solver{index}.prototxt" for index in range(len(nets))]
        changed = json.loads(real.python(TRAIN, *solvers).stdout.splitlines()[-1])
    for net, found in zip(nets, changed, strict=True):
        expected = {row.name: [rate != 0 for rate in row.rates] for row in learning_rows(net)[0]}
        assert found == expected


@needs_real_caffe
def test_parameter_counts_are_real_caffes() -> None:
    code = "import json, sys, caffe; net = caffe.Net(sys.argv[1], caffe.TRAIN)\n"
    code += "print(json.dumps({k: [b.count for b in v] for k, v in net.params.items()}))"
    with real_caffe.folder() as real:
        for text in (NET, V1_NET):
            (real.path / "net.prototxt").write_text(text)
            counts = json.loads(real.python(code, "net.prototxt").stdout)
            assert counts == {row.name: list(row.sizes or ()) for row in learning_rows(Document(text))[0]}


@needs_real_caffe
def test_deploy_predicts_what_the_training_net_did() -> None:
    deploy = perform(Document(NET), [Request("--to-deploy")])
    code = """
import numpy as np, caffe
train, deploy = caffe.Net("train_val.prototxt", caffe.TRAIN), None
train.forward()
train.save("weights.caffemodel")
test, deploy = [caffe.Net(name, "weights.caffemodel", caffe.TEST) for name in ("train_val.prototxt", "deploy.prototxt")]
test.forward()
deploy.blobs["data"].data[...] = test.blobs["data"].data
prob = deploy.forward()["prob"]
logits = test.blobs["fc"].data
expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
assert list(deploy.inputs) == ["data"] and list(deploy.outputs) == ["prob"], (deploy.inputs, deploy.outputs)
assert (deploy.blobs["fc"].data == logits).all()
assert np.abs(prob - expected).max() < 1e-6 and prob.std() > 0.01, prob
"""
    with real_caffe.folder() as real:
        (real.path / "train_val.prototxt").write_text(NET)
        deploy.write(real.path / "deploy.prototxt")
        real.python(code)
