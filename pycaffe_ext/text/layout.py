"""Edits that put fields in, take them out and change their values, in the style of the file around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .document import Document
from .edits import Edit
from .nodes import Field, Message, Scalar
from .style import Style, indent_at, style_of


class New(NamedTuple):
    """A field to write: its name, and a scalar as written or the fields of a message.

    A message with `one_line` goes on one line; else it looks like its like in the file.
    """

    name: str
    content: str | Sequence[New]
    one_line: bool = False


def quoted(value: str, like: Scalar | None = None) -> str:
    """`value` as a string of prototxt, in the quotes that `like` has."""
    quote = like.text[0] if like is not None and like.is_string else '"'
    escaped = value.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n").replace("\r", "\\r")
    return quote + escaped + quote


def replace(scalar: Scalar, text: str) -> Iterator[Edit]:
    """Writes `text` for a scalar; comments between its pieces stay."""
    first, *others = scalar.pieces
    yield Edit(first.start, first.end, text)
    for piece in others:
        yield Edit(piece.start, piece.end, "")


def insert_after(document: Document, field: Field, new: Sequence[New], among: Sequence[Field]) -> Edit:
    """Puts fields behind `field`: on lines of their own where it has its own, else on its line.

    `among`: the fields of the message around, which show the style.
    """
    text = document.text
    indent = indent_at(text, field.start)
    line_end = _line_end(text, field.stop)
    if indent is None or text[field.stop : line_end].lstrip()[:1] not in ("", "#"):
        apart = " " if text[field.stop : field.stop + 1].isalnum() or text[field.stop : field.stop + 1] == "_" else ""
        return Edit(field.stop, field.stop, "".join(" " + _one_line(document, one, among) for one in new) + apart)
    at = line_end - text[field.stop : line_end].endswith("\r")
    return Edit(at, at, "".join(document.newline + render(document, one, among, indent) for one in new))


def insert_first(document: Document, message: Message, new: New) -> Edit:
    """Puts a field at the head of a message, on a line of its own where its first field has one."""
    if not message.fields:
        at = message.start + 1
        return Edit(at, at, f" {_one_line(document, new, ())}" + " " * (document.text[at] in "}>"))
    first = message.fields[0]
    indent = indent_at(document.text, first.start)
    if indent is None:
        return Edit(first.start, first.start, _one_line(document, new, message.fields) + " ")
    written = render(document, new, message.fields, indent).removeprefix(indent)
    return Edit(first.start, first.start, written + document.newline + indent)


def remove(document: Document, field: Field) -> Edit:
    """Takes a field out, and its lines where nothing else is on them. A comment behind it stays."""
    text = document.text
    line_end = _line_end(text, field.stop)
    behind = text[field.stop : line_end]
    indent = indent_at(text, field.start)
    if behind.strip():
        return Edit(field.start, field.stop + len(behind) - len(behind.lstrip()), "")
    if indent is not None:
        return Edit(field.start - len(indent), min(line_end + 1, len(text)), "")
    line = text[text.rfind("\n", 0, field.start) + 1 : field.start]
    return Edit(field.start - len(line) + len(line.rstrip(" \t")), field.stop, "")


def remove_block(document: Document, field: Field) -> Edit:
    """Takes a field out with the comment behind it on its line, and with one empty line after it."""
    text = document.text
    line_end = _line_end(text, field.stop)
    indent = indent_at(text, field.start)
    if indent is None or text[field.stop : line_end].lstrip()[:1] not in ("", "#"):
        return remove(document, field)
    end = min(line_end + 1, len(text))
    next_end = _line_end(text, end)
    if not text[end:next_end].strip():
        end = min(next_end + 1, len(text))
    return Edit(field.start - len(indent), end, "")


def render(document: Document, new: New, among: Sequence[Field], indent: str) -> str:
    """The lines of a new field, without the last line's end, written as its like in the file is."""
    style = _style_for(document, new.name, among)
    return "\n".join(_lines(new, style, indent)).replace("\n", document.newline)


def _one_line(document: Document, new: New, among: Sequence[Field]) -> str:
    return _lines(new._replace(one_line=True), _style_for(document, new.name, among), "")[0]


def _style_for(document: Document, name: str, among: Sequence[Field]) -> Style:
    """From the nearest example: a message of that name beside it or in the file, any beside it, any."""
    beside = [field for field in among if field.values and isinstance(field.values[0], Message)]
    named = next((field for field in reversed(beside) if field.name == name), document.examples.get(name))
    example = named or (
        beside[0] if beside else document.examples.get("") or next(iter(document.examples.values()), None)
    )
    return style_of(document, example) if example else Style()


def _lines(new: New, style: Style, indent: str) -> list[str]:
    name, content, one_line = new
    if isinstance(content, str):
        return [f"{indent}{name}{style.colon}{content}"]
    if one_line or style.one_line:
        style = style._replace(one_line=True, opening=re.sub(r"\s*\n\s*", " ", style.opening))
        inner = " ".join(_lines(one, style, "")[0] for one in content)
        return [f"{indent}{name}{style.opening}{style.pad}{inner}{style.pad}{style.closing}"]
    opening = style.opening if "\n" not in style.opening else f"\n{indent}{style.opening.strip()}"
    lines = [f"{indent}{name}{opening}"]
    for one in content:
        lines += _lines(one, style, indent + style.unit)
    return [*lines, f"{indent}{style.closing}"]


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found
