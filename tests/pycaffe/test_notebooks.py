"""The code of Caffe's example notebooks, cell by cell, with pycaffe_ext as its `caffe`.

They are read from Caffe's source (`sudo .ci/real-caffe`) and never copied into this project. Data and weights that
they download are drawn instead, and loops are shorter. Two of them, in which nothing is random, run on real Caffe
too and must print the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import lmdb
import numpy as np
import pytest
import real_caffe
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import Datum
from pycaffe_ext.proto.files import write_binary

pytestmark = needs_real_caffe

ROOT = Path(__file__).resolve().parents[2]
SOURCE = real_caffe.chroot / "source" / "caffe"
DRIVER = Path(__file__).parent / "sides" / "notebook.py"
CAFFENET = "models/bvlc_reference_caffenet"

SMALLER = ("4096", "128")  # CaffeNet's hidden units, in nets and notebooks alike
ON_CPU = ("set_mode_gpu()", "set_mode_cpu()")
DRAW = "net.params['conv'][0].data[...] = np.random.normal(0, 0.1, (3, 1, 5, 5))"  # random otherwise
# What stands in a notebook, and what runs instead.
REPLACED = {
    "00-classification": [
        ON_CPU,
        ("reshape(50,", "reshape(2,"),  # images in a batch
        ("!wget -O image.jpg $my_image_url", "!cp images/fish-bike.jpg image.jpg"),
    ],
    "01-learning-lenet": [
        ON_CPU,
        ("!data/mnist/get_mnist.sh", ""),
        ("!examples/mnist/create_mnist.sh", ""),
        ("niter = 200", "niter = 25"),
        ("niter = 250", "niter = 20"),
        ("niter / 10", "niter // 10"),  # Python 2 divides integers so
        ("range(100)", "range(2)"),
        ("correct / 1e4", "correct / 2e2"),
    ],
    "02-fine-tuning": [
        SMALLER,
        ON_CPU,
        ("!data/ilsvrc12/get_ilsvrc_aux.sh", ""),
        ("!scripts/download_model_binary.py models/bvlc_reference_caffenet", ""),
        ("!python examples/finetune_flickr_style/assemble_data.py", "!true"),
        (r"np.loadtxt(style_label_file, str, delimiter='\n')", "open(style_label_file).read().splitlines()"),
        ("NamedTemporaryFile(delete=False)", "NamedTemporaryFile('w', delete=False)"),
        ("batch_size=50", "batch_size=9"),
        ("niter = 200", "niter = 2"),
        ("test_iters=10", "test_iters=1"),
    ],
    "net_surgery": [("'net_surgery/conv.prototxt', caffe.TEST)", "'net_surgery/conv.prototxt', caffe.TEST); " + DRAW)],
    "brewing-logreg": [
        ("import sklearn\nimport sklearn.datasets\nimport sklearn.linear_model\n\nimport pandas as pd", ""),
        (
            "X, y = sklearn.datasets.make_classification(\n    n_samples=10000, n_features=4, n_redundant=0,"
            " n_informative=2, \n    n_clusters_per_class=2, hypercube=False, random_state=0\n)",
            "y = np.random.randint(0, 2, 1000); X = np.random.normal(0, 1, (1000, 4)) + y[:, None] * [1, 0, -1, 0]",
        ),
        (
            "X, Xt, y, yt = sklearn.model_selection.train_test_split(X, y)",
            "X, Xt, y, yt = X[:750], X[750:], y[:750], y[750:]",
        ),
        ("df = pd.DataFrame", "pass  # "),
        ("_ = pd.plotting", "pass  # "),
        ("permutation(X.shape[0])[:1000]", "permutation(X.shape[0])[:100]"),
        ("s.max_iter = 10000", "s.max_iter = 100"),
        ("s.test_interval = 1000", "s.test_interval = 50"),
        ("s.test_iter.append(250)", "s.test_iter.append(10)"),
        ("!./build/tools/caffe train", f"!{sys.executable} -m pycaffe_ext train"),
    ],
}
LEFT_OUT = {"brewing-logreg": {5: "trains scikit-learn's own classifier"}}


def lay_out(folder: Path) -> None:
    """Caffe's tree as far as the notebooks need it, with drawn data."""
    random = np.random.RandomState(0)
    for name in (
        "examples/mnist",
        "examples/net_surgery",
        "examples/finetune_flickr_style",
        "examples/images",
        CAFFENET,
        "models/finetune_flickr_style",
    ):
        shutil.copytree(SOURCE / name, folder / name)
    shutil.copytree(SOURCE / "python/caffe/imagenet", folder / "python/caffe/imagenet")
    for name in (f"{CAFFENET}/deploy.prototxt", "examples/net_surgery/bvlc_caffenet_full_conv.prototxt"):
        (folder / name).write_text((folder / name).read_text().replace(*SMALLER))
    draw_weights(folder / CAFFENET, random)
    (folder / "data/ilsvrc12").mkdir(parents=True)
    (folder / "data/ilsvrc12/synset_words.txt").write_text("".join(f"n{i:08d} thing {i}\n" for i in range(1000)))
    write_binary(folder / "data/ilsvrc12/imagenet_mean.binaryproto", array_to_blob(np.full((1, 3, 256, 256), 110.0)))
    for part in ("train", "test"):
        draw_digits(folder / f"examples/mnist/mnist_{part}_lmdb", random)
        draw_styles(folder / "data/flickr_style", part, random)


