"""What a net costs, from shapes alone: multiplications and memory, layer by layer."""

from .batch import with_batch
from .cost import Cost, LayerCost, cost_of

__all__ = ["Cost", "LayerCost", "cost_of", "with_batch"]
