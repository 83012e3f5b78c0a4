"""A prototxt file: its text, its tree of fields, and what edits make of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from os import PathLike
from pathlib import Path

from ..atomic import write_bytes
from ..errors import FileError, PrototxtError
from . import edits as _edits
from .edits import Edit
from .nodes import Field, Message, walk
from .parser import parse
from .scanner import error_at, position, scan


class Document:
    """A prototxt, never changed in place: `apply` gives a new one.

    `text` holds every byte: what is not UTF-8 is kept as lone surrogates (Python's "surrogateescape").
    `root` is the message of all fields; `comments` are in file order.
    """

    def __init__(self, text: str, file: str = "<text>") -> None:
        """Raises PrototxtError with file, line and column where `text` is not prototxt."""
        self.text, self.file = text, file
        tokens = scan(text)
        self.comments = [token for token in tokens if token.kind == "comment"]
        self.root: Message = parse(text, tokens, file)

    @classmethod
    def from_bytes(cls, content: bytes, file: str = "<text>") -> Document:
        """Raises PrototxtError where `content` is not prototxt."""
        if b"\0" in content:
            raise PrototxtError("is binary or UTF-16, not a prototxt in ASCII or UTF-8", file=file)
        return cls(content.decode("utf-8", "surrogateescape"), file)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Document:
        """Raises FileError where the file cannot be read, PrototxtError where it is not prototxt."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise FileError(path, f"cannot be read: {error.strerror or error}") from error
        return cls.from_bytes(content, str(path))

    def to_bytes(self) -> bytes:
        """The bytes of the file; those that were read, where nothing was edited."""
        return self.text.encode("utf-8", "surrogateescape")

    def write(self, path: str | PathLike[str]) -> None:
        """Writes the file, whole or not at all. Raises FileError."""
        write_bytes(path, self.to_bytes())

    def apply(self, edits: Iterable[Edit]) -> Document:
        """The document with these edits done, read anew. Raises ValueError where they overlap."""
        return Document(_edits.apply(self.text, edits), self.file)

    @cached_property
    def examples(self) -> dict[str, Field]:
        """The first message field of each name, whatever its depth, and under "" the first inside another."""
        found: dict[str, Field] = {}
        for around, field in walk(self.root):
            if field.values and isinstance(field.values[0], Message):
                found.setdefault(field.name, field)
                if around:
                    found.setdefault("", field)
        return found

    @cached_property
    def newline(self) -> str:
        """The line ending that most lines have."""
        return "\r\n" if 2 * self.text.count("\r\n") > self.text.count("\n") else "\n"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset into `text`, both from 1."""
        return position(self.text, offset)

    def error(self, offset: int, problem: str) -> PrototxtError:
        """A PrototxtError that names file, line and column of an offset."""
        return error_at(self.text, offset, problem, self.file)
