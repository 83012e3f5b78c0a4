from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets import option_values as values

Tool = Callable[..., int]


@pytest.mark.parametrize(
    ("of", "text", "expected"),
    [
        (values.columns, "image=file,label=age+sex", {"image": ["file"], "label": ["age", "sex"]}),
        (values.parts, "train=0.75,val=.25", {"train": 0.75, "val": 0.25}),
        (values.parts, "a=a.txt,b=x/b.txt", {"a": "a.txt", "b": "x/b.txt"}),
        (values.pairs, "left:right,a:a", [("left", "right"), ("a", "a")]),
        (values.label_pairs, "1:2,3:3", {1: 2, 2: 1, 3: 3}),
        (values.relabel, "7:0,65535:1,*:255", {7: 0, 65535: 1, None: 255}),
        (values.balance, "min", "min"),
        (values.balance, "300", "300"),
    ],
)
def test_values(of: Callable[[str], Any], text: str, expected: object) -> None:
    assert of(text) == expected


@pytest.mark.parametrize(
    ("of", "text", "problem"),
    [
        (values.columns, "image", "'image' is not image=NAME"),
        (values.columns, "image=a,image=b", "'image=b' is not"),
        (values.columns, "pixels=a", "'pixels=a' is not"),
        (values.columns, "label=a++b", "is not image=NAME"),
        (values.parts, "train", "'train' is not NAME=FRACTION"),
        (values.parts, "a=0.5,a=0.5", "'a=0.5' is not"),
        (values.parts, "a=0.5,b=list.txt", "mixes fractions and files"),
        (values.pairs, "left", "'left' is not ONE:OTHER"),
        (values.label_pairs, "1:2,2:3", "names label 2 or 3 in two pairs"),
        (values.label_pairs, "1:256", "'256' in '1:256' is not a label"),
        (values.relabel, "1:2,1:3", "names 1 twice"),
        (values.relabel, "x:2", "'x' in 'x:2' is not a label, 0 to 65535"),
        (values.balance, "0", "is not max, min, or a number"),
    ],
)
def test_values_that_are_wrong(of: Callable[[str], Any], text: str, problem: str) -> None:
    with pytest.raises(ArgumentTypeError) as error:
        of(text)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--labels", "0"], "--labels is at least 1"),
        (["--append", "--overwrite"], "contradict each other"),
        (["--net", "x.prototxt"], "--net and --blob go together"),
        (["--format", "hdf5", "--encoded", "jpg"], "--encoded is not for HDF5"),
        (["--format", "hdf5", "--append"], "--append is for LMDBs"),
        (["--format", "list", "--append"], "--append is for databases"),
        (["--label-out", "l"], "--label-out is for --label-maps, and for sources with"),
        (["--subset", "train"], "--subset is of no use for ., which is taken as: folder"),
        (["--mirror-labels", "1:2"], "are for --label-maps"),
        (["--split", "a=0.7,b=0.7"], "add up to at most 1"),
    ],
)
def test_options_that_make_no_sense(
    monkeypatch: pytest.MonkeyPatch,
    photos: Path,
    make_lmdb: Tool,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    problem: str,
) -> None:
    monkeypatch.chdir(photos)
    assert make_lmdb(".", "out", *arguments) == 2
    assert problem in capsys.readouterr().err
    assert sorted(path.name for path in photos.iterdir()) == ["cat", "dog"]


def test_sources_with_more_than_one_label_need_a_place_for_them(
    tmp_path: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "set.npz", data=drawn.noise(0, 2, 3, 4), label=np.zeros((2, 5)) + 0.5)
    assert make_lmdb(tmp_path / "set.npz", tmp_path / "out") == 2
    assert "has numbers that are no class; --label-out says where they go" in capsys.readouterr().err
    drawn.camvid(tmp_path / "cam")
    assert make_lmdb(tmp_path / "cam", tmp_path / "out", "--subset", "val") == 2
    assert "has label maps; --label-out says where they go" in capsys.readouterr().err


def test_help_needs_neither_torch_nor_opencv() -> None:
    tool = Path(__file__).parents[2] / "tools/make_lmdb.py"
    code = (
        "import runpy, sys\nsys.argv = ['make_lmdb.py', '--help']\n"
        f"try: runpy.run_path({str(tool)!r}, run_name='__main__')\nexcept SystemExit: pass\n"
        "print('loaded', [name for name in ('torch', 'cv2', 'h5py', 'lmdb', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
