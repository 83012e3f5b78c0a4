"""What the demo says of its runs follows from their numbers, whichever way they fall."""

from __future__ import annotations

from pathlib import Path

import pytest
from coins import play
from coins.play import Run, conclusion


def runs(*accuracies: float) -> list[Run]:
    """Last layer, conv5 and up, everything; each with and without mirror."""
    cases = [(learns, mirror) for learns in play.LEARNS for mirror in (True, False)]
    return [Run(learns, mirror, accuracy) for (learns, mirror), accuracy in zip(cases, accuracies, strict=True)]


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [
        (
            (0.5, 0.7, 0.52, 0.97, 0.48, 0.99),
            "So both matter. The mirror must go: with it on every run stays near chance, whatever learns;"
            " then, to pass 95%, conv5 and up must learn.",
        ),
        (
            (0.5, 0.7, 0.52, 0.90, 0.75, 0.99),
            "So both matter. The mirror must go; then, to pass 95%, everything must learn.",
        ),
        (
            (0.5, 0.96, 0.5, 0.97, 0.5, 0.99),
            "So one change is enough to pass 95%: the cause was the mirror.",
        ),
        (
            (0.5, 0.7, 0.6, 0.97, 0.96, 0.99),
            "So one change is enough to pass 95%: the cause was the frozen layers.",
        ),
        (
            (0.5, 0.96, 0.6, 0.97, 0.96, 0.99),
            "So one change is enough to pass 95%: the cause was the mirror or the frozen layers.",
        ),
        (
            (0.5, 0.6, 0.5, 0.8, 0.5, 0.9),
            "So neither is the whole cause: no run passes 95%.",
        ),
    ],
)
def test_verdict(accuracies: tuple[float, ...], verdict: str) -> None:
    assert conclusion(runs(*accuracies))[-1] == verdict


def test_each_change_is_measured_alone() -> None:
    assert conclusion(runs(0.51, 0.72, 0.47, 0.97, 0.55, 0.99))[:-1] == [
        "Where it starts: last layer, mirror on: 51.0%; chance is 50%.",
        "The mirror alone: off, it is 72.0% (+21.0 points).",
        "The frozen layers alone: free, at best 55.0% (+4.0 points).",
        "Both: conv5 and up 97.0%, everything 99.0%.",
    ]


def test_the_table_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "OUT", tmp_path)
    play.save(runs(0.51, 0.72, 0.47, 0.97, 0.55, 0.99))
    assert (tmp_path / "runs.csv").read_text().splitlines()[:3] == [
        "learns,mirror,accuracy",
        "last layer,on,0.5100",
        "last layer,off,0.7200",
    ]
    table = (tmp_path / "runs.md").read_text()
    assert "| conv5 and up | off | 97.0% |\n" in table
    assert "So both matter." in table
