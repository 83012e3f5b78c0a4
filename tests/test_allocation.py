"""Memory that is freed is taken again without the system's help, unless the user wants it otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, sys
from pycaffe_ext.allocation import keep_memory
keep_memory(*map(int, sys.argv[1:]))
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    bytearray(40_000_000)  # larger than all that glibc keeps by itself
begin = faults()
for _ in range(20):
    bytearray(40_000_000)
print(faults() - begin)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc alone can be told so")
@pytest.mark.parametrize(("keep", "largest", "is_kept"), [("1", [], True), ("0", [], False), ("1", ["4000000"], False)])
def test_page_faults(keep: str, largest: list[str], is_kept: bool) -> None:
    command = [sys.executable, "-c", CODE, *largest]
    environment = os.environ | {"PYCAFFE_EXT_KEEP_MEMORY": keep}
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert (int(printed.stdout) < 20) == is_kept


STEPS = """
import resource, sys
import pycaffe_ext as caffe
from pycaffe_ext.engine import memory

def data():
    return memory._numbers(memory._PROC / "self/status")["VmData:"]

solver = caffe.SGDSolver("solver.prototxt")
for _ in range(3):
    solver.step(1)
resource.setrlimit(resource.RLIMIT_DATA, (data() + 50_000_000,) * 2)
solver.step(2)
"""
NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 12 dim: 3 dim: 400 dim: 300 } } }
layer { name: "wide" type: "Convolution" bottom: "data" top: "wide"
  convolution_param { num_output: 12 kernel_size: 1 } }
layer { name: "tanh" type: "TanH" bottom: "wide" top: "tanh" }
layer { name: "loss" type: "Reduction" bottom: "tanh" top: "loss" loss_weight: 1 }
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits are looked up in /proc")
def test_what_is_kept_counts_as_free(tmp_path: Path) -> None:
    """Diffs of 140 MB go into the memory that those of the step before had: the limit leaves 50 MB beside it."""
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 9')
    done = subprocess.run([sys.executable, "-c", STEPS], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
