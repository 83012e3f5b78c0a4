"""Layers of our own that any Caffe runs as Python layers: python_param { module: "pycaffe_ext.layers" layer: "..." }.

In real Caffe the folder that pycaffe_ext lies in must be in PYTHONPATH; Python 3.9, numpy, lmdb and cv2 (opencv) are
all that it needs. The torch engine has them built in, so that nets with them run without --allow-python.
"""

from .paired_data import PairedData as PairedData
