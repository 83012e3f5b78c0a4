"""HDF5 files and lists for ImageData: what is in them, and that the layers of this engine read it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets.conversion import convert
from pycaffe_ext.datasets.database_folder import forget
from pycaffe_ext.datasets.hdf5_batches import Hdf5Batches
from pycaffe_ext.datasets.recipes import Recipe
from pycaffe_ext.datasets.sources import open_source
from pycaffe_ext.datasets.targets import image_list
from pycaffe_ext.datasets.targets.folder_target import Run
from pycaffe_ext.datasets.targets.hdf5_shards import Hdf5Shards, hdf5_shards

Tool = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_hdf5_of_a_folder(tmp_path: Path, photos: Path, make_lmdb: Tool) -> None:
    assert make_lmdb(photos, tmp_path / "h5", "--format", "hdf5", "--gray") == 0
    assert (tmp_path / "h5/list.txt").read_text() == f"{tmp_path}/h5/0000.h5\n"
    with h5py.File(tmp_path / "h5/0000.h5") as file:
        assert file["data"].shape == (5, 1, 24, 32)
        assert file["label"][()].tolist() == [[0], [0], [0], [1], [1]]
        gray = cv2.imread(str(photos / "dog/c.png"), cv2.IMREAD_GRAYSCALE)
        assert np.array_equal(file["data"][4, 0], gray)
    assert (tmp_path / "labels.txt").read_text() == "cat\ndog\n"


def test_files_are_cut_at_the_limit(tmp_path: Path) -> None:
    """Rows of (6 * 7 + 1) floats: five to a file of 1,000 bytes; read as one set they are what went in."""
    pixels, labels = drawn.noise(0, 23, 6, 7), np.arange(23) / 2
    np.savez(tmp_path / "set.npz", data=pixels, label=labels)
    folder = tmp_path / "h5"
    folder.mkdir()
    target = Hdf5Shards(folder, folder, Run(), limit=1000)
    listing = open_source(str(tmp_path / "set.npz"))
    convert(listing, Recipe(), [target], workers=2)
    target.close()
    files = (folder / "list.txt").read_text().split()
    assert [Path(file).name for file in files] == [f"{number:04}.h5" for number in range(5)]
    rows = []
    for file in files:
        with h5py.File(file) as opened:
            rows.append(len(opened["data"]))
    assert rows == [5, 5, 5, 5, 3]
    data, found = Hdf5Batches(str(folder / "list.txt"), ["data", "label"], 23).next()
    assert np.array_equal(data[:, 0], pixels)
    assert np.array_equal(found[:, 0], labels)


def test_hdf5_that_is_cut_off_goes_on(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", data=drawn.noise(0, 23, 6, 7), label=np.arange(23) / 2)
    listing = open_source(str(tmp_path / "set.npz"))
    files = []
    for cuts in ([], [2, 12, 13, 22]):
        starts = []

        def progress(done: int, cuts: list[int] = cuts, starts: list[int] = starts) -> None:
            starts.append(done)
            if done in cuts:
                cuts.remove(done)
                raise KeyboardInterrupt

        while not (tmp_path / "h5").exists():
            run = Run(resume=True)
            with suppress(KeyboardInterrupt), hdf5_shards(tmp_path / "h5", run, limit=1000) as target:
                convert(listing, Recipe(), [target], workers=2, progress=progress)
        forget(tmp_path / "h5")
        files.append({file.name: file.read_bytes() for file in (tmp_path / "h5").iterdir()})
        shutil.rmtree(tmp_path / "h5")
    assert files[0] == files[1]
    assert len(files[0]) == 6
    # whole files are not made again: after the cut at 12 entries it goes on with the 11th
    assert starts == [1, 2, *range(1, 13), *range(11, 14), *range(11, 23), *range(21, 24)]


def test_hdf5_needs_one_size(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    cv2.imwrite(str(photos / "dog/d.png"), drawn.noise(0, 9, 10, 3))
    assert make_lmdb(photos, tmp_path / "h5", "--format", "hdf5") == 2
    assert "entry 5 is 3x9x10, those before 3x24x32; HDF5 needs one size: --resize" in capsys.readouterr().err
    assert not (tmp_path / "h5").exists()
    assert make_lmdb(photos, tmp_path / "with space", "--format", "hdf5", "--resize", "9x9") == 2
    assert "white space, which ends a path" in capsys.readouterr().err


def test_list_of_files_as_they_are(tmp_path: Path, photos: Path, make_lmdb: Tool) -> None:
    assert make_lmdb(photos, tmp_path / "list.txt", "--format", "list") == 0
    lines = (tmp_path / "list.txt").read_text().splitlines()
    assert lines[2:4] == [f"{photos}/cat/with space.jpg 0", f"{photos}/dog/a.png 1"]
    assert not (tmp_path / "list_images").exists()


def test_list_with_images_that_are_made(tmp_path: Path, photos: Path, make_lmdb: Tool) -> None:
    arguments = ["--format", "list", "--mirror-classes", "dog:dog"]
    assert make_lmdb(photos, tmp_path / "list.txt", *arguments) == 0
    lines = (tmp_path / "list.txt").read_text().splitlines()
    assert lines[3:5] == [f"{photos}/dog/a.png 1", f"{tmp_path}/list_images/00000004.png 1"]
    one, other = (cv2.imread(line.rpartition(" ")[0]) for line in lines[3:5])
    assert np.array_equal(one, other[:, ::-1])


def test_list_of_label_maps(tmp_path: Path, make_lmdb: Tool, capsys: Captured) -> None:
    truth = drawn.camvid(tmp_path / "cam")
    arguments = [tmp_path / "cam", tmp_path / "i.txt", "--subset", "train", "--label-out", tmp_path / "l.txt"]
    assert make_lmdb(*arguments, "--format", "list") == 0
    [line] = (tmp_path / "l.txt").read_text().splitlines()
    assert np.array_equal(cv2.imread(line.rpartition(" ")[0], cv2.IMREAD_UNCHANGED), truth)
    assert make_lmdb(*arguments, "--format", "list") == 2
    assert "i.txt: exists already" in capsys.readouterr().err


def test_a_list_that_fails_leaves_nothing(tmp_path: Path, make_lmdb: Tool, capsys: Captured) -> None:
    np.savez(tmp_path / "set.npz", data=np.zeros((3, 4, 5, 3)))
    assert make_lmdb(tmp_path / "set.npz", tmp_path / "list.txt", "--format", "list") == 2
    assert "float32 of shape 4x5x3 cannot be encoded as an image file" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


@pytest.mark.parametrize("last", [2, 5, "rename", "list"])
def test_list_that_is_cut_off_goes_on(
    tmp_path: Path, make_lmdb: Tool, monkeypatch: pytest.MonkeyPatch, last: int | str
) -> None:
    """After some images, between the renames of the two folders, or when but one list is written."""
    drawn.camvid(tmp_path / "cam")
    for number in range(8):
        for part in ("train", "trainannot"):
            shutil.copy(tmp_path / f"cam/{part}/a.png", tmp_path / f"cam/{part}/b{number}.png")
    arguments = [tmp_path / "cam", "i.txt", "--label-out", "l.txt", "--subset", "train", "--format", "list"]
    arguments += ["--resize", "5x7", "--workers", 1]
    for folder in ("whole", "cut"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "whole")
    assert make_lmdb(*arguments) == 0
    monkeypatch.chdir(tmp_path / "cut")
    child = os.fork()
    if not child:
        if last == "list":
            monkeypatch.setattr(image_list, "write_bytes", lambda path, content: path.name == "i.txt" and os._exit(9))
        else:
            put, rename = image_list.ImageListTarget.put, os.rename

            def cut(target: Any, number: int, packed: Any) -> None:
                if number == last:
                    target.sync()
                    os._exit(9)
                put(target, number, packed)

            def renamed(old: Any, new: Any) -> None:
                os._exit(9) if last == "rename" and Path(new).name == "i_images" else rename(old, new)

            monkeypatch.setattr(image_list.ImageListTarget, "put", cut)
            monkeypatch.setattr(os, "rename", renamed)
        make_lmdb(*arguments)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not (tmp_path / "cut/i.txt").exists()
    assert make_lmdb(*arguments, "--resume") == 0
    whole, cut_off = (
        {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (tmp_path / "whole", tmp_path / "cut")
    )
    assert whole == cut_off
    assert len(whole) == 2 * (9 + 1)
