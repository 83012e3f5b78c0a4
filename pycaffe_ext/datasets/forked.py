"""Batches made ahead in a process of their own, where a thread would stand still.

BVLC Caffe holds Python's interpreter from the beginning of a step to its end, also while its own layers compute: a
thread of a Python layer gets on only while the layer itself runs.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import traceback
import weakref
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, BinaryIO, Protocol, TextIO

import cv2
import numpy as np

from ..errors import CaffeError, DataError
from .array_types import Floats

can_fork = hasattr(os, "fork") and hasattr(os, "memfd_create")  # Linux
_PR_SET_PDEATHSIG = 1


class Loader(Protocol):
    """Makes batch after batch, each a named tuple of float32 arrays, into the arrays of `used` where they fit."""

    def load(self, used: Any, /) -> Any: ...


class ForkedBatches:
    """What the Loader that `open_batches` gives makes, at most `depth` batches ahead.

    The process ends with `close`, when this is garbage, and with the process that began it, however that ends.
    """

    def __init__(self, open_batches: Callable[[], Loader], depth: int) -> None:
        """Raises DataError for any CaffeError of `open_batches`."""
        self._slots = [_Slot() for _ in range(depth)]
        (request, ask), (answer, tell) = os.pipe(), os.pipe()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.close(ask)
            os.close(answer)
            _be_child(parent, open_batches, self._slots, request, tell)
        os.close(request)
        os.close(tell)
        self._ask, self._answers = os.fdopen(ask, "wb", buffering=0), os.fdopen(answer)
        self._end = weakref.finalize(self, _stop, parent, child, self._ask, self._answers, self._slots)
        self._answer()  # that it could be opened
        self._current: int | None = None
        for slot in range(depth):
            self._give(slot)

    def next(self) -> list[Floats]:
        """The arrays of the next batch; they may be used until the next call. Raises DataError."""
        if self._current is not None:
            self._give(self._current)
            self._current = None
        number, shapes = self._answer()
        self._current = int(number)
        return self._slots[self._current].arrays(shapes)

    def close(self) -> None:
        """Ends the process."""
        self._end()

    def _give(self, slot: int) -> None:
        try:
            self._ask.write(b"%d\n" % slot)
        except (OSError, ValueError) as error:  # it was killed; closed here
            raise DataError(_ENDED) from error

    def _answer(self) -> Any:
        line = self._answers.readline() if self._end.alive else ""
        if not line:
            raise DataError(_ENDED)
        kind, value = json.loads(line)
        if kind == "error":
            raise DataError(value)
        return value


_ENDED = "the process that made batches has ended"


class _Slot:
    """Memory of both processes that holds a batch."""

    def __init__(self) -> None:
        self.file = os.memfd_create("batch")
        self._memory: mmap.mmap | None = None

    def arrays(self, shapes: Sequence[Sequence[int]]) -> list[Floats]:
        """Arrays of these shapes, one behind the other."""
        ends = np.cumsum([prod(shape) for shape in shapes]).tolist()
        size = max(4 * ends[-1], 1)
        if self._memory is None or len(self._memory) < size:
            if os.fstat(self.file).st_size < size:
                os.ftruncate(self.file, size)
            self._memory = mmap.mmap(self.file, size)
        values: Floats = np.frombuffer(self._memory, np.float32, ends[-1])
        return [values[end - prod(shape) : end].reshape(shape) for end, shape in zip(ends, shapes)]  # noqa: B905


def _be_child(parent: int, open_batches: Callable[[], Loader], slots: Sequence[_Slot], request: int, tell: int) -> None:
    """Never returns; nothing of what the parent has open is ended in its name."""
    try:
        for number in (signal.SIGINT, signal.SIGHUP):  # the parent's business: it may make a snapshot first
            signal.signal(number, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:  # else it has ended just now
            cv2.setNumThreads(1)  # the threads that it had are not in this process
            with os.fdopen(request) as requests, os.fdopen(tell, "w") as answers:
                _make(open_batches, slots, requests, answers)
    finally:
        os._exit(0)


def _make(open_batches: Callable[[], Loader], slots: Sequence[_Slot], requests: TextIO, answers: TextIO) -> None:
    held: list[Any] = [None] * len(slots)
    try:
        batches = open_batches()
        print(json.dumps(["ready", None]), file=answers, flush=True)
        for line in requests:
            slot = int(line)
            made = batches.load(held[slot])
            shapes = [array.shape for array in made]
            if made is not held[slot]:
                held[slot] = type(made)(*slots[slot].arrays(shapes))
                for place, array in zip(held[slot], made):  # noqa: B905
                    place[...] = array
            print(json.dumps(["batch", [slot, shapes]]), file=answers, flush=True)
    except CaffeError as error:
        print(json.dumps(["error", str(error)]), file=answers, flush=True)
    except BrokenPipeError:
        pass  # the parent wants no more
    except BaseException:
        print(json.dumps(["error", traceback.format_exc()]), file=answers, flush=True)


def _stop(parent: int, child: int, ask: BinaryIO, answers: TextIO, slots: Sequence[_Slot]) -> None:
    if os.getpid() != parent:  # in a process that was forked for another layer
        return
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    ask.close()
    answers.close()
    for slot in slots:
        os.close(slot.file)
