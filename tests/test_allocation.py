"""Memory that is freed is taken again without the system's help, unless the user wants it otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

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
