"""Messages in files: text (prototxt) and binary (caffemodel, solverstate, binaryproto)."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import message as protobuf_message
from google.protobuf import text_format

from ..atomic import write_bytes
from ..errors import FileError, PrototxtError

AnyPath = str | PathLike[str]
M = TypeVar("M", bound=protobuf_message.Message)

_POSITION = re.compile(r"^(\d+):(\d+) : ?(.*)$", re.DOTALL)


def read_bytes(path: AnyPath) -> bytes:
    """The file's bytes. Raises FileError with what is wrong."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error
    except (ValueError, MemoryError) as error:  # a NUL in the name; more bytes than there is memory
        raise FileError(path, f"cannot be read: {error or 'it does not fit in memory'}") from error


def parse_text(text: str, message: M, *, file: str = "<text>") -> M:
    """Reads prototxt into an empty `message` and returns it. Raises PrototxtError with line and column.

    As in Caffe, a field that is not repeated may be given once.
    """
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        found = _POSITION.match(str(error))
        if not found:
            raise PrototxtError(str(error), file=file) from error
        line, column, problem = int(found[1]), int(found[2]), found[3].strip()
        raise PrototxtError(problem, file=file, line=line, column=column) from error
    if missing := message.FindInitializationErrors():
        raise PrototxtError(f"lacks {', '.join(missing)}", file=file)
    return message


def read_text(path: AnyPath, message: M) -> M:
    """Reads a prototxt file into an empty `message` and returns it. Raises FileError, PrototxtError."""
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    return parse_text(content.decode("utf-8", errors="replace"), message, file=str(path))


def read_binary(path: AnyPath, message: Any) -> Any:
    """Parses a binary file (caffemodel, solverstate, binaryproto) into `message` and returns it.

    Raises FileError when the file is absent, or is not such a message (truncated, another kind).
    """
    content = read_bytes(path)
    try:
        message.ParseFromString(content)
    except protobuf_message.DecodeError as error:
        kind = message.DESCRIPTOR.name
        raise FileError(path, f"is not a binary {kind}: truncated, or a file of another kind") from error
    _make_text(message)
    return message


def _make_text(message: Any) -> None:
    """Names that are not UTF-8, which protobuf leaves as bytes, as read_text would give them."""
    for field, value in message.ListFields():
        if field.message_type:
            for one in (value,) if isinstance(value, protobuf_message.Message) else value:
                _make_text(one)
        elif field.type == field.TYPE_STRING:
            if isinstance(value, str | bytes):
                setattr(message, field.name, _text(value))
            else:
                value[:] = [_text(one) for one in value]


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def write_text(path: AnyPath, message: Any) -> None:
    """Writes `message` as prototxt, whole or not at all."""
    write_bytes(path, text_format.MessageToString(message).encode())


def write_binary(path: AnyPath, message: Any) -> None:
    """Writes `message` in binary, whole or not at all. Raises FileError."""
    try:
        content = message.SerializeToString()
    except (ValueError, protobuf_message.EncodeError) as error:
        raise FileError(path, "cannot be written: a protobuf file holds at most 2 GB; use HDF5") from error
    write_bytes(path, content)
