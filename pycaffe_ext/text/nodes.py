"""What a prototxt is made of: fields whose values are scalars or messages, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .scanner import Token

_ESCAPE = re.compile(
    rb"""\\(?:([abfnrtv\\'"?])|[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})"""
    rb"""|u([0-9a-fA-F]{4})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))"""
)
_CONTROL = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


@dataclass(eq=False, slots=True)
class Scalar:
    """A number, name (true, MAX, ...) or string; `pieces` has more than one token for "a" "b" and for - 1."""

    pieces: list[Token]

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    @property
    def text(self) -> str:
        """The value as written, without what may stand between its pieces."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def is_string(self) -> bool:
        return self.pieces[0].kind == "string"

    @property
    def value(self) -> str:
        """A string's content without quotes and escapes; any other value as written."""
        if not self.is_string:
            return self.text
        content = "".join(piece.text[1:-1] for piece in self.pieces).encode("utf-8", "surrogateescape")
        return _ESCAPE.sub(_unescape, content).decode("utf-8", "surrogateescape")

    @property
    def number(self) -> float | None:
        """The value as a number; None for strings and names other than inf and nan."""
        text = self.text.lower()
        try:
            return float(int(text, 16)) if "x" in text else float(text.rstrip("f") if text[-1:] == "f" else text)
        except ValueError:
            return float(text) if text.lstrip("-") in ("inf", "nan", "infinity") else None

    @property
    def is_true(self) -> bool:
        """Whether protobuf reads the value as a true bool."""
        return self.text in ("true", "True", "t", "1")


@dataclass(eq=False, slots=True)
class Message:
    """Fields between braces; `start` and `end` include the braces. The root has none."""

    start: int
    end: int = -1
    fields: list[Field] = field(default_factory=list)

    def named(self, name: str) -> list[Field]:
        """The fields of that name, in order."""
        return [one for one in self.fields if one.name == name]

    def scalars(self, name: str) -> list[Scalar]:
        """All scalar values of a field, lists taken apart."""
        return [value for one in self.named(name) for value in one.values if isinstance(value, Scalar)]

    def messages(self, name: str) -> list[Message]:
        """All message values of a field, lists taken apart."""
        return [value for one in self.named(name) for value in one.values if isinstance(value, Message)]

    def scalar(self, name: str) -> Scalar | None:
        """The last scalar of that name, or None."""
        return next(reversed(self.scalars(name)), None)

    def message(self, name: str) -> Message | None:
        """The last message of that name, or None."""
        return next(reversed(self.messages(name)), None)

    def text_of(self, name: str, default: str = "") -> str:
        """The value of the last scalar of that name (Scalar.value), or `default`."""
        found = self.scalar(name)
        return default if found is None else found.value


Value = Scalar | Message


@dataclass(eq=False, slots=True)
class Field:
    """`name: value`, `name { ... }` or `name: [value, ...]`; `stop` is past the separator (, or ;), if any."""

    name: str
    start: int
    values: list[Value] = field(default_factory=list)
    is_list: bool = False
    end: int = -1
    stop: int = -1


def walk(root: Message) -> Iterator[tuple[list[Field], Field]]:
    """Every field below `root` in file order, with the fields around it, outermost first.

    That list is one and the same all the time, so that depth costs nothing: copy what is to be kept.
    """
    around: list[Field] = []
    stack = [iter(root.fields)]
    while stack:
        one = next(stack[-1], None)
        if one is None:
            stack.pop()
            if around:
                around.pop()
            continue
        yield around, one
        around.append(one)
        stack.append(iter([f for value in one.values if isinstance(value, Message) for f in value.fields]))


def _unescape(found: re.Match[bytes]) -> bytes:
    control, hexadecimal, octal, short, long = found.groups()
    if control is not None:
        return _CONTROL.get(control, control)
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    return chr(int(short or long, 16)).encode("utf-8", "surrogatepass")
