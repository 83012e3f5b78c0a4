"""Genuine BVLC Caffe for tests: programs and Python run in a chroot, over a folder seen from both sides.

    @needs_real_caffe
    def test_x():
        with real_caffe.folder() as real:
            (real.path / "net.prototxt").write_text(...)
            real.run("upgrade_net_proto_text", "net.prototxt", "new.prototxt")
            real.python("import caffe; print(caffe.Net('new.prototxt', caffe.TEST).blobs.keys())").stdout

`sudo .ci/real-caffe` makes the chroot; REAL_CAFFE names it (default /opt/real-caffe). Where it cannot be
used the tests skip, or fail if
CI_REAL_CAFFE=required.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

chroot = Path(os.environ.get("REAL_CAFFE", "/opt/real-caffe"))

environment = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "GLOG_minloglevel": "2",  # errors and failed CHECKs only
    "PYTHONDONTWRITEBYTECODE": "1",
}


def _problem() -> str:
    if not (chroot / ".complete").exists():
        return f"no real Caffe in {chroot}: sudo .ci/real-caffe"
    if os.geteuid() != 0:
        return f"real Caffe in {chroot} needs root to chroot: run the tests as root"
    if not (chroot / "proc/self").exists():
        return f"/proc is not mounted in {chroot}: sudo .ci/real-caffe"
    return ""


problem = _problem()
"""Why real Caffe cannot be used here; empty where it can."""

needs_real_caffe = pytest.mark.skipif(
    bool(problem) and os.environ.get("CI_REAL_CAFFE") != "required", reason=problem or "real Caffe is there"
)


@dataclass(frozen=True)
class RealFolder:
    """One temporary folder: `path` on this side, `inside` as real Caffe's programs see it."""

    path: Path
    inside: str

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        """The command line that runs a program in the chroot with this folder as current directory."""
        return ["chroot", str(chroot), "/usr/bin/env", "-C", self.inside, program, *map(str, arguments)]

    def run(
        self,
        program: str,
        *arguments: str | Path,
        check: bool = True,
        timeout: float = 300,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program in the chroot with this folder as current directory.

        `check`: a status other than 0 raises AssertionError with the program's last output.
        """
        done = subprocess.run(
            self.command(program, *arguments),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=environment | (env or {}),
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{program} ended with status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-6000:]}"
            )
        return done

    def python(
        self,
        code: str | Path,
        *arguments: str | Path,
        check: bool = True,
        timeout: float = 300,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs the chroot's Python 3.9 on `code`: source text, or the path of a file, copied into this folder."""
        if isinstance(code, Path):
            if code.parent != self.path:
                shutil.copy(code, self.path)
            return self.run("python3", code.name, *arguments, check=check, timeout=timeout, env=env)
        return self.run("python3", "-c", code, *arguments, check=check, timeout=timeout, env=env)


@contextmanager
def folder() -> Iterator[RealFolder]:
    """A new folder in the chroot's /tmp; removed at the end."""
    if problem:
        raise RuntimeError(problem)
    path = Path(tempfile.mkdtemp(prefix="caffe-", dir=chroot / "tmp"))
    try:
        yield RealFolder(path, f"/{path.relative_to(chroot)}")
    finally:
        shutil.rmtree(path)
