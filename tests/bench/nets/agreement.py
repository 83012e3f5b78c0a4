"""Whether the net written by hand is the net of the prototxt: python -m tests.bench.nets.agreement [NET ...]

Both deploy nets get the same random weights and image; the largest difference of their outputs is given as a fraction
of the largest output.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

import pycaffe_ext as caffe

from .case import FORWARD_1, Case, cases
from .worker import images

Pixels = npt.NDArray[np.float32]


def difference(case: Case) -> float:
    """The largest difference of outputs, relative to the largest output."""
    net = caffe.Net(case.prototxt(FORWARD_1), caffe.TEST)
    pixels = images(case.shape(FORWARD_1))
    _randomise(net, pixels)
    model = case.module().eval()
    _take(model, (torch.from_numpy(blob.data) for blobs in net.params.values() for blob in blobs))
    (ours,) = net.forward(data=pixels).values()
    with torch.inference_mode():
        by_hand = model(torch.from_numpy(pixels)).numpy()
    assert ours.shape == by_hand.shape, (ours.shape, by_hand.shape)
    return float(np.abs(ours - by_hand).max() / np.abs(by_hand).max())


def _randomise(net: caffe.Net, pixels: Pixels) -> None:
    """Weights that keep the size of what passes through, other parameters around 1; the last layer's scores within
    -1..1, since larger ones leave one class with all of the probability."""
    random = np.random.RandomState(2)
    for blob in (blob for blobs in net.params.values() for blob in blobs):
        spread = (2 / blob.data[0].size) ** 0.5 if blob.data.ndim > 1 else 0.2
        blob.data[...] = random.normal(blob.data.ndim == 1, spread, blob.data.shape)
    net.forward(data=pixels)
    last = list(net.params)[-1]
    largest = np.abs(net.blobs[net.top_names[last][0]].data).max()
    for blob in net.params[last]:
        blob.data[...] /= largest


def _take(model: nn.Module, blobs: Iterator[torch.Tensor]) -> None:
    """Copies a Caffe net's parameters, in the order of its layers, into the modules that it has, in theirs."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                mean, variance, factor, weight, bias = (next(blobs) for _ in range(5))
                for mine, theirs in ((module.running_mean, mean), (module.running_var, variance)):
                    mine.copy_(theirs / factor)
                module.weight.copy_(weight)
                module.bias.copy_(bias)
            elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                for mine in module.parameters():
                    theirs = next(blobs, None)
                    if theirs is None:  # side heads, which come last and are not in the deploy net
                        return
                    mine.copy_(theirs.reshape(mine.shape) if mine.numel() == theirs.numel() else theirs)
    assert next(blobs, None) is None


if __name__ == "__main__":
    for name in sys.argv[1:] or cases():
        print(f"{name}: {difference(cases()[name]):.1e}")
