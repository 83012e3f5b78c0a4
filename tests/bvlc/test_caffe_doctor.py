"""caffe-doctor: which GPUs a build of Caffe fits, told before a kernel fails."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCTOR = Path(__file__).resolve().parents[2] / "pycaffe_ext/bvlc/cmake/caffe-doctor"
BUILD = {"commit": "99bd997", "blas": "open", "cuda": "12.4", "architectures": [60, 61, 75, 80], "ptx": 80}
BUILD |= {"cudnn": "9.1.0", "nccl": ""}


@pytest.fixture(scope="module")
def doctor() -> ModuleType:
    loader = SourceFileLoader("caffe_doctor", str(DOCTOR))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    dont_write, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = dont_write
    return module


@pytest.mark.parametrize(
    ("capability", "fits", "why"),
    [
        (61, True, "the code for 6.1"),
        (62, True, "the code for 6.1"),
        (86, True, "the code for 8.0"),
        (90, True, "the PTX 8.0"),  # no code of major 9
        (70, False, "-DCMAKE_CUDA_ARCHITECTURES=70"),  # code for 7.5 is of a later minor number
        (52, False, "'invalid device function'"),
    ],
)
def test_verdicts(doctor: Any, capability: int, fits: bool, why: str) -> None:
    good, reason = doctor.verdict(capability, BUILD["architectures"], BUILD["ptx"])
    assert good is fits and why in reason


def test_drivers(doctor: Any) -> None:
    def judge(*seen: Any, **changed: Any) -> tuple[str, bool]:
        lines, fits = doctor.judge(BUILD | changed, *seen)
        return " ".join(lines), fits

    assert judge(12080, [("Tesla", 61), ("Old", 52)])[1] is False
    text, fits = judge(12080, [("Tesla", 61)])
    assert fits and "GPU 0: Tesla, 6.1: runs the code for 6.1" in text and "The driver is for CUDA 12.8" in text
    text, fits = judge(11040, [("Tesla", 61)])
    assert not fits and "too old" in text
    text, fits = judge(0, [])
    assert fits and "No NVIDIA driver" in text
    assert judge(0, [], cuda="") == ("This Caffe runs on the CPU alone.", True)


@pytest.mark.parametrize(("code", "status"), [("pass", 0), ("raise ImportError('no such thing')", 1)])
def test_the_installed_command(tmp_path: Path, code: str, status: int) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/caffe-doctor").write_bytes(DOCTOR.read_bytes())
    (tmp_path / "caffe-build.json").write_text(json.dumps(BUILD | {"cuda": ""}))
    (tmp_path / "caffe.py").write_text(code)
    python = tmp_path / "bin/caffe-python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    command = [sys.executable, tmp_path / "bin/caffe-doctor"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == status
    assert "Caffe 99bd997" in done.stdout and ("no such thing" in done.stdout) == bool(status)
    quiet = subprocess.run([*command, "--quiet"], capture_output=True, text=True)
    assert quiet.returncode == status and bool(quiet.stdout) == bool(status)
