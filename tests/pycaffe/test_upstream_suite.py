"""pycaffe's own test suite, unchanged, with pycaffe_ext as its `caffe`.

It is read from the source package in the folder of real Caffe (`sudo .ci/real-caffe`) and never copied into
this project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import real_caffe
from real_caffe import needs_real_caffe

ROOT = Path(__file__).resolve().parents[2]

# The suite draws numbers and compares sums of them at rtol 1e-3: seeded, so that a sum near 0 cannot fail it once
# in a while. And unittest lacks, since Python 3.12, names that the suite still uses.
DRIVER = """\
import json, random, unittest
import caffe, numpy
random.seed(1); numpy.random.seed(1); caffe.set_random_seed(1)
for old, new in (("assertEquals", "assertEqual"), ("assertRaisesRegexp", "assertRaisesRegex")):
    if not hasattr(unittest.TestCase, old):
        setattr(unittest.TestCase, old, getattr(unittest.TestCase, new))
found = unittest.TextTestRunner().run(unittest.defaultTestLoader.discover("."))
bad = [f"{test.id()}: {trace}" for test, trace in found.failures + found.errors]
print(json.dumps({"run": found.testsRun, "skipped": len(found.skipped), "bad": bad}))
"""


def _lay_out(folder: Path) -> Path:
    """The suite as it lies in Caffe's tree, with the nets that it draws and the one library that it needs."""
    source = real_caffe.chroot / "source" / "caffe"
    for name in ("models", "examples"):
        (folder / name).symlink_to(source / name)
    tests = folder / "python" / "caffe" / "test"
    shutil.copytree(source / "python" / "caffe" / "test", tests)
    shutil.copy(real_caffe.chroot / "usr/lib/python3/dist-packages/six.py", tests)
    (tests / "run_all.py").write_text(DRIVER)
    if not shutil.which("dot"):  # real Caffe's folder has one
        dot = folder / "dot"
        dot.write_text(f'#!/bin/sh\nexec chroot "{real_caffe.chroot}" dot "$@"\n')
        dot.chmod(0o755)
    return tests


@needs_real_caffe
def test_pycaffes_own_suite_passes(tmp_path: Path) -> None:
    tests = _lay_out(tmp_path)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GLOG_minloglevel": "2",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-W", "ignore", "-m", "pycaffe_ext", "run", "run_all.py"]
    done = subprocess.run(command, cwd=tests, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["bad"], "\n".join(found["bad"])
    assert (found["run"], found["skipped"]) == (52, 0)
