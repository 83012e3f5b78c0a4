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
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text. `kind`: space, comment, string, number, name, mark; other: what has no place in prototxt."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def scan(text: str) -> list[Token]:
    """All tokens of any text, in order, without a gap."""
    return [Token(found.lastgroup or "", found.group(), found.start()) for found in _TOKEN.finditer(text)]


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of `offset`, both from 1; a column is a character, a byte order mark is none."""
    line_start = text.rfind("\n", 0, offset) + 1
    mark = 1 if line_start == 0 and text.startswith("\ufeff") and offset > 0 else 0
    return text.count("\n", 0, offset) + 1, offset - line_start - mark + 1


def error_at(text: str, offset: int, problem: str, file: str) -> PrototxtError:
    """The error that names file, line and column of `offset`."""
    line, column = position(text, offset)
    return PrototxtError(problem, file=file, line=line, column=column)


def problem_of(token: Token, text: str) -> str:
    """Why a token is of kind other."""
    if token.text in "\"'":
        line = text[token.start :].partition("\n")[0].rstrip("\r")
        return f"the string {line[:40]} has no closing {token.text} on its line"
    shown = token.text if token.text.isprintable() else f"\\x{ord(token.text) & 0xFF:02x}"
    return f"'{shown}' means nothing here; names are ASCII letters, digits and _, comments start with #"
