"""Memory that is freed is taken again without the system's help, unless the user wants it otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import resource, sys
from pycaffe_ext.allocation import keep_memory
keep_memory()
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
@pytest.mark.parametrize("keep", ["1", "0"])
def test_page_faults(keep: str) -> None:
    environment = os.environ | {"PYCAFFE_EXT_KEEP_MEMORY": keep}
    printed = subprocess.run([sys.executable, "-c", CODE], env=environment, check=True, capture_output=True, text=True)
    if keep == "1":
        assert int(printed.stdout) < 20
    else:
        assert int(printed.stdout) > 20
