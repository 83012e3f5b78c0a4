"""The nets of prototxt/ load in real Caffe and here, in both phases and for use, with the shapes that they promise."""

from __future__ import annotations

import json
import shutil
from math import prod
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.model.load import read_net, read_solver
from pycaffe_ext.model.phases import filter_net
from pycaffe_ext.model.shapes import NetShapes, infer
from pycaffe_ext.model.splits import insert_splits
from pycaffe_ext.model.upgrade import needs_upgrade
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import TEST, TRAIN, Datum, NetParameter, NetState
from pycaffe_ext.proto.files import read_text, write_binary

ROOT = Path(__file__).parents[2]
Shape = tuple[int, ...]

# channels, height and width of the images in the databases of each folder
IMAGES = {
    "data/fashion_mnist": (1, 28, 28),
    "data/imagenet": (3, 256, 256),
    "data/voc": (3, 45, 67),
    "data/cells": (1, 572, 572),
}
VGG = "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 conv4_1 conv4_2 conv4_3 conv5_1 conv5_2 conv5_3"
UNET = " ".join(
    [f"conv_d{i}a-b conv_d{i}b-c" for i in range(5)]
    + ["upconv_d4c_u3a conv_u3b-c conv_u3c-d"]
    + [f"upconv_u{i + 1}d_u{i}a conv_u{i}b-c conv_u{i}c-d" for i in (2, 1, 0)]
    + ["conv_u0d-score"]
)
BOTTLENECKS = " ".join(
    f"res{stage}{block}_{branch} bn{stage}{block}_{branch} scale{stage}{block}_{branch}"
    for stage, blocks in enumerate(("abc", "abcd", "abcdef", "abc"), start=2)
    for block in blocks
    for branch in (["branch1"] if block == "a" else []) + ["branch2a", "branch2b", "branch2c"]
)
BAGNET = f"conv1 conv2 bn_conv2 scale_conv2 {BOTTLENECKS} fc"


def bagnet(parameters: int, *sizes: int) -> tuple[int, str, dict[str, Shape], dict[str, Shape], dict[str, Shape]]:
    """`sizes`: height and width of what each stage makes of 224 x 224."""
    stages = {f"res{stage}a": (channels, size, size) for stage, channels, size in zip(
        (2, 3, 4, 5), (256, 512, 1024, 2048), sizes, strict=True)}  # fmt: skip
    in_training = {"data": (32, 3, 224, 224), "conv2": (32, 64, 222, 222), "fc": (32, 1000), "loss": ()}
    in_testing = {"data": (25, 3, 224, 224), "fc": (25, 1000), "accuracy": (), "loss": ()}
    for_use = {"data": (10, 3, 224, 224), "prob": (10, 1000)} | {blob: (10, *shape) for blob, shape in stages.items()}
    return parameters, BAGNET, in_training, in_testing, for_use


