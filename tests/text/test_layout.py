"""Edits in the style of the file: each case is a text before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycaffe_ext.text import Document
from pycaffe_ext.text.layout import New, insert_after, insert_first, quoted, remove, remove_block, render, replace

BLOCK = New("param", [New("lr_mult", "0")])

INSERT_AFTER_TOP = {
    "lines, two spaces": (
        'layer {\n  top: "a"\n  p {\n    x: 1\n  }\n}\n',
        'layer {\n  top: "a"\n  param {\n    lr_mult: 0\n  }\n  p {\n    x: 1\n  }\n}\n',
    ),
    "tabs, no space before the brace or behind the colon": (
        'layer{\n\ttop:"a"\n\tp{\n\t\tx:1\n\t}\n}',
        'layer{\n\ttop:"a"\n\tparam{\n\t\tlr_mult:0\n\t}\n\tp{\n\t\tx:1\n\t}\n}',
    ),
    "carriage returns, comment behind": (
        'layer {\r\n    top: "a" # c\r\n}\r\n',
        'layer {\r\n    top: "a" # c\r\n    param {\r\n        lr_mult: 0\r\n    }\r\n}\r\n',
    ),
    "like a block of the same name elsewhere": (
        'layer {\n  top: "a"\n}\nlayer {\n  param { lr_mult: 1 }\n}\n',
        'layer {\n  top: "a"\n  param { lr_mult: 0 }\n}\nlayer {\n  param { lr_mult: 1 }\n}\n',
    ),
    "layer on one line": ('layer { top: "a" type: "b" }', 'layer { top: "a" param { lr_mult: 0 } type: "b" }'),
    "last on a line that it shares": (
        'layer { name: "n" top: "a"\n  p { x: 1 }\n}\n',
        'layer { name: "n" top: "a" param { lr_mult: 0 }\n  p { x: 1 }\n}\n',
    ),
    "separators": ('layer { top: "a"; type: "b"; }', 'layer { top: "a"; param { lr_mult: 0 } type: "b"; }'),
    "angles and colon": (
        'layer: <\n top: "a"\n p: <\n  x: 1\n >\n>\n',
        'layer: <\n top: "a"\n param: <\n  lr_mult: 0\n >\n p: <\n  x: 1\n >\n>\n',
    ),
    "braces on lines of their own": (
        'layer\n{\n  top: "a"\n  p\n  {\n    x: 1\n  }\n}\n',
        'layer\n{\n  top: "a"\n  param\n  {\n    lr_mult: 0\n  }\n  p\n  {\n    x: 1\n  }\n}\n',
    ),
    "nothing to learn the style from": ('top: "a"', 'top: "a"\nparam {\n  lr_mult: 0\n}'),
}


@pytest.mark.parametrize("case", INSERT_AFTER_TOP)
def test_insert_after(case: str) -> None:
    before, after = INSERT_AFTER_TOP[case]
    document = Document(before)
    message = next(iter(document.root.messages("layer")), document.root)
    edit = insert_after(document, message.named("top")[0], [BLOCK], message.fields)
    assert document.apply([edit]).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p {\n  x: 1\n}", "p {\n  lr_mult: 0\n  x: 1\n}"),
        ("p { x: 1 }", "p { lr_mult: 0 x: 1 }"),
        ("p {}", "p { lr_mult: 0 }"),
        ("p { }", "p { lr_mult: 0 }"),
        ("p {\n\t# nothing\n}", "p { lr_mult: 0\n\t# nothing\n}"),
        ("p {\r\n\tx:1\r\n}", "p {\r\n\tlr_mult:0\r\n\tx:1\r\n}"),
    ],
)
def test_insert_first(before: str, after: str) -> None:
    document = Document(before)
    assert document.apply([insert_first(document, document.root.messages("p")[0], New("lr_mult", "0"))]).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n"),
        ("a: 1\r\n  b: 2\r\nc: 3\r\n", "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb: 2 # why\nc: 3\n", "a: 1\n# why\nc: 3\n"),
        ("a: 1 b: 2 c: 3", "a: 1 c: 3"),
        ("a: 1; b: 2; c: 3;", "a: 1; c: 3;"),
        ("a: 1 b: 2\nc: 3", "a: 1\nc: 3"),
        ("a: 1\nb: 2", "a: 1\n"),
        ("b: 2", ""),
        ("a: 1\nb {\n  x: 1\n}\nc: 3", "a: 1\nc: 3"),
    ],
)
def test_remove(before: str, after: str) -> None:
    document = Document(before)
    assert document.apply([remove(document, document.root.named("b")[0])]).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n\nb {\n} # end of b\n\nc: 3", "a: 1\n\nc: 3"),
        ("a: 1\nb {\n}\nc: 3", "a: 1\nc: 3"),
        ("a: 1 b { } c: 3", "a: 1 c: 3"),
        ("a: 1\nb { } # last", "a: 1\n"),
    ],
)
def test_remove_block(before: str, after: str) -> None:
    document = Document(before)
    assert document.apply([remove_block(document, document.root.named("b")[0])]).text == after


def test_replace_keeps_comments_between_the_parts_of_a_value() -> None:
    document = Document('a: "x" # one\n   "y" # two\nb: - 1')
    edits = [edit for name in "ab" for edit in replace(document.root.scalars(name)[0], "0")]
    assert document.apply(edits).text == "a: 0 # one\n    # two\nb: 0 "


@pytest.mark.parametrize("value", ["plain", 'a"b', "a'b", "a\\b", "two\nlines", "层"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_reads_back(value: str, quote: str) -> None:
    like = Document(f"x: {quote}{quote}").root.scalars("x")[0]
    written = quoted(value, like=like)
    assert written[0] == quote
    assert Document(f"x: {written}").root.text_of("x") == value


def test_one_line_message_in_a_file_of_long_ones() -> None:
    document = Document("p\n{\n    x: 1\n}\n")
    new = New("p", [New("q", [New("x", "1"), New("x", "2")], one_line=True)])
    assert render(document, new, document.root.fields, "  ") == "  p\n  {\n      q { x: 1 x: 2 }\n  }"


def test_style_is_found_in_real_files() -> None:
    folder = Path(__file__).parent / "files"
    expected = {"tabs": "\tparam {\n\t\tlr_mult: 0\n\t}", "single_quotes": "\tparam { lr_mult: 0 }"}
    for name, text in expected.items():
        assert render(Document.read(folder / f"{name}.prototxt"), BLOCK, (), "\t") == text
