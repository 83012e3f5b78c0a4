"""Caffe on torch: blobs, layers, nets, solvers."""

import os

# torch's threads else spin while they wait for work: where other processes want the cores too (a second training,
# tests, a data layer's decoding) that made a step of LeNet 20 times as slow. Read when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from ..allocation import keep_memory

keep_memory()
