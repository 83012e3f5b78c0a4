"""What a training left written: rows of numbers, from train.py's CSV log or from the text that caffe prints."""

from .rows import Row

__all__ = ["Row"]
