"""Genuine BVLC Caffe, driven in a process of its own: wherever there is a Python with pycaffe."""

from .launch import Place
from .process import CheckFailed, RealCaffe, WorkerDied

__all__ = ["CheckFailed", "Place", "RealCaffe", "WorkerDied"]
