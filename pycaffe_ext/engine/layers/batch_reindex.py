"""BatchReindex: items of the batch in the order that the second bottom tells; they may repeat or be left out."""

from __future__ import annotations

from ..indices import indices
from ..layer import Layer, Tensors, layer


@layer("BatchReindex")
class BatchReindex(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, order = bottoms
        # floor: Caffe refuses a negative index before it cuts it to a whole number
        return [x.index_select(0, indices(self, order.floor(), x.shape[0], "index"))]
