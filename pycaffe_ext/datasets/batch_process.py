"""Batches made ahead in a process of their own, where a thread would stand still.

BVLC Caffe holds Python's interpreter from the beginning of a step to its end, also while its own layers compute: a
thread of a Python layer gets on only while the layer itself runs. And two threads that make many small steps take that
lock from each other.

The process is a new interpreter, not a fork: what threads of this one hold (OpenCV's, say) would stay held in a fork
for ever.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import subprocess
import sys
import traceback
import weakref
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from math import prod
from typing import Any, Protocol, TextIO

import numpy as np

from ..errors import CaffeError, DataError
from .array_types import Floats

_BEGIN = """
import sys
del sys.path[0]  # the current folder
import json
told = json.loads(sys.stdin.readline())
sys.path[:] = told["path"]
from pycaffe_ext.datasets.batch_process import serve
serve(told)
"""


class Loader(Protocol):
    """Makes batch after batch, each a named tuple of float32 arrays, into the arrays of `used` where they fit."""

    def load(self, used: Any, /) -> Any: ...


def interpreter() -> str | None:
    """The Python to begin such a process with; None: there is none, or not what the two need to share memory."""
    if not hasattr(os, "memfd_create"):  # Linux has it
        return None
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    # a program that has Python built in, such as `caffe`, may give its own name
    is_python = os.path.basename(sys.executable or "").startswith("python")
    return sys.executable if is_python else shutil.which(name)


class BatchProcess:
    """What a Loader makes, at most `depth` batches ahead.

    The process ends with `close`, when this is garbage, and with the process that began it, however that ends.
    """

    def __init__(self, loader: str, arguments: dict[str, Any], depth: int) -> None:
        """`loader`: "module:function", that makes a Loader of `arguments`, which JSON can hold.

        Waits for nothing; a CaffeError of the function's is a DataError of `check` or `next`.
        """
        python = interpreter()
        assert python is not None
        self._slots = [_Slot(os.memfd_create("batch")) for _ in range(depth)]
        files = [slot.file for slot in self._slots]
        process = subprocess.Popen(
            [python, "-c", _BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=files,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # it multiplies no matrices
            start_new_session=True,  # a terminal's Ctrl-C is the parent's business: it may make a snapshot first
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout
        self._end = weakref.finalize(self, _stop, os.getpid(), process, self._slots)
        self._is_ready = False
        self._current: int | None = None
        self._error: DataError | None = None
        self._ask(
            json.dumps({"path": list(map(str, sys.path)), "loader": loader, "arguments": arguments, "slots": files})
        )
        for slot in range(depth):
            self._ask(str(slot))

    def check(self) -> None:
        """Waits until the process has opened what it reads. Raises DataError where it cannot."""
        if not self._is_ready:
            self._answer()
            self._is_ready = True

    def next(self) -> list[Floats]:
        """The arrays of the next batch; they may be used until the next call. Raises DataError."""
        if self._error is not None:
            raise self._error
        self.check()
        if self._current is not None:
            self._ask(str(self._current))
            self._current = None
        number, shapes = self._answer()
        self._current = int(number)
        return self._slots[self._current].arrays(shapes)

    def close(self) -> None:
        """Ends the process."""
        self._end()

    def _ask(self, line: str) -> None:
        try:
            print(line, file=self._requests, flush=True)
        except (OSError, ValueError) as error:  # it was killed; closed here
            raise DataError(_ENDED) from error

    def _answer(self) -> Any:
        line = self._answers.readline() if self._end.alive else ""
        kind, value = json.loads(line) if line else ("error", _ENDED)
        if kind == "error":
            self._error = self._error or DataError(value)
            raise self._error
        return value


_ENDED = "the process that made batches has ended"


def _stop(parent: int, process: subprocess.Popen[str], slots: Sequence[_Slot]) -> None:
    if os.getpid() != parent:  # in a process that a script has forked
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(BrokenPipeError):  # what it has not read
            pipe.close()
    for slot in slots:
        os.close(slot.file)


class _Slot:
    """Memory of both processes that holds a batch."""

    def __init__(self, file: int) -> None:
        self.file = file
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


def serve(told: dict[str, Any]) -> None:
    """The process's side: makes batches until its stdin ends."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for whoever prints
        try:
            _make(told, answers)
        except CaffeError as error:
            print(json.dumps(["error", str(error)]), file=answers, flush=True)
        except BrokenPipeError:
            pass  # the parent wants no more
        except BaseException:
            print(json.dumps(["error", traceback.format_exc()]), file=answers, flush=True)
    os._exit(0)  # threads of the Loader's need no end


def _make(told: dict[str, Any], answers: TextIO) -> None:
    module, function = told["loader"].split(":")
    batches: Loader = getattr(import_module(module), function)(**told["arguments"])
    print(json.dumps(["ready", None]), file=answers, flush=True)
    slots = [_Slot(file) for file in told["slots"]]
    held: list[Any] = [None] * len(slots)
    for line in sys.stdin:
        slot = int(line)
        made = batches.load(held[slot])
        shapes = [array.shape for array in made]
        if made is not held[slot]:
            held[slot] = type(made)(*slots[slot].arrays(shapes))
            for place, array in zip(held[slot], made):  # noqa: B905
                place[...] = array
        print(json.dumps(["batch", [slot, shapes]]), file=answers, flush=True)
