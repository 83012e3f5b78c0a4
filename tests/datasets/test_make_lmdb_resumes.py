"""A run that was cut off anywhere, gone on with: every byte is as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets import conversion
from pycaffe_ext.errors import DataError

ROOT = Path(__file__).parents[2]
COUNT = 500

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A list of 500 images in 12 files, every 41st missing, with label maps: 36 MB when raw, several commits."""
    (tmp_path / "in").mkdir()
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"in/{number}.png"), drawn.noise(number, 130, 190, 3))
        cv2.imwrite(str(tmp_path / f"in/maps_{number}.png"), drawn.noise(number, 130, 190, most=9))
    lines = [f"{number % 12}.png {number}\n" if number % 41 else f"no{number}.png 0\n" for number in range(COUNT)]
    (tmp_path / "in/list.txt").write_text("".join(lines))
    (tmp_path / "maps").mkdir()
    for number in range(12):
        (tmp_path / f"in/maps_{number}.png").rename(tmp_path / f"maps/{number}.png")
    return tmp_path / "in/list.txt"


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "tools/make_lmdb.py"), *map(str, arguments), "--skip-bad"]


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def kill_when(run: list[str], folder: Path, size: int) -> bool:
    """Starts a run, and kills it once so many bytes are below the folder; whether it was still running."""
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            written = sum(file.stat().st_size for file in folder.rglob("*.*") if file.is_file())
        except FileNotFoundError:  # renamed meanwhile
            continue
        if written > size:
            break
        time.sleep(0.001)
    process.kill()
    return process.wait() < 0


