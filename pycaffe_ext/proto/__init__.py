"""caffe.proto, its messages, files of them, and blobs as arrays."""

from . import caffe_pb2 as caffe_pb2
