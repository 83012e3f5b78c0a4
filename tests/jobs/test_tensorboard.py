"""TensorBoard's events, read back with TensorBoard's own reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jobs import toy

from pycaffe_ext import jobs
from pycaffe_ext.errors import OptionError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_scalars(tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    solver = toy.write(tmp_path)
    first = jobs.train(solver, iterations=7, tensorboard="board")
    assert "board" in first.files
    result = jobs.train(solver, snapshot="toy_iter_4.solverstate", tensorboard="board")
    events = reader.EventAccumulator("board").Reload()
    tags = set(events.Tags()["scalars"])
    assert tags == {
        *("total_loss/train", "loss/train", "lr/train"),
        *("total_loss/test", "loss/test", "accuracy/test"),
    }
    losses = [row for row in result.rows if row.phase == "train"]
    read = events.Scalars("total_loss/train")
    assert [event.step for event in read] == [row.iteration for row in losses]
    assert [event.value for event in read] == pytest.approx([row.total_loss for row in losses])


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(OptionError, match="needs the package tensorboard: pip install tensorboard"):
        jobs.train(toy.write(tmp_path), tensorboard="board")
    assert not list(tmp_path.glob("*.caffemodel"))
