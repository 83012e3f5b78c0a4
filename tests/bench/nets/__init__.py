"""The nets of `python -m tests.bench nets`: each as prototxt and, beside it, written by hand in PyTorch."""
