"""One script on two sides: on real pycaffe in the chroot, and on pycaffe_ext through `python -m pycaffe_ext run`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import real_caffe

Found = dict[str, npt.NDArray[np.generic]]

ROOT = Path(__file__).resolve().parents[2]
SIDES = Path(__file__).parent / "sides"


def _ours(script: Path, folder: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GLOG_minloglevel": "2", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pycaffe_ext", "run", str(script), "ours.npz"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def both_sides() -> Callable[..., tuple[Found, Found]]:
    """Runs sides/NAME.py first on real pycaffe, then on ours, in one folder; gives what each side saved.

    `prepare` is given the folder first, to put files there.
    """

    def run(name: str, prepare: Callable[[Path], None] = lambda folder: None) -> tuple[Found, Found]:
        script = SIDES / f"{name}.py"
        with real_caffe.folder() as real:
            prepare(real.path)
            real.python(script, "real.npz")
            _ours(script, real.path)
            found = [dict(np.load(real.path / f"{side}.npz")) for side in ("real", "ours")]
        assert found[0].keys() == found[1].keys()
        return found[0], found[1]

    return run
