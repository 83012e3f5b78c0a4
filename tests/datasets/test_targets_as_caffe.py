"""What real Caffe's other converters write, byte for byte; and real Caffe trains from every kind of target."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import real_caffe
from datasets import drawn_sets as drawn
from real_caffe import RealFolder, needs_real_caffe

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]
FASHION = Path("/usr/share/datasets/fashion-mnist")

pytestmark = needs_real_caffe


@pytest.fixture(scope="module")
def real() -> Iterator[RealFolder]:
    with real_caffe.folder() as folder:
        yield folder


def test_convert_mnist_data(real: RealFolder, tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    drawn.mnist(real.path, count=1203)
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
    real.run("convert_mnist_data", *names, "mnist_lmdb", "--backend=lmdb")
    assert make_lmdb(real.path / names[0], tmp_path / "out") == 0
    expected = entries(real.path / "mnist_lmdb")
    assert len(expected) == 1203
    assert entries(tmp_path / "out") == expected


@pytest.mark.skipif(not FASHION.exists(), reason="no Fashion-MNIST: sudo apt-get install dataset-fashion-mnist")
@pytest.mark.parametrize(("subset", "count"), [("train", 60_000), ("t10k", 10_000)])
def test_convert_mnist_data_on_fashion_mnist(
    real: RealFolder, tmp_path: Path, make_lmdb: Tool, entries: Entries, subset: str, count: int
) -> None:
    """The data set as it is published: ours reads the folder of gzipped files, Caffe's converter unpacked ones."""
    names = [f"{subset}-images-idx3-ubyte", f"{subset}-labels-idx1-ubyte"]
    for name in names:
        (real.path / name).write_bytes(gzip.decompress((FASHION / f"{name}.gz").read_bytes()))
    real.run("convert_mnist_data", *names, f"fashion_{subset}_lmdb", "--backend=lmdb")
    assert make_lmdb(FASHION, tmp_path / "out", "--subset", subset) == 0
    expected = entries(real.path / f"fashion_{subset}_lmdb")
    assert len(expected) == count
    assert entries(tmp_path / "out") == expected


def test_convert_cifar_data(real: RealFolder, tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    """It reads 10,000 rows of each file, however many there are; so the files have as many."""
    (real.path / "cifar").mkdir()
    (real.path / "made").mkdir()
    for number in range(1, 6):
        drawn.cifar(real.path / f"cifar/data_batch_{number}.bin", 10_000, seed=number)
    drawn.cifar(real.path / "cifar/test_batch.bin", 10_000, seed=9)
    real.run("convert_cifar_data", "cifar", "made", "lmdb")
    for subset in ("train", "test"):
        assert make_lmdb(real.path / "cifar", tmp_path / subset, "--subset", subset) == 0
        expected = entries(real.path / f"made/cifar10_{subset}_lmdb")
        assert len(expected) == (50_000 if subset == "train" else 10_000)
        assert entries(tmp_path / subset) == expected


CLASSIFY = """
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""
REGRESS = """
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "flat" type: "Flatten" bottom: "label" top: "flat" }
layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "flat" top: "loss" }
"""
DENSE = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
        num_output: 3 kernel_size: 3 pad: 1 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "conv" bottom: "label" top: "loss" }
"""
SCALE = "transform_param { scale: 0.00390625 }"


def data(source: str, *tops: str, more: str = SCALE) -> str:
    named = " ".join(f'top: "{top}"' for top in tops)
    param = f'data_param {{ source: "{source}" backend: LMDB batch_size: 4 }}'
    return f'layer {{ name: "{tops[0]} of {source}" type: "Data" {named} {param} {more} }}'


