"""What is sent back through a net, against autograd through the same net written by hand with the methods' rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from pycaffe_ext.errors import NetError, OptionError, UnknownNameError
from pycaffe_ext.inspection.backprojection import METHODS, backproject
from pycaffe_ext.inspection.subject import Subject

# all that is linear, switched, rectified or normalised, branches, groups, dilation, windows that pooling rounds up to
NET = """
input: "data" input_shape { dim: 2 dim: 3 dim: 17 dim: 14 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 pad_h: 2 weight_filler { type: "msra" }
    bias_filler { type: "uniform" min: -1 max: 1 } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "norm1" type: "LRN" bottom: "conv1" top: "norm1" lrn_param { local_size: 3 alpha: 2 beta: 0.6 k: 1.5 } }
layer { name: "pool1" type: "Pooling" bottom: "norm1" top: "pool1" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "pool1" top: "left"
  convolution_param { num_output: 4 kernel_size: 3 pad: 2 dilation: 2 group: 2 weight_filler { type: "msra" } } }
layer { name: "leaky" type: "ReLU" bottom: "left" top: "left" relu_param { negative_slope: 0.2 } }
layer { name: "right" type: "Convolution" bottom: "pool1" top: "right"
  convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "right" top: "right" }
layer { name: "scale" type: "Scale" bottom: "right" top: "right"
  scale_param { bias_term: true filler { type: "uniform" min: -1 max: 2 } } }
layer { name: "prelu" type: "PReLU" bottom: "right" top: "right"
  prelu_param { filler { type: "uniform" min: 0 max: 0.5 } } }
layer { name: "both" type: "Concat" bottom: "left" bottom: "right" top: "both" }
layer { name: "beside" type: "Convolution" bottom: "pool1" top: "beside"
  convolution_param { num_output: 9 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "sum" type: "Eltwise" bottom: "both" bottom: "beside" top: "sum"
  eltwise_param { coeff: 1 coeff: -0.5 } }
layer { name: "relu2" type: "ReLU" bottom: "sum" top: "sum" }
layer { name: "pool2" type: "Pooling" bottom: "sum" top: "pool2" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "drop" type: "Dropout" bottom: "pool2" top: "pool2" }
layer { name: "fc" type: "InnerProduct" bottom: "pool2" top: "fc"
  inner_product_param { num_output: 13 weight_filler { type: "xavier" }
    bias_filler { type: "uniform" min: -1 max: 3 } } }
layer { name: "relu3" type: "ReLU" bottom: "fc" top: "fc" }
"""

Tensor = torch.Tensor


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    path = tmp_path_factory.mktemp("net") / "net.prototxt"
    path.write_text(NET)
    torch.manual_seed(0)
    subject = Subject(path)
    rng = np.random.default_rng(0)
    for layer, blobs in subject.net.params.items():
        for blob in blobs:
            blob.data[...] += rng.normal(0, 0.1, blob.shape)
        if layer == "bn":
            blobs[1].data[...] = rng.uniform(0.5, 2, blobs[1].shape)
            blobs[2].data[...] = 2
    return subject


class _Rectified(torch.autograd.Function):
    """f(x) = x above 0, slope x below; back goes what the method says."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: Tensor, method: str) -> Tensor:
        ctx.save_for_backward(x, slope)
        ctx.method = method
        return torch.where(x > 0, x, slope * x)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x, slope), signal = ctx.saved_tensors, grads[0]
        if ctx.method == "deconv":
            return torch.where(signal > 0, signal, slope * signal), None, None
        if ctx.method == "guided":
            signal = signal * (signal > 0)
        return torch.where(x > 0, signal, slope * signal), None, None


class _PassedBy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        return y.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads[0], None


def by_hand(subject: Subject, batch: Tensor, method: str) -> dict[str, Tensor]:
    """The blobs of NET."""
    p = {name: [torch.from_numpy(blob.data.copy()) for blob in blobs] for name, blobs in subject.net.params.items()}

    def relu(x: Tensor, slope: float | Tensor = 0.0) -> Tensor:
        return _Rectified.apply(x, torch.as_tensor(slope), method)  # type: ignore[no-any-return]

    conv1 = relu(functional.conv2d(batch, *p["conv1"], padding=(2, 0)))
    norm1 = functional.local_response_norm(conv1, 3, 2, 0.6, 1.5)
    if method == "deconv":
        norm1 = _PassedBy.apply(conv1, norm1)
    pool1 = functional.max_pool2d(norm1, 3, 2, ceil_mode=True)
    left = relu(functional.conv2d(pool1, *p["left"], padding=2, dilation=2, groups=2), 0.2)
    mean, variance, weight = p["bn"]
    right = functional.conv2d(pool1, *p["right"])
    right = (right - (mean / weight)[:, None, None]) / ((variance / weight)[:, None, None] + 1e-5).sqrt()
    right = relu(right * p["scale"][0][:, None, None] + p["scale"][1][:, None, None], p["prelu"][0][:, None, None])
    added = relu(torch.cat([left, right], 1) - 0.5 * functional.conv2d(pool1, *p["beside"]))
    pool2 = functional.avg_pool2d(added, 2, 2, ceil_mode=True)
    fc = relu(functional.linear(pool2.flatten(1), *p["fc"]))
    return {"conv1": conv1, "pool1": pool1, "left": left, "right": right, "sum": added, "pool2": pool2, "fc": fc}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("blob", ["fc", "sum", "left", "conv1"])
