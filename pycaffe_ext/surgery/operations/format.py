"""The canonical layout: two blanks of indent, one field per line, short messages on one line, comments kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...text import Document, Edit, Field, Message, Scalar
from ...text.scanner import Token
from ..operation import Operation, Option, Request

__all__ = ["format_net"]

_WIDTH = 100
_INDENT = "  "


def format_net(document: Document) -> Iterator[Edit]:
    """Lays a prototxt out anew; values stay as they are written, comments where they stand, single empty lines too.

    A message of scalars alone goes on one line of at most 100 characters; `layer` never does. Lays out the result
    the same again.
    """
    lines = _Layout(document).lines()
    text = document.newline.join(lines) + document.newline if lines else ""
    if text != document.text:
        yield Edit(0, len(document.text), text)


class _Layout:
    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text
        self.comments = document.comments
        self.next = 0  # the first comment that is not written yet
        self.done: list[str] = []
        self.end = 0  # of what is written, in the old text

    def lines(self) -> list[str]:
        """Field by field; a stack and no recursion, since depth is the file's choice."""
        stack: list[tuple[Iterator[Field], int]] = [(iter(self.document.root.fields), -1)]
        while stack:
            field = next(stack[-1][0], None)
            indent = _INDENT * (len(stack) - 1)
            if field is None:
                _, end = stack.pop()
                if stack:
                    self.comments_before(end - 1, indent)
                    self.end = end
                    self.put("}", _INDENT * (len(stack) - 1), end, joined=True)
                continue
            self.comments_before(field.start, indent)
            messages = [value for value in field.values if isinstance(value, Message)]
            if messages and not self.fits(field, indent) and len(messages) == len(field.values) == 1:
                self.put(f"{field.name} {{", indent, field.start, until=messages[0].start + 1)
                stack.append((iter(messages[0].fields), messages[0].end))
            elif self.holds_comment(field):
                self.as_it_is(field, indent)
            else:
                self.put(_one_line(field), indent, field.start, until=field.stop)
        self.comments_before(len(self.text), "")
        return self.done

    def fits(self, field: Field, indent: str) -> bool:
        """Whether a message goes on one line."""
        inner = [value for message in field.values if isinstance(message, Message) for value in message.fields]
        plain = all(isinstance(value, Scalar) for one in inner for value in one.values)
        named = field.name not in ("layer", "layers") and not self.holds_comment(field)
        return named and plain and len(indent) + len(_one_line(field)) <= _WIDTH

    def holds_comment(self, field: Field) -> bool:
        return any(field.start <= one.start < field.stop for one in self.comments[self.next : self.next + 1])

    def comments_before(self, offset: int, indent: str) -> None:
        """Writes the comments up to an offset, behind the last line where they stand on it."""
        while self.next < len(self.comments) and self.comments[self.next].start < offset:
            comment = self.comments[self.next]
            self.next += 1
            behind = "\n" not in self.text[self.end : comment.start] and self.done
            if behind and not self.done[-1].lstrip().startswith("#"):
                self.done[-1] += f"  {comment.text.rstrip()}"
                self.end = comment.end
            else:
                self.put(comment.text.rstrip(), indent, comment.start, until=comment.end)

    def put(self, line: str, indent: str, start: int, until: int = -1, joined: bool = False) -> None:
        """Writes a line, after an empty one where the file has one or more there."""
        if not joined and self.done and self.text[self.end : start].count("\n") > 1 and not self.done[-1].endswith("{"):
            self.done.append("")
        self.done.append(indent + line)
        if until >= 0:
            self.end = until

    def as_it_is(self, field: Field, indent: str) -> None:
        """A list with comments between its values: its lines stay."""
        lines = self.text[field.start : field.end].split("\n")
        self.put(lines[0].rstrip(), indent, field.start, until=field.stop)
        self.done += [f"{indent}{_INDENT}{line.strip()}" if line.strip() != "]" else f"{indent}]" for line in lines[1:]]
        while self.next < len(self.comments) and self.comments[self.next].start < field.stop:
            self.next += 1


def _one_line(field: Field) -> str:
    parts = [_value(value) for value in field.values]
    if field.is_list:
        return f"{field.name}: [{', '.join(parts)}]"
    return f"{field.name}{' ' if isinstance(field.values[0], Message) else ': '}{parts[0]}"


def _value(value: Scalar | Message) -> str:
    if isinstance(value, Scalar):
        is_minus = value.pieces[0].text == "-"
        return "".join(_texts(value.pieces)) if is_minus else " ".join(_texts(value.pieces))
    inner = " ".join(_one_line(field) for field in value.fields)
    return f"{{ {inner} }}" if inner else "{ }"


def _texts(pieces: Sequence[Token]) -> list[str]:
    return [piece.text for piece in pieces]


class Format(Operation):
    """The canonical layout."""

    options = (Option("--format", "lay the file out anew: indent, line breaks; values and comments stay"),)
    touches = frozenset()

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return format_net(document)


operation = Format()
