"""What CMake says where the build of real Caffe cannot begin."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CMAKE = ROOT / "pycaffe_ext/bvlc/cmake"
pytestmark = pytest.mark.skipif(not shutil.which("cmake"), reason="no CMake: apt-get install cmake")


def said(*command: str | Path, status: int) -> str:
    """What a command says, in one line."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert (done.returncode != 0) == bool(status), done.stderr
    return " ".join((done.stdout + done.stderr).split())


def script(name: str, *settings: str, status: int = 1) -> str:
    return said("cmake", *settings, "-P", CMAKE / f"{name}.cmake", status=status)


def test_a_tarball_of_another_sha256(tmp_path: Path) -> None:
    tarball = tmp_path / "caffe.tar.gz"
    tarball.write_bytes(b"another")
    text = script("CaffeSource", f"-DCAFFE_SOURCE={tarball}")
    assert f"{tarball} has sha256 " in text
    assert "expected e0eb3f06794f7402c77b7dec8e8480273ee1a1bb192e9122b621a69d4147ad0c" in text


def test_a_tarball_that_is_not_there() -> None:
    assert "CAFFE_SOURCE=nowhere.tar.gz is neither git, nor a URL, nor a file that exists" in script(
        "CaffeSource", "-DCAFFE_SOURCE=nowhere.tar.gz"
    )


def commit(folder: Path, file: str) -> str:
    """A new git repository with one file, and its commit."""
    git = ["git", "-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.org"]
    said("git", "init", "-q", folder, status=0)
    (folder / file).write_text(file)
    said(*git, "add", file, status=0)
    said(*git, "commit", "-q", "-m", file, status=0)
    return said(*git, "rev-parse", "HEAD", status=0)


def test_git_takes_the_pinned_commit_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = commit(tmp_path / "caffe", "README.md")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/caffe.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/BVLC/caffe.git")
    source = (CMAKE / "CaffeSource.cmake").read_text()
    pinned = "99bd99795dcdf0b1d3086a8d67ab1782a8a08383"
    assert pinned in source

    def fetched(name: str, source: str, status: int) -> str:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "CaffeSource.cmake").write_text(source)
        nothing = " ".join(f'{step}_COMMAND ""' for step in ("CONFIGURE", "BUILD", "INSTALL"))
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(fetch NONE)\ninclude(ExternalProject)\n"
            "set(CAFFE_SOURCE git)\ninclude(CaffeSource.cmake)\n"
            f"ExternalProject_Add(caffe ${{SOURCE_SETTINGS}} SOURCE_DIR {folder}/source {nothing})\n"
        )
        said("cmake", "-S", folder, "-B", folder / "build", status=0)
        return said("cmake", "--build", folder / "build", status=status)

    assert f"reference is not a tree: {pinned}" in fetched("another", source, 1)
    fetched("same", source.replace(pinned, local), 0)
    assert (tmp_path / "same/source/README.md").exists()


def test_no_nvcc() -> None:
    text = script("CaffeCuda", "-DNVCC=NVCC-NOTFOUND")
    assert "There is no nvcc" in text and "-DCPU_ONLY=ON" in text


def test_a_toolkit_without_a_library(tmp_path: Path) -> None:
    for file in ("bin/nvcc", "include/cuda_runtime_api.h"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(f"#!/bin/sh\necho '#$ TOP={tmp_path}/bin/..'; echo 'release 12.4, V12.4.131'\n")
    (tmp_path / "bin/nvcc").chmod(0o755)
    text = script("CaffeCuda", f"-DNVCC={tmp_path}/bin/nvcc", status=1)
    assert f"CUDA 12.4 in {tmp_path}" in text
    assert "CUDA's runtime is missing (cuda_runtime_api.h and libcudart.so): it is part of" in text


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    nothing = ["-DCMAKE_FIND_ROOT_PATH=/nowhere", "-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY"]
    text = said("cmake", "-B", tmp_path, "-S", ROOT, "-DCPU_ONLY=ON", *nothing, "-DUSE_LEVELDB=OFF", status=1)
    assert "Caffe needs Boost, Boost.System, Boost.Thread, Boost.Filesystem, protobuf, glog," in text
    assert "apt-get install libboost-dev libboost-system-dev" in text
    assert "libopenblas-dev" in text and "leveldb" not in text


def test_a_blas_that_does_not_exist() -> None:
    assert "BLAS=fast: open, atlas or mkl" in script("CaffeOptions", "-DBLAS=fast")


def test_what_the_python_lacks(tmp_path: Path) -> None:
    (tmp_path / "scipy.py").write_text("raise ImportError")
    done = subprocess.run(
        [sys.executable, CMAKE / "python_facts.py"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pycaffe needs scipy" in done.stderr and "-m pip install scipy" in done.stderr


def test_joining_a_toolkit(tmp_path: Path) -> None:
    wheels, debian = tmp_path / "wheels/nvidia", tmp_path / "debian"
    for file in (
        "cublas/lib/libcublas.so.12",
        "cuda_runtime/lib/libcudart.so.12",
        "curand/lib/libcurand.so.10",
        "cuda_runtime/include/cuda_runtime.h",
        "cuda_nvcc/include/crt/host_config.h",
    ):
        (wheels / file).parent.mkdir(parents=True, exist_ok=True)
        (wheels / file).write_text(file)
    own = "usr/lib/nvidia-cuda-toolkit"
    names = ("bin2c", "cudafe++", "fatbinary", "nvlink", "ptxas", "cuobjdump", "nvprune")
    tools = [f"usr/bin/{name}" for name in names]
    for file in (*tools, f"{own}/bin/nvcc", f"{own}/bin/cicc", f"{own}/bin/crt/link.stub", f"{own}/libdevice/x.bc"):
        (debian / file).parent.mkdir(parents=True, exist_ok=True)
        (debian / file).write_text(file)
    join = [sys.executable, CMAKE / "join_cuda.py", tmp_path / "cuda", tmp_path / "wheels"]
    assert "bin/nvcc is in none of the parts" in said(*join, status=2)
    shutil.rmtree(tmp_path / "cuda")
    said(*join, debian, status=0)
    cuda = tmp_path / "cuda"
    assert (cuda / "bin/nvcc").read_text() == f"{own}/bin/nvcc"
    assert (cuda / "nvvm/bin/cicc").exists() and (cuda / "nvvm/libdevice/x.bc").exists()
    assert (cuda / "lib64/libcublas.so").resolve().name == "libcublas.so.12"
    assert (cuda / "include/crt/host_config.h").exists()
