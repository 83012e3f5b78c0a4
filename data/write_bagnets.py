"""Writes prototxt/bagnet9, bagnet17 and bagnet33: train_val, deploy and solver.

python data/write_bagnets.py [FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bagnets.net import SIZES, Design, body, deploy, named

from pycaffe_ext import cli
from pycaffe_ext.atomic import write_text
from pycaffe_ext.net_spec import NetSpec, layers
from pycaffe_ext.proto import caffe_pb2

_HEAD = """\
# BagNet-{size}: Brendel and Bethge, "Approximating CNNs with bag-of-local-features models works surprisingly well on
# ImageNet", ICLR 2019. ResNet-50 (names of layers are those of its published weights) whose 3x3 convolutions are 1x1
# but for {stages}, without padding: the last feature map sees {size} x {size} pixels.
# The scores are the mean of what each patch says: visualize.py evidence draws it.
"""
_TRAIN_VAL = """\
# Input: BGR images of 256 x 256, less the mean colour and divided by about their deviation; a random 224 x 224 crop,
# mirrored or not, in training, the centre crop in testing; labels 0 to 999 (ILSVRC 2012).
"""
_DEPLOY = """\
# For use: ten BGR images of 224 x 224, less 104, 117, 123 and times 0.0171; prob is that of each class.
"""
_SOLVER = """\
# BagNet-{size} on ILSVRC 2012, as the paper has it: 8 batches of 32 make its batch of 256, the rate begins at 0.01 and
# falls tenfold every 30 epochs (150,000 iterations). A test is 2,000 batches of 25, the whole validation set.
# Paths count from the folder in which the solver is started: that of the project.
net: "prototxt/bagnet{size}/train_val.prototxt"
test_iter: 2000
test_interval: 5000
base_lr: 0.01
momentum: 0.9
weight_decay: 0.0001
iter_size: 8
lr_policy: "step"
gamma: 0.1
stepsize: 150000
display: 20
max_iter: 450000
snapshot: 10000
solver_mode: GPU
snapshot_prefix: "prototxt/bagnet{size}/bagnet{size}"
"""
_STAGES = {9: "two", 17: "three", 33: "four"}


def train_val(design: Design, name: str) -> Any:
    """The NetParameter for training and testing."""
    data = [_data(phase) for phase in (caffe_pb2.TRAIN, caffe_pb2.TEST)]
    net = NetSpec()
    net.data, net.label = layers.Data(ntop=2)  # stands for both of the above
    body(net, design)
    net.accuracy = layers.Accuracy(net.fc, net.label, include=[{"phase": caffe_pb2.TEST}])
    net.loss = layers.SoftmaxWithLoss(net.fc, net.label)
    found = named(net, name)
    rest = found.layer[1:]
    del found.layer[:]
    found.layer.extend([*data, *rest])
    return found


def _data(phase: int) -> Any:
    is_train = phase == caffe_pb2.TRAIN
    layer = caffe_pb2.LayerParameter(name="data", type="Data", top=["data", "label"])
    layer.include.add(phase=phase)
    transform = layer.transform_param
    transform.mirror, transform.crop_size, transform.scale = is_train, 224, 0.0171
    transform.mean_value.extend([104, 117, 123])
    layer.data_param.source = f"data/imagenet/{'train' if is_train else 'val'}_lmdb"
    layer.data_param.batch_size = 32 if is_train else 25
    layer.data_param.backend = caffe_pb2.DataParameter.LMDB
    return layer


def files(size: int) -> dict[str, str]:
    """The texts of a net's files, by name."""
    design, name = SIZES[size], f"BagNet-{size}"
    head = _HEAD.format(size=size, stages=f"conv2 and the first of {_STAGES[size]} stages")
    return {
        "train_val.prototxt": f"{head}{_TRAIN_VAL}{train_val(design, name)}",
        "deploy.prototxt": f"{head}{_DEPLOY}{deploy(design, name)}",
        "solver.prototxt": _SOLVER.format(size=size),
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("prototxt"), help="default: %(default)s")
    folder = parser.parse_args(arguments).folder
    for size in SIZES:
        (folder / f"bagnet{size}").mkdir(parents=True, exist_ok=True)
        for name, text in files(size).items():
            write_text(folder / f"bagnet{size}" / name, text)


if __name__ == "__main__":
    sys.exit(cli.run(main))
