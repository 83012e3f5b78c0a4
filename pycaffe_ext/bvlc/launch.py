"""Where real Caffe is: the command that starts a Python with pycaffe there, with the user's files in sight."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import FileError, OptionError

IMAGE = "pycaffe-ext"  # what docker/build makes, tagged cpu and cuda

# Keeps glog on standard error, where the last lines explain a death, and Caffe's threads from spinning
_ENVIRONMENT = {"GLOG_logtostderr": "1", "GLOG_minloglevel": "2", "OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Place:
    """One of: a Python that has pycaffe (`python`), a root folder with such a Python (`chroot`), a `docker` image."""

    python: str = "python3"
    chroot: str = ""
    docker: str = ""

    def __str__(self) -> str:
        if self.docker:
            return f"the image {self.docker}"
        return f"the root folder {self.chroot}" if self.chroot else self.python

    def command(self, source: str, folders: Iterable[Path], *, gpu: bool) -> list[str]:
        """The command line that runs the Python text `source` in the current folder.

        `folders` (and all below them) are seen there under their own names. Raises FileError, OptionError.
        """
        folders = _outermost([Path.cwd(), *folders])
        if self.docker:
            return self._docker(source, folders, gpu)
        if self.chroot:
            return self._chroot(source, folders)
        if not shutil.which(self.python):
            raise FileError(self.python, "is no Python that can be run; name one that has pycaffe: --caffe-python PATH")
        return ["env", *_settings(), self.python, "-c", source]

    def _docker(self, source: str, folders: Sequence[Path], gpu: bool) -> list[str]:
        if not shutil.which("docker"):
            raise OptionError("--docker needs docker (or podman under that name) on the PATH")
        options = ["--rm", "--interactive", "--network", "none", "--user", f"{os.getuid()}:{os.getgid()}"]
        options += ["--gpus", "all"] if gpu else []
        options += [option for folder in folders for option in ("--volume", f"{folder}:{folder}")]
        options += [option for setting in _settings() for option in ("--env", setting)]
        image = f"{IMAGE}:{'cuda' if gpu else 'cpu'}" if self.docker == IMAGE else self.docker
        return ["docker", "run", *options, "--workdir", str(Path.cwd()), image, "python3", "-c", source]

    def _chroot(self, source: str, folders: Sequence[Path]) -> list[str]:
        """In a mount namespace of its own, so that nothing stays mounted however the process ends."""
        if os.geteuid() != 0:
            raise OptionError("--caffe-chroot needs root: chroot and mount do")
        root = Path(self.chroot).resolve()
        if not (root / "bin/sh").exists():
            raise FileError(self.chroot, "holds no system to run; see .ci/real-caffe for one with real Caffe")
        script = ["set -e", f'root="{root}"', 'mountpoint -q "$root/proc" || mount --bind /proc "$root/proc"']
        for folder in folders:
            if not folder.is_relative_to(root):
                script += [f'mkdir -p "$root{folder}"', f'mount --rbind "{folder}" "$root{folder}"']
        inside = Path.cwd()
        if inside.is_relative_to(root):
            inside = Path("/", inside.relative_to(root))
        script.append(f'exec chroot "$root" env -C "{inside}" "$@"')
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(script), "sh"]
        return [*words, *_settings(), self.python, "-c", source]


def _settings() -> list[str]:
    return [f"{name}={os.environ.get(name, value)}" for name, value in _ENVIRONMENT.items()]


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Each folder once, without those that lie in another."""
    found: list[Path] = []
    for folder in sorted({folder.resolve() for folder in folders}):
        if not any(folder.is_relative_to(other) for other in found):
            found.append(folder)
    return found
