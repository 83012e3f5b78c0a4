"""caffe.desc, from which the messages are made, against caffe.proto and against real Caffe's own descriptor."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import real_caffe
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet
from real_caffe import needs_real_caffe

from pycaffe_ext import proto

FOLDER = Path(proto.__file__).parent


def ours() -> FileDescriptorProto:
    (file,) = FileDescriptorSet.FromString((FOLDER / "caffe.desc").read_bytes()).file
    return file


def test_caffe_desc_is_what_caffe_proto_compiles_to(tmp_path: Path) -> None:
    protoc = pytest.importorskip("grpc_tools.protoc")
    out = tmp_path / "caffe.desc"
    assert protoc.main(["protoc", f"--proto_path={FOLDER}", f"--descriptor_set_out={out}", "caffe.proto"]) == 0
    assert out.read_bytes() == (FOLDER / "caffe.desc").read_bytes()


def facts(holder: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Name and content of each field and enum value below a file or message."""
    messages = holder.message_type if isinstance(holder, FileDescriptorProto) else holder.nested_type
    for enum in holder.enum_type:
        yield from enum_facts(enum, prefix)
    for message in messages:
        yield from message_facts(message, prefix)


def message_facts(message: DescriptorProto, prefix: str) -> Iterator[tuple[str, Any]]:
    name = f"{prefix}.{message.name}"
    yield name, "message"
    for field in message.field:
        fact = (field.number, field.type, field.label, field.type_name, field.default_value, field.options.packed)
        yield f"{name}.{field.name}", fact
    yield from facts(message, name)


def enum_facts(enum: EnumDescriptorProto, prefix: str) -> Iterator[tuple[str, Any]]:
    yield f"{prefix}.{enum.name}", "enum"
    for i, value in enumerate(enum.value):  # the first is the default where none is given
        yield f"{prefix}.{enum.name}.{value.name}", (value.number, i == 0)


@needs_real_caffe
def test_the_schema_is_that_of_real_caffe_and_the_raw_blobs_of_nvidia_s_fork() -> None:
    code = "import base64, caffe; print(base64.b64encode(caffe.proto.caffe_pb2.DESCRIPTOR.serialized_pb).decode())"
    with real_caffe.folder() as real:
        real_file = FileDescriptorProto.FromString(base64.b64decode(real.python(code).stdout))
    theirs = dict(facts(real_file, ""))
    mine = dict(facts(ours(), ""))

    assert {name: fact for name, fact in mine.items() if name in theirs} == theirs
    added = {name for name in mine if name not in theirs}
    assert added == {
        *(f".BlobProto.{name}" for name in ("raw_data_type", "raw_diff_type", "raw_data", "raw_diff", "RawType")),
        *(f".BlobProto.RawType.{name}" for name in ("DOUBLE", "FLOAT", "FLOAT16")),
    }
    assert (ours().package, ours().syntax) == (real_file.package, real_file.syntax)
