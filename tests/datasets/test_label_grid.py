"""Label maps at the places of a net's output: where the output looks, there the label is from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import drawn_sets as drawn
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pycaffe_ext as caffe
from pycaffe_ext.alignment import align
from pycaffe_ext.datasets.label_grid import Divided, NetGrid
from pycaffe_ext.datasets.label_maps import LabelRule, sample, swapped
from pycaffe_ext.datasets.recipes import MapRecipe
from pycaffe_ext.errors import NetError, UnknownNameError
from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]

INPUT = 'layer {{ name: "in" type: "Input" top: "data" input_param {{ shape: {{ dim: 1 dim: 1 dim: {} dim: {} }} }} }}'
ONES = 'weight_filler { type: "constant" value: 1 }'


def window(kind: str, bottom: str, top: str, params: str) -> str:
    message = "pooling_param" if kind == "Pooling" else "convolution_param"
    more = "pool: AVE" if kind == "Pooling" else f"num_output: 1 {ONES}"
    return (
        f'layer {{ name: "{top}" type: "{kind}" bottom: "{bottom}" top: "{top}" {message} {{ {params} {more} }} }}\n'
        f'layer {{ name: "relu {top}" type: "ReLU" bottom: "{top}" top: "{top}" }}\n'
    )


NETS = {
    "one convolution": window("Convolution", "data", "out", "kernel_size: 5 stride: 2 pad: 1"),
    "height and width differ": window(
        "Convolution", "data", "out", "kernel_h: 3 kernel_w: 5 stride_h: 1 stride_w: 3 pad_h: 1 pad_w: 0"
    ),
    "several": window("Convolution", "data", "a", "kernel_size: 3 pad: 1")
    + window("Pooling", "a", "b", "kernel_size: 3 stride: 2")
    + window("Convolution", "b", "out", "kernel_size: 3 dilation: 2 stride: 2"),
    "up again": window("Convolution", "data", "a", "kernel_size: 4 stride: 4")
    + window("Deconvolution", "a", "out", "kernel_size: 3 stride: 2"),
    "joined": window("Convolution", "data", "a", "kernel_size: 3 stride: 2 pad: 1")
    + window("Convolution", "data", "b", "kernel_size: 5 stride: 2 pad: 2")
    + 'layer { name: "c" type: "Concat" bottom: "a" bottom: "b" top: "c" }\n'
    + window("Convolution", "c", "out", "kernel_size: 1"),
}


@pytest.mark.parametrize("name", NETS)
def test_each_place_lies_over_the_middle_of_what_it_sees(tmp_path: Path, name: str) -> None:
    """The gradient of one output tells which pixels it sees; their middle is scale * place + shift."""
    height, width = 41, 50
    (tmp_path / "net.prototxt").write_text("force_backward: true\n" + INPUT.format(height, width) + NETS[name])
    found = align(str(tmp_path / "net.prototxt"), "out")
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    net.blobs["data"].data[...] = 1
    net.forward()
    out = net.blobs["out"]
    assert found.size_of((height, width)) == out.data.shape[2:]
    for y, x in ((5, 4), (6, 6)):
        out.diff[...] = 0
        out.diff[0, 0, y, x] = 1
        net.backward(start=net._layer_names[-1])
        rows, columns = (np.flatnonzero(net.blobs["data"].diff[0, 0].any(axis=axis)) for axis in (1, 0))
        middle = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
        # a deconvolution spreads one place over several, which then do not lie in the middle of what they see
        slack = 1.5 if name == "up again" else 0
        assert abs(middle[0] - (found.scale[0] * y + found.shift[0])) <= slack
        assert abs(middle[1] - (found.scale[1] * x + found.shift[1])) <= slack


def test_known_offsets(tmp_path: Path) -> None:
    """By hand: a 4 x 4 window with stride 4 sees pixels 4y to 4y + 3, whose middle is 4y + 1.5."""
    (tmp_path / "net.prototxt").write_text(INPUT.format(24, 32) + NETS["up again"])
    found = align(str(tmp_path / "net.prototxt"), "a")
    assert (found.scale, found.shift, found.size_of((24, 32))) == ((4, 4), (1.5, 1.5), (6, 8))
    grid = NetGrid("a", found.scale, found.shift, found.size_of)
    labels = drawn.noise(0, 24, 32)
    assert np.array_equal(grid("a.png", labels), labels[2::4, 2::4])
    assert np.array_equal(grid("a.png", labels), Divided(4)("a.png", labels))


def test_places_outside_of_the_image() -> None:
    labels = drawn.noise(0, 6, 8)
    shifted = NetGrid("x", (2, 2), (-3, 1), lambda size: (4, 5))("a.png", labels)
    assert np.array_equal(shifted, labels[np.ix_([0, 0, 1, 3], [1, 3, 5, 7, 7])])
    ignored = NetGrid("x", (2, 2), (-3, 1), lambda size: (4, 5), outside=255)("a.png", labels)
    expected = shifted.copy()
    expected[:2], expected[:, 4] = 255, 255
    assert np.array_equal(ignored, expected)


def test_blobs_of_which_it_cannot_be_told(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    fc = 'layer { name: "fc" type: "InnerProduct" bottom: "a" top: "fc" inner_product_param { num_output: 2 } }'
    path.write_text(INPUT.format(24, 32) + NETS["up again"] + fc)
    with pytest.raises(NetError, match=r"net\.prototxt: where blob 'fc' lies over 'data' cannot be told"):
        align(str(path), "fc")
    with pytest.raises(UnknownNameError, match="no blob 'ot'; did you mean 'out'"):
        align(str(path), "ot")


def test_net_that_crops(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    source = 'layer { name: "in" type: "Data" top: "data" transform_param { crop_size: 20 mirror: true } }\n'
    (tmp_path / "net.prototxt").write_text(source + NETS["one convolution"])
    for name in ("a", "b", "with space"):
        drawn.save_png(tmp_path / f"maps/{name}.png", drawn.noise(0, 24, 32, most=4))
    arguments = [photos / "cat", tmp_path / "i", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l"]
    net = ["--net", tmp_path / "net.prototxt", "--blob", "out"]
    assert make_lmdb(*arguments, *net) == 2
    assert "crops 20x20 out of its images" in capsys.readouterr().err
    assert make_lmdb(*arguments, *net, "--resize", "20x20") == 0
    assert "mirror: true turns the images, not their label maps" in capsys.readouterr().err
    datum = caffe_pb2.Datum.FromString(entries(tmp_path / "l")[0][1])
    assert (datum.height, datum.width) == (9, 9)


def test_net_whose_blob_begins_outside_of_the_image(
    tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.prototxt").write_text(
        INPUT.format(24, 32) + window("Convolution", "data", "out", "kernel_size: 3 pad: 9")
    )
    for name in ("a", "b", "with space"):
        drawn.save_png(tmp_path / f"maps/{name}.png", drawn.noise(0, 24, 32, most=4))
    common = [photos / "cat", tmp_path / "i", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l"]
    for more, told in ([], "have the nearest pixel's label"), (["--ignore", 255, "--overwrite"], "are labelled 255"):
        assert make_lmdb(*common, "--net", tmp_path / "net.prototxt", "--blob", "out", *more) == 0
        assert f"begins 8 pixels outside of the image; places there {told}" in capsys.readouterr().err


sizes = st.tuples(st.integers(1, 12), st.integers(1, 15))
maps = hnp.arrays(np.uint8, sizes)
swaps = st.sampled_from([{}, {1: 2, 2: 1}, {3: 4, 4: 3, 9: 9}, {0: 255, 255: 0}])


@given(maps, st.one_of(st.none(), sizes), st.booleans(), swaps, st.integers(1, 4), st.integers(0, 3))
def test_every_label_comes_from_its_place(
    labels: np.ndarray, size: tuple[int, int] | None, mirrored: bool, swap: dict[int, int], scale: int, shift: int
) -> None:
    """Resized, mirrored with labels swapped, sampled at a net's places: pixel by pixel, counted out."""
    grid = NetGrid("x", (scale, scale), (shift, shift), lambda size: (-(-size[0] // scale), -(-size[1] // scale)), 77)
    made = MapRecipe(LabelRule(), grid, None, swap).finished("a", labels, size, mirrored)
    height, width = size or labels.shape
    for y in range(made.shape[0]):
        for x in range(made.shape[1]):
            at_y, at_x = scale * y + shift, scale * x + shift
            if at_y >= height or at_x >= width:
                assert made[y, x] == 77
                continue
            if mirrored:
                at_x = width - 1 - at_x
            old = ((2 * at_y + 1) * labels.shape[0] // (2 * height), (2 * at_x + 1) * labels.shape[1] // (2 * width))
            value = int(labels[old])
            assert made[y, x] == (swap.get(value, value) if mirrored else value)


@given(maps, swaps)
def test_swapping_twice_is_nothing(labels: np.ndarray, swap: dict[int, int]) -> None:
    assert np.array_equal(swapped(swapped(labels, swap), swap), labels)
    assert np.array_equal(swapped(sample(labels, labels.shape), {}), labels[:, ::-1])


def test_mirrored_pairs_stay_together(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    """Each pixel's colour names its place, and its label is computed from that: so they are found again anywhere."""
    rows, columns = np.mgrid[:20, :30].astype(np.uint8)
    drawn.save_png(tmp_path / "images/a.png", np.dstack([rows, columns, rows * 0]))
    drawn.save_png(tmp_path / "maps/a.png", (rows + columns) % 5)
    out = ["--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l", "--mirror-labels", "1:2"]
    assert make_lmdb(tmp_path / "images", tmp_path / "i", *out) == 0
    for number, (image, label) in enumerate(zip(entries(tmp_path / "i"), entries(tmp_path / "l"), strict=True)):
        assert image[0] == label[0]
        pixels = np.frombuffer(caffe_pb2.Datum.FromString(image[1]).data, np.uint8).reshape(3, 20, 30)
        labels = np.frombuffer(caffe_pb2.Datum.FromString(label[1]).data, np.uint8).reshape(20, 30)
        truth = (pixels[2] + pixels[1]) % 5
        if number == 1:
            truth = np.array([0, 2, 1, 3, 4])[truth]
        assert np.array_equal(labels, truth)
        assert np.array_equal(pixels[1], columns[:, ::-1] if number == 1 else columns)
    assert number == 1
