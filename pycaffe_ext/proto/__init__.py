"""caffe.proto, its messages, files of them, and blobs as arrays."""
