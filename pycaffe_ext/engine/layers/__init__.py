"""One file per Caffe layer type; layer.py finds them all."""
