"""`python -m pycaffe_ext`: the commands of the C++ tool `caffe`, and `run` for scripts that import caffe."""
