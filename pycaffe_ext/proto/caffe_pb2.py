"""Caffe's messages (NetParameter, LayerParameter, Datum, ...) and enum values (TRAIN, TEST), as in pycaffe.

They are built from caffe.desc in a descriptor pool of their own, so that a real pycaffe, which registers
the same names in the default pool, can be imported in the same process, before or after.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import enum_type_wrapper

_pool = descriptor_pool.DescriptorPool()
_set = descriptor_pb2.FileDescriptorSet.FromString(files(__package__).joinpath("caffe.desc").read_bytes())
for _file in _set.file:
    _pool.Add(_file)
DESCRIPTOR = _pool.FindFileByName(_set.file[0].name)

for _name, _message in DESCRIPTOR.message_types_by_name.items():
    globals()[_name] = message_factory.GetMessageClass(_message)
for _name, _enum in DESCRIPTOR.enum_types_by_name.items():
    globals()[_name] = enum_type_wrapper.EnumTypeWrapper(_enum)
    globals().update({_value.name: _value.number for _value in _enum.values})


def __getattr__(name: str) -> Any:  # only reached for names that are not there; tells mypy that all are Any
    raise AttributeError(f"module 'caffe_pb2' has no attribute '{name}'")