# number of parameters, layers that have any, shapes of some blobs in training, in testing, and for use
NETS: dict[str, tuple[int, str, dict[str, Shape], dict[str, Shape], dict[str, Shape]]] = {
    "lenet": (
        431_080,
        "conv1 conv2 ip1 ip2",
        {"data": (64, 1, 28, 28), "label": (64,), "pool2": (64, 50, 4, 4), "ip2": (64, 10), "loss": ()},
        {"data": (100, 1, 28, 28), "ip2": (100, 10), "accuracy": (), "loss": ()},
        {"data": (64, 1, 28, 28), "prob": (64, 10)},
    ),
    "caffenet": (
        60_965_224,
        "conv1 conv2 conv3 conv4 conv5 fc6 fc7 fc8",
        {"data": (256, 3, 227, 227), "conv1": (256, 96, 55, 55), "pool5": (256, 256, 6, 6), "fc8": (256, 1000)},
        {"data": (50, 3, 227, 227), "fc8": (50, 1000), "accuracy": (), "loss": ()},
        {"data": (10, 3, 227, 227), "prob": (10, 1000)},
    ),
    "zfnet": (
        62_357_608,
        "conv1 conv2 conv3 conv4 conv5 fc6 fc7 fc8",
        {
            "data": (128, 3, 224, 224),
            "conv1": (128, 96, 110, 110),
            "norm1": (128, 96, 55, 55),
            "conv2": (128, 256, 26, 26),
            "conv5": (128, 256, 13, 13),
            "pool5": (128, 256, 6, 6),
        },
        {"data": (50, 3, 224, 224), "fc8": (50, 1000), "accuracy": (), "loss": ()},
        {"data": (10, 3, 224, 224), "prob": (10, 1000)},
    ),
    "vgg16": (
        138_357_544,
        f"{VGG} fc6 fc7 fc8",
        {"data": (32, 3, 224, 224), "pool5": (32, 512, 7, 7), "fc8": (32, 1000)},
        {"data": (25, 3, 224, 224), "fc8": (25, 1000), "accuracy": (), "loss": ()},
        {"data": (10, 3, 224, 224), "prob": (10, 1000)},
    ),
    "fcn32s": (
        134_432_597,
        f"{VGG} fc6 fc7 score_fr upscore",
        {"data": (1, 3, 45, 67), "label": (1, 1, 45, 67), "score": (1, 21, 45, 67), "loss": ()},
        {"score": (1, 21, 45, 67), "accuracy": (), "loss": ()},
        {"data": (1, 3, 500, 500), "score_fr": (1, 21, 16, 16), "score": (1, 21, 500, 500)},
    ),
    "fcn8s": (
        134_368_799,
        f"{VGG} fc6 fc7 score_fr upscore2 score_pool4 upscore_pool4 score_pool3 upscore8",
        {"data": (1, 3, 45, 67), "label": (1, 1, 45, 67), "score": (1, 21, 45, 67), "loss": ()},
        {"score": (1, 21, 45, 67), "accuracy": (), "loss": ()},
        {"fuse_pool4": (1, 21, 34, 34), "fuse_pool3": (1, 21, 70, 70), "score": (1, 21, 500, 500)},
    ),
    "unet": (
        31_100_354,
        UNET,
        {"label": (1, 1, 572, 572), "d4c": (1, 1024, 28, 28), "score": (1, 2, 388, 388), "loss": ()},
        {"score": (1, 2, 388, 388), "label_crop": (1, 1, 388, 388), "accuracy": (), "loss": ()},
        {"data": (1, 1, 572, 572), "u0d": (1, 64, 388, 388), "prob": (1, 2, 388, 388)},
    ),
    "bagnet9": bagnet(15_741_917, 110, 54, 27, 27),
    "bagnet17": bagnet(16_266_205, 110, 54, 26, 26),
    "bagnet33": bagnet(18_363_357, 110, 54, 26, 24),
}
EACH_NET = pytest.mark.parametrize("name", NETS)


def image_shape(source: str) -> Shape:
    channels, height, width = IMAGES[source.rpartition("/")[0]]
    return (1 if "_labels_" in source else channels, height, width)


def data_shapes(layer: Any) -> list[Shape]:
    """Tops of a Data layer."""
    batch, crop = layer.data_param.batch_size, layer.transform_param.crop_size
    channels, *size = image_shape(layer.data_param.source)
    return [(batch, channels, *([crop, crop] if crop else size)), (batch,)][: len(layer.top)]


def as_run(net: NetParameter, phase: int) -> tuple[NetParameter, NetShapes]:
    ready = insert_splits(filter_net(net, NetState(phase=phase)))
    return ready, infer(ready, data_shapes)


def three_ways(name: str) -> list[tuple[NetParameter, NetShapes]]:
    """The net in training, in testing, and for use."""
    train_val, deploy = (read_net(ROOT / "prototxt" / name / f"{file}.prototxt") for file in ("train_val", "deploy"))
    return [as_run(train_val, TRAIN), as_run(train_val, TEST), as_run(deploy, TEST)]


