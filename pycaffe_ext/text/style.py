"""How a file is written: indent, spaces around braces and colons, messages on one line or several."""

from __future__ import annotations

import re
from typing import NamedTuple

from .document import Document
from .nodes import Field, Message, Scalar, walk

_PLAIN_OPENING = re.compile(r"\s*:?\s*[{<]")
_PLAIN_COLON = re.compile(r"[ \t]*:[ \t]*")


class Style(NamedTuple):
    """What to put between a name and its brace or value, and how deep to indent."""

    opening: str = " {"
    colon: str = ": "
    pad: str = " "  # inside the braces of a message on one line
    unit: str = "  "
    one_line: bool = False

    @property
    def closing(self) -> str:
        return ">" if self.opening.endswith("<") else "}"


def style_of(document: Document, example: Field) -> Style:
    """The style of a message field of `document`."""
    text, message = document.text, example.values[0]
    if not isinstance(message, Message):
        raise TypeError(f"field '{example.name}' is no message")
    plain = Style()
    opening = text[example.start + len(example.name) : message.start + 1]
    inner = message.fields
    pad = text[message.start + 1 : inner[0].start] if inner else plain.pad
    one_line = "\n" not in text[message.start : message.end]
    deeper = "" if one_line or not inner else _deeper(document, example, inner[0])
    return Style(
        opening if _PLAIN_OPENING.fullmatch(opening) else plain.opening,
        next((colon for field in inner if (colon := _colon(text, field))), plain.colon),
        pad if not pad.strip(" \t") else plain.pad,
        deeper or _indent_unit(document) or plain.unit,
        one_line,
    )


def indent_at(text: str, offset: int) -> str | None:
    """The white space before `offset` where nothing else stands before it on its line, else None."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset].removeprefix("\ufeff")
    return None if before.strip(" \t") else before


def _indent_unit(document: Document) -> str:
    """The first indent found in the file; empty where nothing is indented."""
    for around, field in walk(document.root):
        if around and (unit := _deeper(document, around[-1], field)):
            return unit
    return ""


def _deeper(document: Document, outer: Field, inner: Field) -> str:
    """How much deeper `inner` is indented than `outer`; empty where it is not, or does not start its line."""
    base, indent = indent_at(document.text, outer.start), indent_at(document.text, inner.start)
    if base is None or indent is None or not indent.startswith(base):
        return ""
    return indent[len(base) :]


def _colon(text: str, field: Field) -> str:
    if field.is_list or not isinstance(field.values[0], Scalar):
        return ""
    between = text[field.start + len(field.name) : field.values[0].start]
    return between if _PLAIN_COLON.fullmatch(between) else ""
