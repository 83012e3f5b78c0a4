"""Changes as spans over a text: positions always refer to the text before any of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """Put `text` in place of text[start:end]. start == end inserts, an empty text deletes."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits done; those at one place stay in the order given. No edits: the same text.

    Raises ValueError for edits that overlap each other or the text's ends.
    """
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not done <= edit.start <= edit.end <= len(text):
            raise ValueError(f"edit {edit} overlaps the one before it (to {done}) or the text's end ({len(text)})")
        parts += (text[done : edit.start], edit.text)
        done = edit.end
    parts.append(text[done:])
    return "".join(parts)
