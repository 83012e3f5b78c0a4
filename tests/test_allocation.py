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


WITHIN_A_LIMIT = """
import resource
import pycaffe_ext as caffe
from pycaffe_ext.engine import memory

net = caffe.Net("net.prototxt", caffe.TEST)
bytearray(400_000_000)  # freed at once, and kept
data = memory._numbers(memory._PROC / "self/status")["VmData:"]
resource.setrlimit(resource.RLIMIT_DATA, (data + 50_000_000,) * 2)
net._forward(0, 1)
"""
NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 40 dim: 50 } } }
layer { name: "many" type: "Tile" bottom: "data" top: "many" tile_param { axis: 0 tiles: 3000 } }
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits are looked up in /proc")
def test_what_is_kept_counts_as_free(tmp_path: Path) -> None:
    """A top of 144 MB goes into what was freed: the limit leaves 50 MB beside it."""
    (tmp_path / "net.prototxt").write_text(NET)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # threads that are begun now would count too
    command = [sys.executable, "-c", WITHIN_A_LIMIT]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