def test_killed_again_and_again(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    arguments = [source, "images", "--label-maps", tmp_path / "maps", "--label-out", "labels"]
    assert subprocess.run(command(*arguments), cwd=whole, capture_output=True).returncode == 1
    resume = [*command(*arguments, "--resume"), "--workers"]
    monkeypatch.chdir(cut)
    kills = 0
    for size, workers in ((1, 2), (3 << 20, 1), (9 << 20, 3), (24 << 20, 2)):
        kills += kill_when([*resume, str(workers)], cut, size)
        for name in ("images", "labels"):
            assert not (cut / name).exists() or content(cut / name) == content(whole / name)
    assert kills >= 1
    last = subprocess.run([*resume, "2"], capture_output=True, text=True)
    assert last.returncode == 1, last.stderr
    assert content(cut) == content(whole)


def test_two_databases_of_which_one_was_in_its_place(
    source: Path, tmp_path: Path, make_lmdb: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut falls between the two renames: what is whole already stays, and the other comes to it."""
    arguments = [source, tmp_path / "images", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "labels"]
    rename = os.rename

    def renamed(old: Any, new: Any) -> None:
        if Path(new).name == "images" and Path(old).name.startswith(".images.part"):
            os._exit(9)
        rename(old, new)

    child = os.fork()
    if not child:
        monkeypatch.setattr(os, "rename", renamed)
        make_lmdb(*arguments, "--skip-bad", "--workers", 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (tmp_path / "labels").exists()
    assert not (tmp_path / "images").exists()
    before = (tmp_path / "labels/data.mdb").read_bytes()
    assert make_lmdb(*arguments, "--skip-bad", "--resume") == 1
    assert (tmp_path / "labels/data.mdb").read_bytes() == before
    assert make_lmdb(*arguments[:1], tmp_path / "again", "--skip-bad") == 1
    assert (tmp_path / "again/data.mdb").read_bytes() == (tmp_path / "images/data.mdb").read_bytes()


@pytest.mark.parametrize("append", [False, True])
def test_cut_off_when_all_was_in_its_place(
    source: Path, tmp_path: Path, make_lmdb: Tool, monkeypatch: pytest.MonkeyPatch, append: bool
) -> None:
    """Between the last rename and the end: nothing is written twice, and what was left out is told again."""
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    for folder in (cut, whole):
        folder.mkdir()
        (folder / ".labels.txt.part-999999999").touch()  # of a killed run, as no process has that number
    split = ["--split", "a=0.3,b=0.6", "--shuffle"]
    arguments = [source, "db_{}", "--label-maps", tmp_path / "maps", "--label-out", "maps_{}", *split, "--skip-bad"]
    monkeypatch.chdir(whole)
    assert make_lmdb(*arguments) == 1
    if append:
        assert make_lmdb(*arguments, "--append") == 1
    monkeypatch.chdir(cut)
    if append:
        assert make_lmdb(*arguments) == 1
        arguments.append("--append")
    child = os.fork()
    if not child:
        monkeypatch.setattr("pycaffe_ext.datasets.database_folder.forget", lambda path: os._exit(9))
        make_lmdb(*arguments)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (cut / "maps_b/journal").exists()
    assert make_lmdb(*arguments, "--resume") == 1
    assert content(cut) == content(whole)
    assert sorted(os.listdir(cut)) == ["db_a", "db_a.skipped.txt", "db_b", "db_b.skipped.txt", "maps_a", "maps_b"]


def test_resume_of_another_command_begins_anew(
    source: Path, tmp_path: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert kill_when(command(source, folder / "db"), folder, 1 << 20)
    assert make_lmdb(source, folder / "db", "--skip-bad", "--resume", "--gray") == 1
    assert "no run of this command was cut off here" in capsys.readouterr().err
    assert len(entries(folder / "db")) == COUNT - 13
    assert sorted(os.listdir(folder)) == ["db", "db.skipped.txt"]


def test_append(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_lmdb(photos, tmp_path / "db") == 0
    before = entries(tmp_path / "db")
    (tmp_path / "more.txt").write_text("dog/c.png 1\ncat/a.jpg 0\n")
    assert make_lmdb(tmp_path / "more.txt", tmp_path / "db", "--root", photos, "--append") == 0
    after = entries(tmp_path / "db")
    assert after[:5] == before
    assert [key for key, _ in after[5:]] == [b"00000005_dog/c.png", b"00000006_cat/a.jpg"]
    assert [value for _, value in after[5:]] == [before[4][1], before[0][1]]
    assert "was added" not in capsys.readouterr().err
    more = [tmp_path / "more.txt", tmp_path / "db", "--root", photos, "--append", "--gray", "--resize", "20x30"]
    assert make_lmdb(*more) == 0
    assert "db: '00000000_cat/a.jpg' was there as 3x24x32, and 1x20x30 was added" in capsys.readouterr().err


def test_append_that_fails_leaves_what_was_there(tmp_path: Path, photos: Path, make_lmdb: Tool) -> None:
    assert make_lmdb(photos, tmp_path / "db") == 0
    before = content(tmp_path / "db")
    (tmp_path / "more.txt").write_text("dog/c.png 1\nno.jpg 0\n")
    assert make_lmdb(tmp_path / "more.txt", tmp_path / "db", "--root", photos, "--append") == 2
    assert content(tmp_path / "db") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db", "labels.txt", "more.txt", "photos"]


def test_append_that_is_cut_off(source: Path, tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (source.parent / "one.txt").write_text("0.png 7\n")
    for name in ("db", "whole"):
        assert make_lmdb(source.parent / "one.txt", folder / name) == 0
    assert make_lmdb(source, folder / "whole", "--append", "--skip-bad") == 1
    held = sum(file.stat().st_size for file in folder.rglob("*.mdb"))
    assert kill_when(command(source, folder / "db", "--append"), folder, held + (1 << 20))
    assert len(entries(folder / "db")) == 1
    assert make_lmdb(source, folder / "db", "--append", "--skip-bad", "--resume") == 1
    assert content(folder / "db") == content(folder / "whole")


def test_same_file_whatever_the_workers(source: Path, tmp_path: Path, make_lmdb: Tool) -> None:
    for workers in (1, 2, 5):
        assert make_lmdb(source, tmp_path / f"db{workers}", "--skip-bad", "--workers", workers) == 1
    files = [(tmp_path / f"db{workers}/data.mdb").read_bytes() for workers in (1, 2, 5)]
    assert files[0] == files[1] == files[2]


def test_what_was_left_out_is_listed(source: Path, tmp_path: Path, make_lmdb: Tool) -> None:
    assert make_lmdb(source, tmp_path / "db", "--skip-bad") == 1
    lines = (tmp_path / "db.skipped.txt").read_text().splitlines()
    assert [int(line.partition("\t")[0]) for line in lines] == list(range(0, COUNT, 41))
    missing = f"41\t{source}:42: {source.parent}/no41.png: cannot be read: No such file or directory"
    assert lines[1] == missing


def test_nothing_is_put_after_an_error(tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Target:
        first = done = size = 0
        numbers: list[int]

        def __init__(self) -> None:
            self.numbers = []

        def pack(self, number: int, made: Any) -> int:
            if number == 2:
                raise DataError("two")
            return number

        def put(self, number: int, packed: int) -> None:
            self.numbers.append(packed)

        def note(self, *event: Any) -> None: ...

        def noted(self, kind: str) -> list[Any]:
            return []

        def sync(self) -> None:
            self.numbers.append(-1)

    from pycaffe_ext.datasets.recipes import Recipe
    from pycaffe_ext.datasets.sources import open_source

    for skip_bad, expected in ((False, [0, 1]), (True, [0, 1, 3, 4, -1])):
        target: Any = Target()
        try:
            conversion.convert(open_source(str(photos)), Recipe(), [target], workers=3, skip_bad=skip_bad)
        except DataError as error:
            assert str(error) == f"{photos}/cat/with space.jpg: two"
            assert not skip_bad
        assert target.numbers == expected


def test_numbers_and_images_keep_their_keys(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    np.savez(tmp_path / "set.npz", data=drawn.noise(0, 5, 4, 6), label=np.arange(10).reshape(5, 2) / 4)
    assert make_lmdb(tmp_path / "set.npz", tmp_path / "i", "--label-out", tmp_path / "l", "--shuffle") == 0
    keys = [[key for key, _ in entries(tmp_path / name)] for name in "il"]
    assert keys[0] == keys[1] == [b"%08d" % number for number in range(5)]


def test_after_an_error_is_mended_a_run_with_resume_goes_on(
    source: Path, tmp_path: Path, make_lmdb: Tool, entries: Entries
) -> None:
    """Without --resume nothing is left; with it, what is done is not done again."""
    names = [line.partition(" ")[0] for line in source.read_text().splitlines() if not line.startswith("no")]
    (source.parent / "once.png").write_bytes(source.with_name("0.png").read_bytes())
    source.write_text("once.png 9\n" + "".join(f"{name} 3\n" for name in names[:400]) + "late.png 4\n")
    assert make_lmdb(source, tmp_path / "db") == 2
    assert not list(tmp_path.glob(".db*"))
    assert make_lmdb(source, tmp_path / "db", "--resume") == 2
    assert [path.name for path in tmp_path.glob(".db*")] == [f".db.part-cut-{os.getpid()}"]
    cv2.imwrite(str(source.parent / "late.png"), drawn.noise(0, 3, 4, 3))
    source.with_name("once.png").unlink()  # the first entry's, which is there already
    assert make_lmdb(source, tmp_path / "db", "--resume") == 0
    assert len(entries(tmp_path / "db")) == 402


def interrupted(run: list[str], folder: Path) -> tuple[int, str]:
    """Status and last words of a program that gets Ctrl-C once its database has begun."""
    process = subprocess.Popen(
        run,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while not any(file.stat().st_size for file in folder.glob(".db*/data.mdb")) and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    words = process.communicate()[1]
    return process.returncode, words


def test_ctrl_c(source: Path, tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    status, words = interrupted([*command(source, tmp_path / "db"), "--workers", "1"], tmp_path)
    assert status == 130
    assert words.endswith("interrupted\n")
    assert not (tmp_path / "db").exists()
    assert make_lmdb(source, tmp_path / "db", "--skip-bad", "--resume") == 1
    assert make_lmdb(source, tmp_path / "whole", "--skip-bad") == 1
    assert (tmp_path / "db/data.mdb").read_bytes() == (tmp_path / "whole/data.mdb").read_bytes()
    assert not list(tmp_path.glob(".db*"))
