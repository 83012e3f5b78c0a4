"""Nets that give each pixel a class: scores, what their output's numbers give away, pictures."""

from .picture import dense_picture
from .scores import DenseScores, Labels, confusion

__all__ = ["DenseScores", "Labels", "confusion", "dense_picture"]
