"""Every layer's gradient against finite differences, in float64, over the inputs of the golden cases."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from golden import take

import pycaffe_ext as caffe

GOLDEN = {kind: take.load(take.HERE / f"{kind}.npz") for kind in take.all_types()}
CASES = [
    pytest.param(kind, name, id=f"{kind}-{name}")
    for kind, cases in GOLDEN.items()
    for name, (case, given, _) in cases.items()
    if case["backward"] and case["derivative"] and given
]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_gradient_is_the_derivative(kind: str, name: str, tmp_path: Path) -> None:
    case, given, real = GOLDEN[kind][name]
    take.write_files(caffe, tmp_path, case, lambda key, _: given[key])
    net = caffe.Net(tmp_path / "net.prototxt", getattr(caffe, case["phase"]))
    layer = net.layer_dict["layer"]
    learned = [f"param{i}" for i in range(len(layer.blobs))]
    inputs = {key: torch.tensor(given[key], dtype=torch.float64) for key in case["bottoms"]}
    for key, blob in zip(learned, layer.blobs, strict=True):
        inputs[key] = torch.tensor(given.get(key, blob.data), dtype=torch.float64)
    # what Caffe propagates to; labels, indices and statistics are given as they are
    wanted = [key for key in inputs if real[f"{key}.diff"].any()]

    def forward(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        layer.reset()
        values = inputs | dict(zip(wanted, tensors, strict=True))
        tops = layer.forward([values[key].clone() for key in case["bottoms"]], [values[key] for key in learned])
        return tuple(top for top in tops if top is not None)

    if wanted:
        assert torch.autograd.gradcheck(forward, [inputs[key].requires_grad_() for key in wanted], fast_mode=True)