OF_THE_DEMO = {"coins", "emblems", "faces"}  # tests/demo holds these


def test_each_folder_is_tested() -> None:
    assert {path.name for path in (ROOT / "prototxt").iterdir()} - OF_THE_DEMO == set(NETS)


@EACH_NET
def test_shapes_and_parameters(name: str) -> None:
    count, learning, *blobs = NETS[name]
    for (net, shapes), expected in zip(three_ways(name), blobs, strict=True):
        assert {blob: shapes.blobs[blob] for blob in expected} == expected
        params = {layer.name: params for layer, params in zip(net.layer, shapes.params, strict=True) if params}
        assert [*params] == learning.split()
        assert sum(prod(param.shape) for layer in params.values() for param in layer) == count


@EACH_NET
def test_files_are_of_current_form_and_fit_each_other(name: str) -> None:
    folder = ROOT / "prototxt" / name
    train_val, deploy = (read_text(folder / f"{file}.prototxt", NetParameter()) for file in ("train_val", "deploy"))
    assert needs_upgrade(train_val) == needs_upgrade(deploy) == []
    trained = [layer for layer in train_val.layer if layer.param]
    assert trained == [layer for layer in deploy.layer if layer.param]

    solver = read_solver(folder / "solver.prototxt")
    assert ROOT / solver.net == folder / "train_val.prototxt"
    assert ROOT / solver.snapshot_prefix == folder / name


def make_databases(folder: Path, net: NetParameter) -> None:
    """The databases and mean files that a net reads, two images each."""
    for layer in net.layer:
        if layer.type != "Data" or (path := folder / layer.data_param.source).exists():
            continue
        path.mkdir(parents=True)
        channels, height, width = image_shape(layer.data_param.source)
        pixels = np.random.default_rng(1).integers(0, 2, (channels, height, width), dtype=np.uint8)
        datum = Datum(channels=channels, height=height, width=width, data=pixels.tobytes(), label=1)
        with lmdb.open(str(path), map_size=1 << 24) as database, database.begin(write=True) as transaction:
            for key in (b"0", b"1"):
                transaction.put(key, datum.SerializeToString())
        if layer.transform_param.mean_file:
            mean = array_to_blob(np.zeros((1, channels, height, width)), legacy=True)
            write_binary(folder / layer.transform_param.mean_file, mean)


@needs_real_caffe
@EACH_NET
def test_real_caffe_loads_them_with_the_same_shapes(name: str) -> None:
    """Every blob of the nets that a solver builds, and of the deploy net."""
    code = f"""
import caffe, json
solver = caffe.get_solver('prototxt/{name}/solver.prototxt')
deploy = caffe.Net('prototxt/{name}/deploy.prototxt', caffe.TEST)
for net in (solver.net, solver.test_nets[0], deploy):
    print(json.dumps([list(net._layer_names), {{blob: list(net.blobs[blob].shape) for blob in net.blobs}},
        {{layer: [list(p.data.shape) for p in net.params[layer]] for layer in net.params}}]))
"""
    with real_caffe.folder() as real:
        shutil.copytree(ROOT / "prototxt" / name, real.path / "prototxt" / name)
        make_databases(real.path, read_net(ROOT / "prototxt" / name / "train_val.prototxt"))
        printed = real.python(code).stdout.splitlines()
    for line, (net, shapes) in zip(printed, three_ways(name), strict=True):
        names, blobs, params = json.loads(line)
        assert names == [layer.name for layer in net.layer]
        assert blobs == {blob: [*shape] for blob, shape in shapes.blobs.items()}
        ours = {layer.name: found for layer, found in zip(net.layer, shapes.params, strict=True) if found}
        assert params == {layer: [[*param.shape] for param in found] for layer, found in ours.items()}
