"""Receptive fields against known ones, and against the gradients of the engine for all ready nets."""

from __future__ import annotations

import re
import tempfile
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from surgery.operations.proving import conv, data, fc, layer

import pycaffe_ext
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery.receptive_field import Fields, receptive_field_table
from pycaffe_ext.text import Document

NETS = Path(__file__).parent.parent.parent / "prototxt"

# Table 1 of Araujo, Norris and Sim (2019) has VGG-16's field at its last convolution, and AlexNet's
KNOWN = {
    "caffenet": {"conv1": (11, 4), "pool1": (19, 8), "conv2": (51, 8), "conv5": (163, 16), "pool5": (195, 32)},
    "vgg16": {"conv1_1": (3, 1), "pool1": (6, 2), "conv5_3": (196, 16), "pool5": (212, 32)},
    **{f"bagnet{size}": {"res5c": (size, 8)} for size in (9, 17, 33)},  # their names say it
    "fcn8s": {"fc6": (404, 32), "upscore2": (436, 16), "score": (468, 1)},
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_nets(name: str) -> None:
    found = {row.blob: row for row in Fields(Document.read(NETS / name / "deploy.prototxt")).rows()}
    for blob, expected in KNOWN[name].items():
        assert found[blob].height == found[blob].width
        assert found[blob].height[:2] == expected  # type: ignore[index]


def test_axes_of_their_own_and_the_table() -> None:
    text = data(1, 3, 20, 30)
    text += layer(
        "a", "Convolution", "data", "a", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 5 pad_w: 2 }"
    )
    text += layer("p", "Pooling", "a", "p", "pooling_param { kernel_size: 2 stride_h: 2 stride_w: 3 }") + fc(
        "fc", "p", 2
    )
    assert receptive_field_table(Document(text)).splitlines() == [
        "pixels of 'data'; place i sees the field's pixels about offset + i stride",
        "blob  layer  field  stride     offset",
        "data  data       1       1          0",
        "a     a      3 x 5       1      1 x 0",
        "p     p      4 x 6   2 x 3  1.5 x 0.5",
        "fc    fc       all       -          -",
    ]


def test_a_forks_layer_is_not_known_and_what_has_no_input_is_left_out() -> None:
    text = data(1, 3, 9, 9) + layer("odd", "ShuffleChannel", "data", "odd") + conv("c", "odd", 2)
    text += layer("p", "Parameter", "", "p", "parameter_param { shape { dim: 2 } }") + layer("r", "ReLU", "p", "r")
    rows = Fields(Document(text)).rows()
    assert [row.blob for row in rows] == ["data", "odd", "c"]
    assert [row.height is None for row in rows] == [False, True, True]
    with pytest.raises(CaffeError, match="no layer takes an input 'image'"):
        Fields(Document(text), "image")


SIZES = {"unet": "204 dim: 188"}  # it takes only some sizes
SIZES |= {f"bagnet{size}": "72 dim: 64" for size in (9, 17, 33)}  # small fields, many layers


def slim(text: str, size: str) -> str:
    """The net with two channels in each layer, a size of its own per axis, and gradients that cannot cancel."""
    text = re.sub(r"num_output: \d+", "num_output: 2", text)
    text = re.sub(r"group: \d+", "", text).replace("pool: MAX", "pool: AVE")
    shape = re.compile(r"shape\s*{\s*dim: \d+\s*dim: (\d+)\s*dim: \d+\s*dim: \d+\s*}")
    text, inputs = shape.subn(rf"shape {{ dim: 1 dim: \1 dim: {size} }}", text)
    assert inputs == 1
    return "force_backward: true\n" + text


def gradient_box(net: Any, part: Any, top: str, places: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last row and column of the input on which the numbers at one place of a blob depend."""
    for blob in net.blobs.values():
        blob.diff[...] = 0
    net.blobs[top].diff[(0, slice(None), *places)] = 1
    net.backward(start=part.name)
    seen = net.blobs["data"].diff[0].any(0)
    return [(int(one.min()), int(one.max())) for one in np.nonzero(seen)]


@pytest.mark.parametrize("name", sorted(path.name for path in NETS.iterdir()))
def test_fields_are_where_the_gradients_are(name: str) -> None:
    text = slim((NETS / name / "deploy.prototxt").read_text(), SIZES.get(name, "160 dim: 128"))
    fields = Fields(Document(text))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.prototxt").write_text(text)
        net = pycaffe_ext.Net(f"{folder}/net.prototxt", pycaffe_ext.TEST)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = 1 / max(1, np.prod(blob.data.shape[2:])) if blob.data.ndim > 1 else 0.1
    net.blobs["data"].data[...] = 1
    net.forward()
    checked = 0
    rows = fields.rows()[:0:-1]
    for row in rows[:: 1 + len(rows) // 50]:  # of very deep nets not every layer, which would take long
        part = fields.anatomy.parts[fields.anatomy.view.named(row.layer)[0].index]
        shape = net.blobs[row.blob].data.shape
        if len(shape) != 4 or part.type == "Softmax" or row.blob not in part.view.top_names:
            continue
        places = (shape[2] // 2, shape[3] // 3)
        expected = []
        for axis in (0, 1):
            sizes = {blob: one.data.shape[2 + axis] for blob, one in net.blobs.items() if one.data.ndim == 4}
            assert (row.height, row.width)[axis] is not None
            expected.append(fields.interval(part, row.blob, axis, places[axis], sizes))
            whole = fields.interval(part, row.blob, axis, places[axis])
            field = (row.height, row.width)[axis]
            assert (
                field is not None and whole is not None and (whole[1] - whole[0] + 1 <= field.size or field.size == inf)
            )
        assert gradient_box(net, part, row.blob, places) == [tuple(map(int, one)) for one in expected if one]
        checked += 1
    assert checked > 2
