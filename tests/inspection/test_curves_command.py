"""visualize.py curves: logs of both kinds in one picture, and what each run reached."""

from __future__ import annotations

import csv
import json
from math import nan
from pathlib import Path

import cv2
import numpy as np
import pytest
from logs.test_caffe_log import LOG
from tool import tool

from pycaffe_ext.inspection.runs import Run, curves_picture, read_runs, scores_of, smoothed, summary
from pycaffe_ext.logs import Row
from pycaffe_ext.logs.csv_log import CsvLog


def rows(shift: float = 0.0, count: int = 4) -> list[Row]:
    found = []
    for step in range(count):
        scores = {"top1": [0.2, 0.8, 0.5, 0.4][step % 4] + shift, "error": [0.5, 0.1, 0.2, 0.3][step % 4]}
        found.append(Row(10 * step, 60.0 * step, "test", 0, None, 1.5, {**scores, "entropy": 1.5}))
        found.append(Row(10 * step, 60.0 * step + 1, "train", None, 0.1, 4.0 - step, {"entropy": 4.0 - step}))
    return found


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, shift in (("a", 0.0), ("b", 0.1)):
        (tmp_path / name).mkdir()
        CsvLog(tmp_path / name / "net_log.csv", rows(shift))
    (tmp_path / "caffe.log").write_text(LOG)
    return tmp_path


def test_names_of_runs(logs: Path) -> None:
    assert [run.name for run in read_runs(["a/net_log.csv", "b"])] == ["a", "b"]
    assert [run.name for run in read_runs(["a/net_log.csv", "caffe.log"])] == ["net", "caffe"]
    assert [run.name for run in read_runs(["slow=a", "fast=b/net_log.csv"])] == ["slow", "fast"]
    (logs / "x=y.csv").write_text((logs / "a/net_log.csv").read_text())
    assert [run.name for run in read_runs(["x=y.csv"])] == ["x=y"]


def test_scores_are_what_is_no_loss(logs: Path) -> None:
    runs = read_runs(["a", "caffe=caffe.log"])
    assert scores_of(runs) == ["top1", "error", "accuracy", "a", "b", "p[0]", "p[1]"]  # "entropy" is the total loss
    assert scores_of(runs, ["entropy"]) == ["entropy"]


def test_what_each_run_reached() -> None:
    run = Run("one", rows())
    assert summary([run], ["top1", "error"], 0) == [["one", 30, 1.0, 0.4, 0.8, 10, 0.3, 0.1, 10]]
    assert summary([run], [], 1) == [["one", 30, 1.5]]
    assert summary([Run("none", [])], ["top1"]) == [["none", 0, None, None, None, None]]


def test_smoothing() -> None:
    losses = np.random.default_rng(0).uniform(1, 2, 9).tolist()
    by_hand = [np.mean(losses[max(0, i - 2) : i + 3]) for i in range(9)]
    assert smoothed(losses, 2) == pytest.approx(by_hand)
    assert smoothed(losses, 0) == pytest.approx(losses) and smoothed(losses, None) == pytest.approx(losses)
    assert smoothed([1.0, 3.0], 5) == pytest.approx([2, 2])


def test_the_command(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tool("visualize", monkeypatch)
    assert run("curves", "a", "b", "real=caffe.log", "--score", "top1", "--minutes", "--quiet") == 0
    assert cv2.imread("curves_out/curves.png") is not None
    with open("curves_out/curves.csv", newline="") as file:
        found = {row["run"]: row for row in csv.DictReader(file)}
    numbers = json.loads(Path("curves_out/curves.json").read_text(), parse_constant=lambda text: pytest.fail(text))
    assert numbers["real"][-1]["total_loss"] == "nan" and numbers["a"][0]["outputs"]["top1"] == 0.2
    assert found["b"]["best top1"] == "0.9" and found["real"]["best top1"] == ""


def test_many_runs_and_broken_ones_are_drawn() -> None:
    runs = [Run(f"run {i}", rows(i / 100)) for i in range(10)]
    runs.append(Run("broken", [Row(0, 0, "train", None, 0.1, nan, {}), Row(5, 9, "train", None, 0.1, 87.3, {})]))
    assert curves_picture(runs, ["top1"]).startswith(b"\x89PNG")


def test_bad_input(logs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run = tool("visualize", monkeypatch)
    for arguments, said in (
        (["a", "--score", "top2"], "no score 'top2'; did you mean 'top1'"),
        (["x=a", "x=b"], "two runs are called 'x'; name them: NAME=LOG"),
        (["."], "holds 0 files *_log.csv, where one is needed; name the log"),
        (["absent.csv"], "absent.csv: cannot be read"),
        (["a", "--smooth", -1], "--smooth is 0 or more, not -1"),
    ):
        assert run("curves", *arguments) == 2
        assert said in capsys.readouterr().err
