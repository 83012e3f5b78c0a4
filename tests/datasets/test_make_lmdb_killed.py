"""kill -9 and a full disk: nothing that looks whole is left, and the next run cleans up."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
COUNT = 700

FULL = r"(the disk is full, or limits files to fewer bytes \(Input/output error\)|No space left on device)"

Entries = Callable[[Path], list[tuple[bytes, bytes]]]


@pytest.fixture
def source(tmp_path: Path, draw: Callable[..., Any]) -> Path:
    """A list of 700 images, 154 MB when raw: several commits."""
    cv2.imwrite(str(tmp_path / "a.png"), draw(240, 306))
    cv2.imwrite(str(tmp_path / "map.png"), np.zeros((240, 306), np.uint8))
    (tmp_path / "list.txt").write_text("".join(f"a.png {n}\n" for n in range(COUNT)))
    return tmp_path / "list.txt"


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "tools/make_lmdb.py"), *map(str, arguments)]


ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def test_kill_at_any_moment(source: Path, entries: Entries) -> None:
    folder = source.parent / "databases"
    folder.mkdir()
    (source.parent / "maps").mkdir()
    (source.parent / "map.png").rename(source.parent / "maps/a.png")
    outs = [folder / "images", folder / "maps"]
    run = command(source, outs[0], "--label-maps", source.parent / "maps", "--label-out", outs[1])
    for size in (1, 20 << 20, 60 << 20, 100 << 20):  # killed when so much is written
        process = subprocess.Popen(run, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        wait_for_size(process, folder / f".images.part-{process.pid}/data.mdb", size)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        left = {path.name for path in folder.iterdir()}
        assert left <= {f".images.part-{process.pid}", f".maps.part-{process.pid}"}
    subprocess.run(run, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    assert sorted(path.name for path in folder.iterdir()) == ["images", "maps"]
    assert [len(entries(out)) for out in outs] == [COUNT, COUNT]


def test_kill_while_overwriting(source: Path, entries: Entries) -> None:
    folder = source.parent / "databases"
    folder.mkdir()
    (source.parent / "one.txt").write_text("a.png 7\n")
    out = folder / "out"
    subprocess.run(command(source.parent / "one.txt", out), env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    run = command(source, out, "--overwrite")
    process = subprocess.Popen(run, env=ENVIRONMENT)
    wait_for_size(process, folder / f"..out.part-new-{process.pid}.part-{process.pid}/data.mdb", 20 << 20)
    process.kill()
    process.wait()
    assert len(entries(out)) == 1
    subprocess.run(run, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    assert len(entries(out)) == COUNT
    assert os.listdir(folder) == ["out"]


def test_a_run_leaves_what_another_is_writing(source: Path, entries: Entries) -> None:
    out = source.parent / "out"
    slow = subprocess.Popen(command(source, out), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    wait_for_size(slow, source.parent / f".out.part-{slow.pid}/data.mdb", 1)
    slow.send_signal(signal.SIGSTOP)
    (source.parent / "one.txt").write_text("a.png 7\n")
    subprocess.run(command(source.parent / "one.txt", out), env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    assert (source.parent / f".out.part-{slow.pid}/data.mdb").exists()
    slow.send_signal(signal.SIGCONT)
    assert "out: cannot be written" in slow.communicate()[1]  # its name is taken
    assert slow.returncode == 2
    assert len(entries(out)) == 1


def wait_for_size(process: subprocess.Popen[Any], file: Path, size: int) -> None:
    while not file.exists() or file.stat().st_size < size:
        assert process.poll() is None
        time.sleep(0.002)


def check_disk_full(done: subprocess.CompletedProcess[str], out: Path) -> None:
    assert done.returncode == 2, done.stderr
    assert re.fullmatch(rf"make_lmdb.py: error: {out}: cannot be written: {FULL}\n", done.stderr)
    assert os.listdir(out.parent) == []


def test_file_size_limit(source: Path) -> None:
    """Works without root: a write beyond the limit fails as one on a full disk does."""
    out = source.parent / "databases/out"
    out.parent.mkdir()
    done = subprocess.run(
        command(source, out),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 20, 100 << 20)),
    )
    check_disk_full(done, out)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"cannot mount a small disk: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_disk_full(source: Path, small_disk: Path) -> None:
    out = small_disk / "out"
    done = subprocess.run(command(source, out), env=ENVIRONMENT, capture_output=True, text=True)
    check_disk_full(done, out)


def test_disk_full_from_the_start(source: Path, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes((100 << 20) - 4096))
    out = small_disk / "out"
    done = subprocess.run(command(source, out), env=ENVIRONMENT, capture_output=True, text=True)
    (small_disk / "filler").unlink()
    check_disk_full(done, out)
