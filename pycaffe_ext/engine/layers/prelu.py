"""PReLU: x above zero, a learned slope times x below (He et al. 2015); one slope per channel, or one for all."""

from __future__ import annotations

from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("PReLU")
class PReLU(Layer):
    rereads = True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [functional.prelu(bottoms[0], params[0].reshape(-1))]
