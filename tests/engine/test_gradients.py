"""Every layer's gradient against finite differences, in float64, over the inputs of the golden cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import take

import pycaffe_ext as caffe
from pycaffe_ext.engine.layer import Layer
from pycaffe_ext.engine.sharing import SharesMemory


def _is_checked(case: dict[str, Any], given: object) -> bool:
    return bool(case["backward"] and case["derivative"] and given)


GOLDEN = {kind: take.load(take.HERE / f"{kind}.npz") for kind in take.all_types()}
CASES = [
    pytest.param(kind, name, id=f"{kind}-{name}")
    for kind, cases in GOLDEN.items()
    for name, (case, given, _) in cases.items()
    if _is_checked(case, given)
]


class _ByFormula(torch.autograd.Function):
    """A layer with the gradient that it says itself."""

    @staticmethod
    def forward(ctx: Any, layer: Layer, bottom: torch.Tensor) -> torch.Tensor:
        (top,) = layer.forward([bottom], [])
        assert top is not None
        ctx.layer = layer
        ctx.save_for_backward(bottom, top)
        return top

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor | None]:
        return None, ctx.layer.gradient(*ctx.saved_tensors, grads[0])


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

    if isinstance(layer, SharesMemory) and layer.shares:  # the top's diff is the bottom's
        net.forward()
        net.backward()
        assert np.shares_memory(net.blobs["top0"].data, net.blobs["bottom0"].data)
        assert np.shares_memory(net.blobs["top0"].diff, net.blobs["bottom0"].diff)
        return

    def forward(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        layer.reset()
        values = inputs | dict(zip(wanted, tensors, strict=True))
        if layer.reads_blobs:
            return (_ByFormula.apply(layer, *(values[key] for key in case["bottoms"])),)
        tops = layer.forward([values[key].clone() for key in case["bottoms"]], [values[key] for key in learned])
        return tuple(top for top in tops if top is not None)

    if wanted:
        assert torch.autograd.gradcheck(forward, [inputs[key].requires_grad_() for key in wanted], fast_mode=True)


def test_every_type_that_has_a_gradient_is_checked() -> None:
    checked = {kind for kind, cases in GOLDEN.items() for case, given, _ in cases.values() if _is_checked(case, given)}
    backward = {
        kind
        for kind, cases in GOLDEN.items()
        for _, _, real in cases.values()
        if any(array.any() for key, array in real.items() if key.endswith(".diff"))
    }
    assert backward <= checked
    assert len(backward) > 40
    few = {kind for kind, cases in GOLDEN.items() if len(cases) < 3}
    assert few <= {"Silence"}  # which has no parameters
