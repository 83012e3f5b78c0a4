"""The journal of a run that was killed, gone on with."""

from __future__ import annotations

from pathlib import Path

from pycaffe_ext.datasets.journal import NAME, Journal, read_journal


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path, tmp_path, "run", first=7)
    journal.note("skipped", 3, "why")
    journal.close()
    with (tmp_path / NAME).open("a") as file:
        file.write('["skipped", 4, "cut o')
    again = Journal(tmp_path, tmp_path, "run")
    assert (again.first, list(again.of("skipped"))) == (7, [[3, "why"]])
    again.note("skipped", 5, "later")
    again.close()
    assert read_journal(tmp_path, "run")[1:] == [["skipped", 3, "why"], ["skipped", 5, "later"]]
    assert read_journal(tmp_path, "another") == []
