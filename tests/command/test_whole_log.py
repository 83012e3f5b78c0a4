"""All that `train`, `test` and `time` write, from the first line to the last, against the real tool's log."""

from __future__ import annotations

from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import real_caffe
from command.beside_real import assert_same, our_log, real_log, told
from real_caffe import needs_real_caffe

PHASES = "include { phase: TEST } include { phase: TRAIN stage: 'small' max_level: 3 }"
NET = f"""\
name: "Odd"
layer {{ name: "data" type: "Data" top: "data" top: "label"
  transform_param {{ scale: 0.00390625 }} data_param {{ source: "images" batch_size: 8 backend: LMDB }} }}
layer {{ name: "a" type: "InnerProduct" bottom: "data" top: "a" param {{ name: "w" lr_mult: 2 }}
  param {{ name: "b" }} inner_product_param {{ num_output: 144 weight_filler {{ value: 0.003 }} }} }}
layer {{ name: "b" type: "InnerProduct" bottom: "a" top: "b" param {{ name: "w" }} param {{ name: "b" }}
  inner_product_param {{ num_output: 144 weight_filler {{ value: 0.003 }} }} }}
layer {{ name: "scale" type: "Scale" bottom: "b" top: "b" scale_param {{ bias_term: true }} }}
layer {{ name: "relu" type: "ReLU" bottom: "b" top: "b" }}
layer {{ name: "c" type: "InnerProduct" bottom: "b" top: "c" param {{ lr_mult: 1 }} param {{ lr_mult: 0 }}
  inner_product_param {{ num_output: 4 weight_filler {{ value: 1e-05 }} }} }}
layer {{ name: "odd" type: "InnerProduct" bottom: "a" top: "odd" exclude {{ min_level: 0 not_stage: "small" }}
  exclude {{ phase: TEST }} inner_product_param {{ num_output: 4 }} }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "c" bottom: "label" top: "accuracy" {PHASES} }}
layer {{ name: "quiet" type: "Silence" bottom: "a" include {{ min_level: 1 }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" loss_weight: 0.5 }}
"""
FILES = """\
layer { name: "images" type: "ImageData" top: "images" top: "label" transform_param { crop_size: 12 }
  image_data_param { source: "images.txt" batch_size: 3 shuffle: true rand_skip: 1 new_height: 14 new_width: 13 } }
layer { name: "rows" type: "HDF5Data" top: "x" top: "y" hdf5_data_param { source: "rows.txt" batch_size: 4 } }
layer { name: "quiet" type: "Silence" bottom: "images" bottom: "label" bottom: "x" bottom: "y" }
"""
SOLVER = """\
net: "net.prototxt" test_iter: 2 test_interval: 2 base_lr: 0.001 momentum: 0.9 lr_policy: "step" gamma: 0.5
stepsize: 2 display: 1 max_iter: 3 snapshot: 2 snapshot_prefix: "odd" solver_mode: CPU clip_gradients: 0.0001
"""

COMMANDS = {
    "train": ["train", "-solver=solver.prototxt", "-weights", "start.caffemodel"],
    "resume": ["train", "-solver=solver.prototxt", "-snapshot=odd_iter_2.solverstate"],
    "train with a stage": ["train", "-solver=solver.prototxt", "-weights=start.caffemodel", "-stage=small"],
    "test": ["test", "-model=net.prototxt", "-weights=start.caffemodel", "-iterations=2"],
    "test at a level": ["test", "-model=net.prototxt", "-weights=start.h5", "-iterations=1", "-level=2"],
    "time": ["time", "-model=net.prototxt", "-iterations=2"],
    "time of layers that read files": ["time", "-model=files.prototxt", "-iterations=1"],
    "time of the test net": ["time", "-model=net.prototxt", "-iterations=1", "-phase=TEST"],
}


@pytest.fixture(scope="module")
def logs() -> dict[str, tuple[list[str], list[str]]]:
    """What real Caffe and we say to each command, in one folder."""
    with real_caffe.folder() as real:
        (real.path / "net.prototxt").write_text(NET)
        (real.path / "solver.prototxt").write_text(SOLVER)
        (real.path / "other.prototxt").write_text(NET.replace('"c"', '"another"').replace('"a"', '"first"'))
        (real.path / "files.prototxt").write_text(FILES)
        _database(real.path)
        _files(real.path)
        save = "import caffe; net = caffe.Net('other.prototxt', caffe.TRAIN)"
        real.python(f"{save}; net.save('start.caffemodel'); net.save_hdf5('start.h5')")
        return {name: (told(real_log(real, one)), told(our_log(real, one))) for name, one in COMMANDS.items()}


def _database(folder: Path) -> None:
    from command.conftest import _write

    kept = {name: (folder / name).read_text() for name in ("net.prototxt", "solver.prototxt")}
    _write(folder)
    for name, text in kept.items():
        (folder / name).write_text(text)


def _files(folder: Path) -> None:
    """What the net FILES reads: five images, and seven rows in two files."""
    random = np.random.default_rng(0)
    for number in range(5):
        cv2.imwrite(str(folder / f"{number}.png"), random.integers(0, 256, (15, 20, 3), np.uint8))
    (folder / "images.txt").write_text("".join(f"{number}.png {number}\n" for number in range(5)))
    for number, count in enumerate((3, 4)):
        with h5py.File(folder / f"rows{number}.h5", "w") as file:
            file["x"] = random.normal(size=(count, 2, 3)).astype(np.float32)
            file["y"] = np.arange(count, dtype=np.float32)
    (folder / "rows.txt").write_text("rows0.h5\nrows1.h5\n")


@needs_real_caffe
@pytest.mark.parametrize("name", COMMANDS)
def test_every_line_is_the_real_tools(name: str, logs: dict[str, tuple[list[str], list[str]]]) -> None:
    real, ours = logs[name]
    assert_same(ours, real)


@needs_real_caffe
def test_the_log_is_long(logs: dict[str, tuple[list[str], list[str]]]) -> None:
    said = "\n".join(logs["train"][1])
    for part in ("Gradient clipping", "Ignoring source layer another", "Sharing parameters 'w'", "The NetState phase"):
        assert part in said
