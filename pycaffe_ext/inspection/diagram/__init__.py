"""A net's text as a diagram: what flows where, what is frozen, how large everything is."""

from .boxes import Box, boxes_of
from .drawing import diagram

__all__ = ["Box", "boxes_of", "diagram"]
