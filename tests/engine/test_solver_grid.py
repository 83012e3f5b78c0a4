"""Six solvers, seven policies, both regularizations and more: 25 steps each against real Caffe's own numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from golden import trajectories
from real_caffe import needs_real_caffe

import pycaffe_ext

TOLERANCE = 2e-5

GOLDEN, FILES = trajectories.load()
Run = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with net and data."""
    monkeypatch.chdir(tmp_path)
    trajectories.write_files()
    return tmp_path


def assert_equal(ours: Run, real: Run, tolerance: float = TOLERANCE) -> None:
    assert ours.keys() == real.keys()
    differences = {key: largest_difference(ours[key], real[key]) for key in real}
    assert max(differences.values()) <= tolerance, differences


@pytest.mark.parametrize("name", trajectories.SETTINGS)
def test_25_steps_equal_real_caffes(name: str) -> None:
    assert_equal(trajectories.run(pycaffe_ext, name), GOLDEN[name])


def test_every_setting_makes_a_difference() -> None:
    """A setting that real Caffe itself ignores would hold nothing."""
    ends = {GOLDEN[name]["params"].tobytes() for name in trajectories.SETTINGS if name not in trajectories.SNAPSHOTS}
    assert len(ends) == len(trajectories.SETTINGS) - len(trajectories.SNAPSHOTS)


@pytest.mark.parametrize("name", trajectories.SNAPSHOTS)
def test_a_snapshot_of_real_caffe_is_continued(name: str, folder: Path) -> None:
    for file, content in FILES.items():
        (folder / file).write_bytes(content)
    ours = trajectories.run(pycaffe_ext, name, restore=True)
    straight = GOLDEN[name] | {"losses": GOLDEN[name]["losses"][trajectories.RESTORED_AT :]}
    assert_equal(ours, straight)


@needs_real_caffe
def test_real_caffe_continues_our_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        trajectories.write_files()
        ours = {name: trajectories.run(pycaffe_ext, name, snapshot=True) for name in trajectories.SNAPSHOTS}
        trajectories.in_real_caffe(real, "go_on")
        restored, _ = trajectories.load(real.path / "restored.npz")
    for name, run in restored.items():
        assert_equal(ours[name] | {"losses": ours[name]["losses"][trajectories.RESTORED_AT :]}, run)


@needs_real_caffe
def test_trajectories_are_what_real_caffe_says_now() -> None:
    with real_caffe.folder() as real:
        trajectories.in_real_caffe(real, "take")
        now, _ = trajectories.load(real.path / trajectories.FILE.name)
    assert now.keys() == GOLDEN.keys(), "take them again: python tests/golden/trajectories.py"
    for name in GOLDEN:
        assert_equal(now[name], GOLDEN[name])
