"""The command lines that start a Python with real Caffe in a container."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from pycaffe_ext.bvlc import Place
from pycaffe_ext.bvlc.flags import add_place, place_of
from pycaffe_ext.errors import OptionError


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker on the PATH; the current folder is a job's."""
    double = tmp_path / "bin/docker"
    double.parent.mkdir()
    double.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(double.parent))
    (tmp_path / "job").mkdir()
    monkeypatch.chdir(tmp_path / "job")
    return double


def place(*arguments: str) -> Place | None:
    parser = argparse.ArgumentParser()
    add_place(parser, "where")
    return place_of(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("flags", "gpu", "image"),
    [
        (["--docker"], False, "pycaffe-ext:cpu"),
        (["--docker"], True, "pycaffe-ext:cuda"),
        (["--docker", "mine:1"], True, "mine:1"),
    ],
)
def test_in_a_container(tmp_path: Path, flags: list[str], gpu: bool, image: str) -> None:
    where = place(*flags)
    assert where is not None
    command = where.command("text", [tmp_path / "job/weights", tmp_path / "data"], gpu=gpu)
    assert command[:2] == ["docker", "run"] and command[-4:] == [image, "python3", "-c", "text"]
    options = " ".join(command[2:-4])
    assert "--network none" in options and f"--user {os.getuid()}:{os.getgid()}" in options
    assert ("--gpus all" in options) is gpu
    job, data = tmp_path / "job", tmp_path / "data"
    volumes = [command[i + 1] for i, word in enumerate(command) if word == "--volume"]
    assert sorted(volumes) == sorted([f"{data}:{data}", f"{job}:{job}"])  # job/weights is in sight with job
    assert f"--workdir {job}" in options


def test_without_docker(docker: Path) -> None:
    docker.unlink()
    with pytest.raises(OptionError, match="needs docker"):
        Place(docker="x").command("text", [], gpu=False)


def test_no_flag_is_no_place() -> None:
    assert place() is None
    assert place("--caffe-python", "p") == Place("p")
