"""A sample of damaged files in the test suite; `python -m tests.robustness` tries thousands."""

from __future__ import annotations

from pathlib import Path

from tests.robustness import material, pool


def test_damaged_files_give_an_error_of_ours_or_none(tmp_path: Path) -> None:
    material.prepare(tmp_path / "prepared")
    cases = [("prototxts", seed) for seed in range(30)] + [("weights", seed) for seed in range(15)]
    outcomes = list(pool.run(cases, tmp_path / "prepared", processes=1))
    assert not [f"{outcome.case}: {outcome.wrong}" for outcome in outcomes if outcome.wrong]
    results = {outcome.result.partition(":")[0] for outcome in outcomes}
    assert len(outcomes) == len(cases) and results >= {"NetError", "ShapeError", "FileError", "success"}
