"""caffe.proto, its messages, files of them, and blobs as arrays."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:  # so that reading an LMDB needs no protobuf
    if name == "caffe_pb2":
        return import_module(f"{__name__}.caffe_pb2")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
