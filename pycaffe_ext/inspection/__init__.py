"""Looking inside a trained net: scores of dense predictions, their pictures, and reports to hand on."""

from .dense import DenseScores, confusion, dense_picture
from .report import Report

__all__ = ["DenseScores", "Report", "confusion", "dense_picture"]
