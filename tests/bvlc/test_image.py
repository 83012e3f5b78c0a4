"""docker/: everything that goes into the image is pinned; the launchers' command lines."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOUBLE = '#!/bin/sh\n[ "$1" = info ] || printf "<%s> " "$@"\n'


@pytest.fixture
def docker(tmp_path: Path) -> dict[str, str]:
    """The environment with a docker that prints its arguments."""
    double = tmp_path / "bin/docker"
    double.parent.mkdir()
    double.write_text(DOUBLE)
    double.chmod(0o755)
    return os.environ | {"PATH": f"{double.parent}:{os.environ['PATH']}"}


def test_the_base_is_named_by_digest() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=\S+@sha256:[0-9a-f]{64}$", text, re.M)
    bases = set(re.findall(r"^FROM (\S+)", text, re.M))
    assert bases == {"${BASE}", "system"}
    assert "ADD " not in text and "curl" not in text


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_packages_have_versions(name: str) -> None:
    lines = (DOCKER / f"packages/{name}.txt").read_text().split()
    assert lines == sorted(set(lines))
    assert all(re.fullmatch(r"[a-z0-9.+-]+=[\w.+:~-]+", line) for line in lines)
    pinned = {line.partition("=")[0] for line in lines}
    asked = set((DOCKER / f"packages/{name}.names").read_text().split())
    assert asked <= pinned


def test_no_package_is_in_both_lists() -> None:
    names = [set((DOCKER / f"packages/{name}.txt").read_text().split()) for name in ("runtime", "build")]
    assert not names[0] & names[1]
    assert not any(re.match(r"(g\+\+|gcc|cmake|make|.*-dev)(-\d+)?=", line) for line in names[0])


@pytest.mark.parametrize(
    "file", [*DOCKER.glob("requirements/*.txt"), ROOT / "pycaffe_ext/bvlc/cmake/requirements.txt"], ids=lambda f: f.stem
)
def test_wheels_have_hashes(file: Path) -> None:
    text = re.sub(r" \\\n\s*", " ", file.read_text())
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.+]+( --hash=sha256:[0-9a-f]{64})+", line), line


def test_both_images_hold_what_the_package_needs() -> None:
    project = (ROOT / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("]")[0]
    needed = {re.split(r"[>=<]", name)[0] for name in re.findall(r'"(\S+)"', project)}
    for kind in ("cpu", "cuda"):
        pinned = {line.partition("==")[0] for line in (DOCKER / f"requirements/{kind}.txt").read_text().splitlines()}
        assert needed <= pinned


def test_run(tmp_path: Path, docker: dict[str, str]) -> None:
    folder, data = tmp_path / "a job's", tmp_path / "the data"
    folder.mkdir()
    data.mkdir()
    command = [DOCKER / "run", "--cuda", "--mount", data, "train.py", "solver.prototxt", "--engine", "caffe"]
    done = subprocess.run(command, cwd=folder, env=docker, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    told = done.stdout
    assert told.startswith("<run> <--rm> <--network> <none> ")
    assert f"<--user> <{os.getuid()}:{os.getgid()}> " in told
    assert f"<--volume> <{folder}:/workspace> <--workdir> </workspace> " in told and "<--gpus> <all> " in told
    assert f"<--volume> <{data}:{data}> " in told
    assert told.endswith("<pycaffe-ext:cuda> <train.py> <solver.prototxt> <--engine> <caffe> ")


@pytest.mark.parametrize("arguments", [["--mount", "/no/such/folder"], ["--gpus", "1"]])
def test_run_with_wrong_options(docker: dict[str, str], arguments: list[str]) -> None:
    done = subprocess.run([DOCKER / "run", *arguments], env=docker, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("run: ") and not done.stdout


def test_build(tmp_path: Path, docker: dict[str, str]) -> None:
    local = tmp_path / "pieces"
    (local / "wheels").mkdir(parents=True)
    command = [DOCKER / "build", "cuda", "--base", "my/base", "--local", local, "CMAKE_OPTIONS=-DA=1 -DB='2'"]
    done = subprocess.run(command, env=docker | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "<--file> <docker/Dockerfile> <--tag> <pycaffe-ext:cuda> " in done.stdout
    for argument in ("CMAKE_OPTIONS=-DA=1 -DB='2'", "BASE=my/base", "KIND=cuda", "SOURCE_DATE_EPOCH=1534809600"):
        assert f"<--build-arg> <{argument}> " in done.stdout
    assert not list(tmp_path.glob("caffe-image.*"))


def test_build_without_a_kind() -> None:
    done = subprocess.run([DOCKER / "build", "gpu"], capture_output=True, text=True)
    assert done.returncode == 2 and "docker/build cpu|cuda" in done.stderr