@pytest.fixture(scope="module")
def targets(real: RealFolder) -> RealFolder:
    """Every kind of target, of twelve images 10 x 14 that are dark (label 0) or bright (label 1)."""
    lines, numbers, floats = [], [], []
    for number in range(12):
        label = number % 2
        image = drawn.noise(number, 10, 14, 3, most=100) + 150 * np.uint8(label)
        for kind in ("jpg", "png"):
            cv2.imwrite(str(real.path / f"{number}.{kind}"), image)
        drawn.save_png(real.path / f"maps/{number}.png", np.where(image[..., 0] > 125, 2, label).astype(np.uint8))
        lines.append(f"{number}.jpg {label}\n")
        numbers.append(f"{number}.jpg {label} {label / 2} -1\n")
        floats.append(image / 255)
    (real.path / "list.txt").write_text("".join(lines))
    (real.path / "numbers.txt").write_text("".join(numbers))
    np.savez(real.path / "floats.npz", data=np.array(floats), label=np.arange(12) % 2)
    net = data("raw", "data") + DENSE.replace('bottom: "label" ', "").replace("SoftmaxWithLoss", "Softmax")
    (real.path / "net.prototxt").write_text(net)
    maps = ["--label-maps", "maps", "--num-classes", 3]
    for arguments in (
        ["list.txt", "raw"],
        ["list.txt", "jpg", "--encoded", "jpg"],
        ["list.txt", "png", "--encoded", "png", "--resize", "9x13"],
        ["floats.npz", "floats"],
        ["numbers.txt", "images", "--labels", 3, "--label-out", "numbers"],
        ["list.txt", "dense", *maps, "--label-out", "dense_labels", "--net", "net.prototxt", "--blob", "conv"],
        ["list.txt", "h5", "--format", "hdf5"],
        ["list.txt", "dense_h5", *maps, "--format", "hdf5", "--net", "net.prototxt", "--blob", "conv"],
        ["list.txt", "image.txt", "--format", "list", "--resize", "12x8"],
    ):
        command = [sys.executable, Path(__file__).parents[2] / "tools/make_lmdb.py", *map(str, arguments)]
        subprocess.run(command, cwd=real.path, check=True, stdout=subprocess.DEVNULL)
    return real


NETS = {
    "raw": data("raw", "data", "label") + CLASSIFY,
    "jpg": data("jpg", "data", "label") + CLASSIFY,
    "png": data("png", "data", "label") + CLASSIFY,
    "float_data": data("floats", "data", "label", more="") + CLASSIFY,
    "numbers": data("images", "data") + data("numbers", "label", more="") + REGRESS,
    "dense": data("dense", "data") + data("dense_labels", "label", more="") + DENSE,
    "hdf5": 'layer { name: "d" type: "HDF5Data" top: "data" top: "label" '
    'hdf5_data_param { source: "h5/list.txt" batch_size: 4 } }'
    'layer { name: "s" type: "Power" bottom: "data" top: "data" power_param { scale: 0.00390625 } }' + CLASSIFY,
    "dense hdf5": 'layer { name: "d" type: "HDF5Data" top: "data" top: "label" '
    'hdf5_data_param { source: "dense_h5/list.txt" batch_size: 4 } }'
    'layer { name: "s" type: "Power" bottom: "data" top: "data" power_param { scale: 0.00390625 } }' + DENSE,
    "ImageData": 'layer { name: "d" type: "ImageData" top: "data" top: "label" '
    f'image_data_param {{ source: "image.txt" batch_size: 4 }} {SCALE} }}' + CLASSIFY,
}


@pytest.mark.parametrize("kind", NETS)
def test_real_caffe_trains(targets: RealFolder, kind: str) -> None:
    (targets.path / "train.prototxt").write_text(NETS[kind])
    rate = 0.001 if kind == "numbers" else 0.05
    solver = f'net: "train.prototxt" base_lr: {rate} lr_policy: "fixed" momentum: 0.9 random_seed: 1 max_iter: 60'
    (targets.path / "solver.prototxt").write_text(f"{solver} solver_mode: CPU snapshot_after_train: false")
    code = (
        "import caffe; solver = caffe.SGDSolver('solver.prototxt')\n"
        "for _ in range(60):\n    solver.step(1); print('loss', float(solver.net.blobs['loss'].data))"
    )
    printed = targets.python(code).stdout.splitlines()
    losses = [float(line.split()[1]) for line in printed if line.startswith("loss ")]
    assert len(losses) == 60
    assert np.mean(losses[-3:]) < (0.75 if "dense" in kind else 0.5) * np.mean(losses[:3])
