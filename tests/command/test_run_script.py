"""`python -m pycaffe_ext run`: scripts that say `import caffe`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment.pop("GLOG_minloglevel", None)
    command = [sys.executable, "-m", "pycaffe_ext", "run", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)


SEEN = """\
import json, os, sys
import neighbour
print(json.dumps([sys.argv, sys.path[0], __name__, __file__, os.getcwd(), neighbour.__file__,
                  sys.modules["__main__"].SEEN if "SEEN" in globals() else None]))
sys.exit(3)
"""


def test_a_script_sees_what_python_would_show_it(tmp_path: Path) -> None:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "seen.py").write_text("SEEN = 1\n" + SEEN)
    (folder / "neighbour.py").write_text("")
    arguments = ["scripts/seen.py", "-x", "--solver=1", "--", "train"]
    ours, pythons = _run(tmp_path, *arguments), _python(tmp_path, *arguments)
    assert json.loads(ours.stdout) == json.loads(pythons.stdout)
    assert (ours.returncode, pythons.returncode) == (3, 3)


IMPORTS = """\
import caffe.draw
import caffe, caffe.io as io
from caffe import layers as L, params as P
from caffe.proto import caffe_pb2
from caffe.coord_map import crop
from caffe.pycaffe import Net
import pycaffe_ext, sys
assert caffe is pycaffe_ext and io is caffe.io is sys.modules["pycaffe_ext.io"]
assert caffe_pb2 is caffe.proto.caffe_pb2 and Net is caffe.Net
assert pycaffe_ext.__spec__.name == "pycaffe_ext"
try:
    import caffe.imagenet
except ImportError as error:
    assert "imagenet" in str(error)
else:
    raise AssertionError
"""


def test_modules_are_the_same_under_both_names(tmp_path: Path) -> None:
    (tmp_path / "imports.py").write_text(IMPORTS)
    (tmp_path / "caffe.py").write_text("raise AssertionError('another caffe')")  # ours goes before any other
    done = _run(tmp_path, "imports.py")
    assert done.returncode == 0, done.stderr


TRAINS = """\
import caffe
class Ten(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top): top[0].data[...] = 10 * bottom[0].data
net = caffe.NetSpec()
net.data = caffe.layers.DummyData(shape=dict(dim=[2, 3]), data_filler=dict(type='constant', value=1))
net.ip = caffe.layers.InnerProduct(net.data, num_output=1)
net.ten = caffe.layers.Python(net.ip, module='__main__', layer='Ten')
net.loss = caffe.layers.EuclideanLoss(net.ip, net.ip)
open('net.prototxt', 'w').write(str(net.to_proto()))
open('solver.prototxt', 'w').write('net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" display: 1 max_iter: 2')
solver = caffe.get_solver('solver.prototxt')
solver.solve()
print(solver.net.blobs['ten'].data.shape)
"""


def test_a_training_script_logs_as_pycaffe_does_and_may_define_layers(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAINS)
    done = _run(tmp_path, "train.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(2, 1)\n"
    assert "] Learning Rate Policy: fixed\n" in done.stderr
    assert "] Iteration 1, lr = 0.1\n" in done.stderr
    assert "] Optimization Done.\n" in done.stderr


def test_what_a_script_raises_ends_it(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import caffe\ncaffe.Net('nosuch.prototxt', caffe.TEST)\n")
    done = _run(tmp_path, "bad.py")
    assert done.returncode == 1
    assert f'File "{tmp_path}/bad.py", line 2, in <module>' in done.stderr
    assert done.stderr.splitlines()[-1].endswith("nosuch.prototxt: cannot be read: No such file or directory")


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path, "nosuch.py")
    assert done.returncode == 1
    assert done.stderr == "python -m pycaffe_ext: error: nosuch.py: cannot be read: No such file or directory\n"
    assert "run needs a script" in _run(tmp_path).stderr
