"""Rows from events."""

from __future__ import annotations

import pytest

from pycaffe_ext import jobs
from pycaffe_ext.jobs.history import History
from pycaffe_ext.logs.rows import MOST_VALUES, Row, named

LOSS = jobs.Output("loss", 0.5, 2)
ACCURACY = jobs.Output("accuracy", 0.75, 0)


def test_outputs_of_several_numbers_are_counted() -> None:
    outputs = [ACCURACY, *(jobs.Output("per_class", value, 0) for value in (0.1, 0.2))]
    assert named(outputs) == {"accuracy": 0.75, "per_class[0]": 0.1, "per_class[1]": 0.2}


def test_a_blob_of_very_many_numbers_is_no_score() -> None:
    many = [jobs.Output("score", float(i), 0) for i in range(MOST_VALUES + 1)]
    assert named([*many, LOSS]) == {"loss": 0.5}
    assert len(named(many[1:])) == MOST_VALUES


@pytest.mark.parametrize(
    ("event", "row"),
    [
        (jobs.Stepped(4, 1.5, 1.25, 0.1, True, (LOSS,)), ("train", None, 0.1, 1.25, {"loss": 0.5})),
        (jobs.Stepped(4, 1.5, 1.25, 0.1, False, ()), None),
        (jobs.Testing(4, 1), None),
        (jobs.Tested(4, 1, (ACCURACY, LOSS), None), ("test", 1, None, 1.0, {"accuracy": 0.75, "loss": 0.5})),
        (jobs.Tested(4, 1, (ACCURACY, LOSS), 3.0), ("test", 1, None, 3.0, {"accuracy": 0.75, "loss": 0.5})),
        (jobs.Tested(4, 0, (ACCURACY,), None), ("test", 0, None, None, {"accuracy": 0.75})),
        (jobs.LastPass(4, 1.5), ("train", None, None, 1.5, {})),
        (jobs.Finished(4, True), None),
    ],
)
def test_which_events_become_rows(event: jobs.Event, row: tuple[object, ...] | None) -> None:
    handed_on: list[Row] = []
    history = History(on_row=[handed_on.append])
    history(event)
    assert [(r.phase, r.net, r.rate, r.total_loss, r.outputs) for r in history.rows] == ([] if row is None else [row])
    assert handed_on == history.rows


def test_seconds_go_on_from_the_kept_rows() -> None:
    history = History([Row(0, 100.0, "train", None, 0.1, 1.0)])
    history(jobs.LastPass(4, 1.5))
    assert 100 <= history.rows[1].seconds < 110
