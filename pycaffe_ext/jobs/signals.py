"""Signals as requests: Ctrl-C (SIGINT) and SIGHUP stop a training cleanly or make it snapshot, as in Caffe's tool."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Any

from ..engine.events import Request

EFFECTS = {"stop": Request.STOP, "snapshot": Request.SNAPSHOT, "none": Request.NONE}

_NOTICE = {
    "stop": "\nCtrl-C: stopping after this iteration; once more ends at once\n",
    "snapshot": "\nCtrl-C: snapshot after this iteration\n",
}


class Signals:
    """While it is entered, keeps the two signals; `ask` gives what the last ones request, then forgets them.

    A second SIGINT, while the first is still being answered, raises KeyboardInterrupt. Main thread only.
    """

    def __init__(self, sigint: str = "stop", sighup: str = "snapshot") -> None:
        self._effects = {signal.SIGHUP: sighup, signal.SIGINT: sigint}  # in the order in which Caffe looks at them
        self._pending: set[int] = set()
        self._stopping = False

    def ask(self) -> Request:
        for number, effect in self._effects.items():
            if number in self._pending:
                self._pending.discard(number)
                return EFFECTS[effect]
        return Request.NONE

    def _receive(self, number: int, frame: FrameType | None) -> None:
        effect = self._effects[signal.Signals(number)]
        if number == signal.SIGINT and effect != "none":
            if number in self._pending or self._stopping:
                raise KeyboardInterrupt
            self._stopping = effect == "stop"
            # not print: a print of the training's own may be under way
            os.write(2, _NOTICE[effect].encode())
        self._pending.add(number)

    def __enter__(self) -> Signals:
        self._previous: dict[int, Any] = {number: signal.signal(number, self._receive) for number in self._effects}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
