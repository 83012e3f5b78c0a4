"""The one warning about a lost loss."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest
from jobs import toy

from pycaffe_ext import jobs
from pycaffe_ext.jobs.alarm import Alarm


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> jobs.Started:
    monkeypatch.chdir(tmp_path)
    return jobs.plan(toy.write(tmp_path, base_lr=0.25))


@pytest.mark.parametrize(
    ("loss", "what"),
    [
        (nan, "iteration 7: the loss is nan"),
        (-inf, "iteration 7: the loss is -inf"),
        (87.33654, "iteration 7: the loss is 87.3365 = -log(FLT_MIN): the softmax gave the true classes"),
    ],
)
def test_a_lost_loss_warns_once(started: jobs.Started, loss: float, what: str) -> None:
    told: list[jobs.Event] = []
    alarm = Alarm(told.append)
    alarm(started)
    for iteration, value in enumerate([2.0, 87.3, 86.0, 0.0, 1e30, 1.0, 1.0, loss, loss, nan]):
        alarm(jobs.Stepped(iteration, value, 1.0, 0.1, False, ()))
    (warned,) = told
    assert isinstance(warned, jobs.Warned)
    assert warned.iteration == 7
    assert warned.message.startswith(what)
    assert "base_lr (it is 0.25)" in warned.message


def test_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    solver = toy.write(tmp_path, base_lr="1e30")
    result = jobs.train(solver)
    assert (result.iteration, len(result.warnings)) == (8, 1)
    assert (tmp_path / "toy_curves.png").is_file()
