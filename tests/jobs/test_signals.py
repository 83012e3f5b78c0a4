"""Signals become requests, once each, in Caffe's order."""

from __future__ import annotations

import os
import signal

import pytest

from pycaffe_ext.engine.events import Request
from pycaffe_ext.jobs.signals import Signals


def send(*numbers: int) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("effects", "sent", "requests"),
    [
        ({}, [], [Request.NONE]),
        ({}, [signal.SIGINT], [Request.STOP, Request.NONE]),
        ({}, [signal.SIGHUP], [Request.SNAPSHOT, Request.NONE]),
        ({}, [signal.SIGHUP, signal.SIGHUP], [Request.SNAPSHOT, Request.NONE]),
        ({}, [signal.SIGINT, signal.SIGHUP], [Request.SNAPSHOT, Request.STOP, Request.NONE]),
        ({"sigint": "snapshot"}, [signal.SIGINT], [Request.SNAPSHOT, Request.NONE]),
        ({"sighup": "stop"}, [signal.SIGHUP], [Request.STOP, Request.NONE]),
        ({"sigint": "none"}, [signal.SIGINT, signal.SIGINT], [Request.NONE]),
    ],
)
def test_requests(effects: dict[str, str], sent: list[int], requests: list[Request]) -> None:
    with Signals(**effects) as signals:
        send(*sent)
        assert [signals.ask() for _ in requests] == requests


def test_a_second_ctrl_c_ends_at_once() -> None:
    with Signals() as signals, pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
        assert signals.ask() is Request.STOP
        send(signal.SIGINT)


def test_answered_snapshots_may_follow_each_other() -> None:
    with Signals(sigint="snapshot") as signals:
        for _ in range(3):
            send(signal.SIGINT)
            assert signals.ask() is Request.SNAPSHOT


def test_the_notice(capfd: pytest.CaptureFixture[str]) -> None:
    with Signals():
        send(signal.SIGHUP, signal.SIGINT)
    assert capfd.readouterr().err == "\nCtrl-C: stopping after this iteration; once more ends at once\n"


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
    with Signals():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)] == before
