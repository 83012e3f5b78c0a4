"""Caffe on torch: blobs, layers, nets, solvers."""
