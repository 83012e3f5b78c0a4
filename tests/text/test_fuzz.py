"""Random edits, a few; `python tests/fuzz_text.py 100000 FOLDER` makes many over real files."""

from __future__ import annotations

from pathlib import Path

import fuzz_text
import pytest

from pycaffe_ext.errors import PrototxtError
from pycaffe_ext.text import Document, Edit
from pycaffe_ext.text.layout import New, insert_after


def test_random_edits_lose_nothing() -> None:
    nets = list(fuzz_text.documents([str(Path(__file__).parent / "files")]))
    assert len(nets) > 15
    assert fuzz_text.fuzz(nets, 1500, seed=1) == []


@pytest.mark.parametrize(
    ("edit", "added", "message"),
    [
        (Edit(0, 5, ""), 0, "2 values became 1, not 2"),
        (Edit(3, 8, "4 y: "), 0, "other values differ"),
        (Edit(0, 0, "y: 3 "), 1, ""),
        (Edit(4, 9, " x: 2 # c"), 0, ""),
        (Edit(5, 6, "# x"), -1, ""),
    ],
)
def test_the_fuzzer_finds_faults(edit: Edit, added: int, message: str) -> None:
    assert fuzz_text.problem(Document("a: 1 x: 2"), [edit], added) == message


def test_what_does_not_parse_is_a_fault() -> None:
    with pytest.raises(PrototxtError):
        fuzz_text.problem(Document("a: 1 x: 2"), [Edit(5, 6, "")], 0)


def test_a_field_between_fields_that_touch() -> None:
    document = Document("a{x:'1'y:2}b:3")
    field = document.root.messages("a")[0].fields[0]
    after = document.apply([insert_after(document, field, [New("new", "MAX")], [])])
    assert after.text == "a{x:'1' new:MAX y:2}b:3"
