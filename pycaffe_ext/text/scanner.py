"""Cuts a prototxt into tokens whose join is the text, character for character."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import PrototxtError

# protobuf's own rules; strings do not cross line ends, a comment runs to the line feed, "1." and "1f" are numbers
_TOKEN = re.compile(
    r"""
      (?P<space> \A\ufeff[ \t\r\n\v\f]* | [ \t\r\n\v\f]+ )
    | (?P<comment> \#[^\n]* )
    | (?P<string> "[^"\\\n]*(?:\\.[^"\\\n]*)*" | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
    | (?P<number> 0[xX][0-9a-fA-F]+ | (?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]? )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<mark> [{}<>\[\]:;,.\-/] )
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of the text. `kind`: space, comment, string, number, name or mark."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def scan(text: str, file: str = "<text>") -> list[Token]:
    """All tokens of `text`, in order, without a gap. Raises PrototxtError where no token fits."""
    tokens: list[Token] = []
    offset = 0
    match_next = _TOKEN.scanner(text).match  # type: ignore[attr-defined]  # known to re, not to its stubs
    while offset < len(text):
        found = match_next()
        if found is None:
            raise error_at(text, offset, _problem(text, offset), file)
        tokens.append(Token(found.lastgroup, found.group(), offset))
        offset = found.end()
    return tokens


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of `offset`, both from 1; a column is a character, a byte order mark is none."""
    line_start = text.rfind("\n", 0, offset) + 1
    mark = 1 if line_start == 0 and text.startswith("\ufeff") and offset > 0 else 0
    return text.count("\n", 0, offset) + 1, offset - line_start - mark + 1


def error_at(text: str, offset: int, problem: str, file: str) -> PrototxtError:
    """The error that names file, line and column of `offset`."""
    line, column = position(text, offset)
    return PrototxtError(problem, file=file, line=line, column=column)


def _problem(text: str, offset: int) -> str:
    character = text[offset]
    if character in "\"'":
        line = text[offset:].partition("\n")[0].rstrip("\r")
        return f"the string {line[:40]} has no closing {character} on its line"
    if not character.isprintable():
        character = f"\\x{ord(character) & 0xFF:02x}"
    return f"'{character}' means nothing here; names are ASCII letters, digits and _, comments start with #"
