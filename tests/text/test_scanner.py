from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycaffe_ext.text.scanner import position, scan

PIECES = [
    "layer",
    " {",
    "}\n",
    '"a"',
    "'b",
    "# c\n",
    "\r\n",
    "\t",
    "1.5e3",
    "-",
    "\\",
    "[",
    "]",
    ",",
    ":",
    "é",
    "\ufeff",
    "\0",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join))
def test_tokens_join_to_any_text(text: str) -> None:
    tokens = scan(text)
    assert "".join(token.text for token in tokens) == text
    assert [token.start for token in tokens] == [0, *(token.end for token in tokens)][: len(tokens)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("lr_mult:0.1", "name mark number"),
        ("1. .5 1e-3 2f 0x1F", "number space number space number space number space number"),
        ("-3", "mark number"),
        ('"a\\"b"', "string"),
        ("'a\"b'", "string"),
        ('"a\nb"', "other name space name other"),
        ("# {\n{", "comment space mark"),
        ("#a\r\nb", "comment space name"),
        ("\ufeff name", "space name"),
        ("a\ufeff", "name other"),
        ("10x", "number name"),
    ],
)
def test_kinds(text: str, kinds: str) -> None:
    assert " ".join(token.kind for token in scan(text)) == kinds


def test_position_counts_lines_and_characters_from_one() -> None:
    text = "\ufeffa\r\n\tbé c"
    assert position(text, text.index("a")) == (1, 1)
    assert position(text, text.index("b")) == (2, 2)
    assert position(text, text.index("c")) == (2, 5)
    assert position("\n", 1) == (2, 1)
