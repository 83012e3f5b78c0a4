"""Work done ahead in a thread of its own."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Prefetcher(Generic[T]):
    """Calls `fill` ahead of need, in one thread, at most `depth` results ahead.

    `fill` gets a result that is no longer needed, to write into (None the first times), and returns the next one.
    The thread ends with `close`, when the Prefetcher is garbage, or when the interpreter exits.
    """

    def __init__(self, fill: Callable[[T | None], T], depth: int) -> None:
        self._free: SimpleQueue[T | None] = SimpleQueue()
        self._full: SimpleQueue[T | BaseException] = SimpleQueue()
        for _ in range(depth):
            self._free.put(None)
        self._current: T | None = None
        self._error: BaseException | None = None
        stop = threading.Event()
        # The thread must not hold the Prefetcher, or that would never be garbage.
        self._thread = threading.Thread(target=_work, args=(fill, self._free, self._full, stop), daemon=True)
        _running[self._thread] = stop, self._free
        self._thread.start()
        self._end = weakref.finalize(self, _stop, stop, self._free, self._thread)

    def close(self) -> None:
        """Ends the thread; no result is given after that."""
        self._end()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def next(self) -> T:
        """The next result; it may be used until the next call. Raises what `fill` raised."""
        if self._error is None and not self._end.alive:
            raise ValueError("the prefetcher is closed")
        if self._error is None:
            if self._current is not None:
                self._free.put(self._current)
                self._current = None
            result = self._full.get()
            if not isinstance(result, BaseException):
                self._current = result
                return result
            self._error = result
        raise self._error


def _work(
    fill: Callable[[T | None], T],
    free: SimpleQueue[T | None],
    full: SimpleQueue[T | BaseException],
    stop: threading.Event,
) -> None:
    try:
        while True:
            used = free.get()
            if stop.is_set():
                return
            full.put(fill(used))
    except BaseException as error:
        full.put(error)
    finally:
        _running.pop(threading.current_thread(), None)


def _stop(stop: threading.Event, free: SimpleQueue[Any], thread: threading.Thread) -> None:
    """Waits a moment, so that what the thread reads can be opened again; not for ever, and not in another worker:
    garbage may be collected in any thread, with a lock held that this one waits for."""
    stop.set()
    free.put(None)
    if threading.current_thread() is threading.main_thread():
        thread.join(_MOMENT)


_MOMENT = 1.0  # seconds


_running: dict[threading.Thread, tuple[threading.Event, SimpleQueue[Any]]] = {}


@atexit.register
def _stop_all() -> None:
    """Threads must not be at work while the interpreter is taken down."""
    for thread, (stop, free) in list(_running.items()):
        _stop(stop, free, thread)
        thread.join()
