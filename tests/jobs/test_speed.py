"""Rates and the time that is left, on a clock of our own."""

from __future__ import annotations

import pytest

from pycaffe_ext import jobs
from pycaffe_ext.jobs import speed
from pycaffe_ext.jobs.events import SolverEvent
from pycaffe_ext.proto import caffe_pb2


class Clock:
    """Feeds a Speed with events that each took a number of seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, start: int = 0, **settings: int) -> None:
        self.now = 50.0
        monkeypatch.setattr(speed, "monotonic", lambda: self.now)
        self.speed = speed.Speed(caffe_pb2.SolverParameter(**settings), start, images=32)
        self.iteration = start

    def after(self, seconds: float, event: SolverEvent, *, listeners: float = 0) -> None:
        self.now += seconds
        self.speed.add(event)
        self.now += listeners
        self.speed.resume()

    def step(self, seconds: float, *, listeners: float = 0) -> None:
        self.after(seconds, jobs.Stepped(self.iteration, 1.0, 1.0, 0.1, False, ()), listeners=listeners)
        self.iteration += 1

    def test(self, seconds: float) -> None:
        self.after(0, jobs.Testing(self.iteration, 0))
        self.after(seconds, jobs.Tested(self.iteration, 0, (), None))


def test_rates_know_training_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, max_iter=100)
    clock.step(9)  # the first one warms up
    for _ in range(4):
        clock.step(0.5, listeners=3)
        clock.after(7, jobs.Snapshotted(1, "", ""))
        clock.test(20)
    assert clock.speed.iterations_per_second == pytest.approx(2)
    assert clock.speed.images_per_second == pytest.approx(64)
    assert clock.speed.mean_images_per_second == pytest.approx(5 * 32 / 11)


def test_the_first_iteration_counts_while_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, max_iter=100)
    clock.step(0.25)
    assert clock.speed.iterations_per_second == pytest.approx(4)


def test_the_rate_is_that_of_the_last_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, max_iter=1000)
    for seconds in [1] * 150 + [0.1] * 100:
        clock.step(seconds)
    assert clock.speed.iterations_per_second == pytest.approx(10)


def test_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, start=40, max_iter=100, test_interval=20)
    clock.test(30)
    clock.step(1)
    assert clock.speed.seconds_left == pytest.approx(59 + 3 * 30)  # tests at 60, 80 and 100
    for _ in range(19):
        clock.step(1)
    assert clock.speed.seconds_left == pytest.approx(40 + 3 * 30)  # the one at 60 is still to come
    clock.test(10)
    clock.step(1)
    assert clock.speed.seconds_left == pytest.approx(39 + 2 * 10)
