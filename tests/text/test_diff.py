from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycaffe_ext.text import Document
from pycaffe_ext.text.diff import unified_diff

LAYER = """layer {{
  name: "conv{0}"
  param {{
    lr_mult: {1}
    decay_mult: 1
  }}
  param {{
    lr_mult: {2}
  }}
}}
"""


def changed(before: str, after: str) -> list[str]:
    lines = list(unified_diff(Document(before), Document(after)))
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_only_the_lines_meant_show_in_a_long_file() -> None:
    before = "".join(LAYER.format(i, 1, 2) for i in range(200))
    after = "".join(LAYER.format(i, 1, 2) if i % 50 else LAYER.format(i, 0, 0) for i in range(200))
    assert (
        changed(before, after)
        == ["-    lr_mult: 1\n", "+    lr_mult: 0\n", "-    lr_mult: 2\n", "+    lr_mult: 0\n"] * 4
    )


def test_no_change_shows_nothing() -> None:
    assert list(unified_diff(Document("a: 1"), Document("a: 1"))) == []


def test_missing_line_end_is_said() -> None:
    assert changed("a: 1", "a: 1\n") == ["-a: 1\n\\ No newline at end of file\n", "+a: 1\n"]


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
@pytest.mark.parametrize("end", ["\n", "", "\r\n"])
def test_patch_takes_it(tmp_path: Path, end: str) -> None:
    line = "\r\n" if end == "\r\n" else "\n"
    before = Document(line.join(f"a: {i % 7}" for i in range(60)) + end, "net")
    after = Document(line.join(f"a: {i % 5}" for i in range(3, 55)) + "\n", "net")
    (tmp_path / "net").write_bytes(before.to_bytes())
    diff = "".join(unified_diff(before, after)).encode()
    subprocess.run(["patch", "--binary", "-s", "net"], input=diff, cwd=tmp_path, check=True)
    assert (tmp_path / "net").read_bytes() == after.to_bytes()


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_both_texts_are_in_the_whole_diff(old: list[str], new: list[str]) -> None:
    texts = ["".join(f"{name}: 1\n" for name in names) for names in (old, new)]
    lines = list(unified_diff(Document(texts[0]), Document(texts[1]), context=1000))[3:]
    if texts[0] != texts[1]:
        assert "".join(line[1:] for line in lines if line[0] in " -") == texts[0]
        assert "".join(line[1:] for line in lines if line[0] in " +") == texts[1]
    else:
        assert not lines