def draw_weights(folder: Path, random: np.random.RandomState) -> None:
    """Weights that keep CaffeNet's values in the range of a trained net's."""
    net = caffe.Net(folder / "deploy.prototxt", caffe.TEST)
    for name, (weights, biases) in net.params.items():
        scale = 0.01 if name == "conv1" else 1  # of pixels
        deviation = scale * np.sqrt(2 / np.prod(weights.shape[1:]))
        weights.data[...] = random.standard_normal(weights.shape).astype(np.float32) * deviation
        biases.data[...] = random.normal(0, 0.05, biases.shape)
    net.save(folder / "bvlc_reference_caffenet.caffemodel")


def draw_digits(path: Path, random: np.random.RandomState) -> None:
    """An LMDB of 100 squares whose place is their class."""
    with lmdb.open(str(path), map_size=1 << 22) as database, database.begin(write=True) as writing:
        for i in range(100):
            image = random.randint(0, 90, (28, 28)).astype(np.uint8)
            row, column = divmod(i % 10, 5)
            image[2 + 13 * row :, 1 + 5 * column :][:9, :5] += 150
            datum = Datum(channels=1, height=28, width=28, label=i % 10, data=image.tobytes())
            writing.put(f"{i:08d}".encode(), datum.SerializeToString())


def draw_styles(folder: Path, part: str, random: np.random.RandomState) -> None:
    """10 images of 5 colours, and their list."""
    folder.mkdir(exist_ok=True)
    lines = []
    for i in range(10):
        image = random.randint(0, 60, (60, 80, 3)) + np.random.RandomState(i % 5).randint(0, 180, 3)
        cv2.imwrite(str(folder / f"{part}{i}.jpg"), image.astype(np.uint8))
        lines.append(f"{folder / f'{part}{i}.jpg'} {i % 5}\n")
    (folder / f"{part}.txt").write_text("".join(lines))


@pytest.fixture(scope="module")
def real() -> Iterator[RealFolder]:
    with real_caffe.folder() as folder:
        lay_out(folder.path)
        yield folder


def run(real: RealFolder, name: str, side: str) -> tuple[str, dict[str, list[Any]]]:
    """Runs a notebook in the folder `examples`; returns what it printed, and which cells ran."""
    folder = real.path / "examples"
    shutil.copy(SOURCE / "examples" / f"{name}.ipynb", folder)
    shutil.copy(DRIVER, folder)
    replaced = REPLACED[name] + ([("caffe.set_device(0)", "")] if side == "real" else [])  # it is built without GPUs
    (folder / "job.json").write_text(json.dumps({"replace": replaced, "left_out": list(LEFT_OUT.get(name, {}))}))
    arguments = [DRIVER.name, f"{name}.ipynb", "job.json"]
    if side == "real":
        start = f"import os, runpy, sys; os.chdir('examples'); sys.argv = {arguments}"
        code = f"{start}; runpy.run_path('{DRIVER.name}', {{}}, '__main__')"
        printed = real.python(code, env={"OPENBLAS_NUM_THREADS": "1", "MPLCONFIGDIR": "."}).stdout
    else:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "GLOG_minloglevel": "2", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "pycaffe_ext", "run", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        printed = done.stdout
    printed, _, told = printed.rstrip().rpartition("\n")
    return printed, json.loads(told)


@pytest.mark.parametrize("name", REPLACED)
def test_runs_cell_by_cell(real: RealFolder, name: str) -> None:
    printed, told = run(real, name, "ours")
    assert told["unused"] == []
    cells = json.loads((SOURCE / "examples" / f"{name}.ipynb").read_text())["cells"]
    code = {i for i, cell in enumerate(cells) if cell["cell_type"] == "code"}
    assert set(told["ran"]) == code - set(LEFT_OUT.get(name, {}))
    if name in ("00-classification", "net_surgery"):
        assert printed == run(real, name, "real")[0]


def test_the_record_of_what_ran_is_right() -> None:
    record = (ROOT / "docs/notebooks.md").read_text()
    for name in REPLACED:
        cells = json.loads((SOURCE / "examples" / f"{name}.ipynb").read_text())["cells"]
        count, left_out = sum(cell["cell_type"] == "code" for cell in cells), LEFT_OUT.get(name, {})
        missing = "".join(f"cell {number}: {reason} " for number, reason in left_out.items())
        assert f"| {name} | {count} | {count - len(left_out)} | {missing}|" in record
