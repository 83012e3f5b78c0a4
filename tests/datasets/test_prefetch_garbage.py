"""A Prefetcher that becomes garbage while locks are held, in whatever thread, does not wait for its own thread."""

from __future__ import annotations

import gc
import threading

from pycaffe_ext.datasets.prefetch import Prefetcher


def test_garbage_does_not_wait() -> None:
    lock = threading.Lock()
    asked = threading.Event()

    def fill(_: int | None) -> int:
        asked.set()
        with lock:
            return 1

    with lock:
        prefetcher = Prefetcher(fill, 2)
        assert asked.wait(10)
        del prefetcher  # its thread waits for the lock that is held here
        gc.collect()


def test_close_ends_the_thread() -> None:
    before = set(threading.enumerate())
    prefetcher = Prefetcher(lambda _: 1, 2)
    assert prefetcher.next() == 1
    prefetcher.close()
    assert set(threading.enumerate()) <= before