def test_each_method_is_autograd_with_its_rules(subject: Subject, blob: str, method: str) -> None:
    rng = np.random.default_rng(1)
    for seed in (1, 2):  # what an earlier pass, from another blob, left behind does not count
        batch = np.random.default_rng(seed).normal(size=(2, 3, 17, 14)).astype(np.float32)
        image = torch.from_numpy(batch).requires_grad_()
        values = by_hand(subject, image, method)[blob]
        signal = torch.from_numpy(rng.normal(size=values.shape).astype(np.float32))
        (expected,) = torch.autograd.grad(values, image, signal)
        found = backproject(subject, batch, blob, signal.numpy(), method=method)
        assert abs(found - expected.numpy()).max() < 2e-6 * abs(expected).max()
        assert abs(expected).max() > 0
        backproject(subject, batch, "fc", np.ones((2, 13)), method="deconv")


def test_methods_differ(subject: Subject) -> None:
    batch = np.random.default_rng(3).normal(size=(2, 3, 17, 14)).astype(np.float32)
    found = [backproject(subject, batch, "sum", lambda values: values, method=method) for method in METHODS]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert abs(found[one] - found[other]).max() > 0.1 * abs(found[one]).max()


@pytest.mark.parametrize("to", ["conv1", "pool1", "left"])
def test_a_signal_ends_at_any_blob(subject: Subject, to: str) -> None:
    """After layers in place: at conv1 that is behind its ReLU, which has not rectified the signal."""
    batch = np.random.default_rng(4).normal(size=(2, 3, 17, 14)).astype(np.float32)
    blobs = by_hand(subject, torch.from_numpy(batch).requires_grad_(), "gradient")
    (expected,) = torch.autograd.grad(blobs["fc"].sum(), blobs[to])
    found = backproject(subject, batch, "fc", np.ones((2, 13), np.float32), to=to)
    assert abs(found - expected.numpy()).max() < 2e-6 * abs(expected).max()


def test_a_function_makes_the_signal_of_what_the_blob_holds(subject: Subject) -> None:
    batch = np.random.default_rng(5).normal(size=(1, 3, 17, 14)).astype(np.float32)
    values = subject.activations(batch, "sum")
    expected = backproject(subject, batch, "sum", 2 * values)
    for found in (
        backproject(subject, batch, "sum", lambda held: 2 * held),
        subject.gradient(batch, "sum", 2 * values),
    ):
        assert abs(found - expected).max() < 2e-6 * abs(expected).max()  # `values` come from a pass forward alone


def test_the_input_may_have_a_size_that_later_layers_could_not_take(subject: Subject) -> None:
    batch = np.random.default_rng(6).normal(size=(1, 3, 29, 23)).astype(np.float32)
    image = torch.from_numpy(batch).requires_grad_()
    p = [torch.from_numpy(blob.data.copy()) for blob in subject.net.params["conv1"]]
    (expected,) = torch.autograd.grad(functional.relu(functional.conv2d(image, *p, padding=(2, 0))).sum(), image)
    shape = tuple(functional.conv2d(image, *p, padding=(2, 0)).shape)
    found = backproject(subject, batch, "conv1", np.ones(shape, np.float32))
    assert abs(found - expected.numpy()).max() < 2e-6 * abs(expected).max()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"blob": "fd"}, UnknownNameError, "no blob 'fd'; did you mean 'fc'"),
        ({"blob": "fc", "to": "lefd"}, UnknownNameError, "did you mean 'left'"),
        ({"blob": "fc", "method": "deconvnet"}, OptionError, "deconv, guided, gradient, not 'deconvnet'"),
        ({"blob": "left", "to": "right"}, NetError, "'left' does not depend on 'right'"),
    ],
)
def test_what_cannot_be(subject: Subject, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    signal: Callable[[Any], Any] = np.ones_like
    with pytest.raises(error, match=message):
        backproject(subject, np.zeros((1, 3, 17, 14), np.float32), signal=signal, **arguments)


def test_a_product_with_zeros_sends_back_numbers(tmp_path: Path) -> None:
    """Caffe's quick gradient of a product is top / bottom: NaN where a bottom is 0, as behind a ReLU."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        'input: "data" input_shape { dim: 1 dim: 3 dim: 2 dim: 5 }\n'
        'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }\n'
        'layer { name: "gate" type: "Eltwise" bottom: "relu" bottom: "data" top: "gate"'
        " eltwise_param { operation: PROD } }\n"
    )
    batch = np.linspace(-2, 2, 30, dtype=np.float32).reshape(1, 3, 2, 5)
    found = backproject(Subject(path), batch, "gate", np.ones_like(batch))
    assert found == pytest.approx(np.where(batch > 0, 2 * batch, 0))
