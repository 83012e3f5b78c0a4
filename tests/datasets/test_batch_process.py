"""Batches made by a process of their own: the same ones, at most so many ahead; and that process always ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pycaffe_ext.datasets.batch_process import interpreter

pytestmark = pytest.mark.skipif(not interpreter(), reason="only Linux has what it needs")

LOADERS = """
import os
from pathlib import Path
from typing import NamedTuple
import numpy as np
from pycaffe_ext.errors import FileError

class Pair(NamedTuple):
    data: np.ndarray
    labels: np.ndarray

class Numbers:
    '''Batch n holds n, in arrays that are larger from time to time; files tell what was made, and by whom.'''

    def __init__(self, folder="."):
        print("to be seen by nobody's protocol")
        self.made, self.reused, self.folder = 0, 0, Path(folder)
        (self.folder / "process").write_text(str(os.getpid()))

    def load(self, used):
        height = 3 + self.made // 5 % 2 * 200
        shapes = (2, 5, height), (2, 1)
        if used is not None and [array.shape for array in used] == list(shapes):
            self.reused += 1
            pair = used
        else:
            pair = Pair(*(np.empty(shape, np.float32) for shape in shapes))
        pair.data[...], pair.labels[...] = self.made, self.reused
        self.made += 1
        (self.folder / "made").write_text(str(self.made))
        if self.made == 40:
            raise FileError("a_lmdb", "is gone")
        return pair

def fails():
    raise FileError("b_lmdb", "does not exist")

def is_wrong():
    return Numbers(1 / 0)
"""
BEGIN = """
import gc, os, signal, sys, time
from pathlib import Path
import cv2
import numpy as np
from pycaffe_ext.datasets.batch_process import BatchProcess
from pycaffe_ext.errors import DataError

cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (25, 25), 0)  # begins OpenCV's threads

def numbers(depth, **arguments):
    return BatchProcess("loaders:Numbers", arguments, depth)

def process():
    return int(Path("process").read_text())

def made_after(seconds):
    time.sleep(seconds)
    return int(Path("made").read_text())

def ends(number):
    for _ in range(100):
        if not Path(f"/proc/{number}").exists():
            return True
        time.sleep(0.05)
    return False
"""


def run(folder: Path, code: str) -> None:
    (folder / "loaders.py").write_text(LOADERS)
    subprocess.run([sys.executable, "-W", "error", "-c", BEGIN + code], cwd=folder, check=True, timeout=60)


def test_batches_in_order_at_most_so_many_ahead(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
ahead = numbers(3)
ahead.check()
assert process() != os.getpid()
assert made_after(0.3) == 3
kept = ahead.next()
for number in range(1, 39):
    data, labels = ahead.next()
    assert data.dtype == labels.dtype == np.float32
    assert data.shape == (2, 5, 3 + number // 5 % 2 * 200) and labels.shape == (2, 1)
    assert (data == number).all()
assert labels[0, 0] > 10  # made in memory that was used before
try:
    ahead.next()
    raise AssertionError
except DataError as error:
    assert str(error) == "a_lmdb: is gone", error
""",
    )


def test_the_batch_in_use_is_not_written(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
ahead = numbers(2)
data, _ = ahead.next()
assert made_after(0.3) == 2
assert (data == 0).all()
ahead.next()
assert made_after(0.3) == 3
""",
    )


def test_errors_at_the_beginning(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
for begin, told in ("fails", "b_lmdb: does not exist"), ("is_wrong", "ZeroDivisionError"):
    try:
        BatchProcess(f"loaders:{begin}", {}, 2).check()
        raise AssertionError
    except DataError as error:
        assert told in str(error), error
""",
    )


@pytest.mark.parametrize("how", ["ahead.close()", "del ahead; gc.collect()", "os.kill(process(), signal.SIGKILL)"])
def test_the_process_ends(tmp_path: Path, how: str) -> None:
    run(
        tmp_path,
        f"""
ahead = numbers(2)
other = numbers(2, folder=FOLDER)
ahead.next()
child = process()
{how}
if "ahead" in globals():
    try:
        for _ in range(4):
            ahead.next()
        raise AssertionError
    except DataError as error:
        assert "has ended" in str(error), error
    ahead.close()
assert ends(child)
assert (other.next()[0] == 0).all()
""".replace("FOLDER", repr(str(tmp_path.parent))),
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "loaders.py").write_text(LOADERS)
    code = "ahead = numbers(2); ahead.next(); print('begun', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", BEGIN + code], cwd=tmp_path, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"begun\n"
        child = int((tmp_path / "process").read_text())
        assert child != parent.pid
        assert Path(f"/proc/{child}").exists()
        parent.send_signal(number)
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("it lives on")
