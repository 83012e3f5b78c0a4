"""How image files become pixels where that is not as Caffe reads them; and JPEGs told by their structure."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from datasets import drawn_sets as drawn
from hypothesis import event, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pycaffe_ext.datasets.images import Reading, encode, read_pixels
from pycaffe_ext.datasets.jpeg_structure import is_plain_jpeg
from pycaffe_ext.errors import DataError
from pycaffe_ext.proto import caffe_pb2


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "alpha"),
    [("PNG", False), ("WEBP", False), ("JPEG", False), ("TIFF", False), ("PNG", True), ("WEBP", True), ("TIFF", True)],
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_by_exif(kind: str, orientation: int, alpha: bool) -> None:
    """Pillow turns a picture as its orientation says: the judge."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    blocks = np.kron(drawn.noise(0, 3, 5, 4 if alpha else 3), np.ones((8, 8, 1), np.uint8))
    if alpha:
        blocks[..., 3] = 255
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    content = saved(Image.fromarray(blocks), kind, exif=exif, **options)
    turned = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
    read = read_pixels("x", content, Reading(turn="all", alpha="white" if alpha else "drop"))
    assert read.shape == turned.shape
    assert np.abs(read[..., ::-1].astype(int) - turned).max() <= (8 if kind == "JPEG" else 0)
    still = read_pixels("x", content, Reading(turn="none"))
    assert still.shape == (24, 40, 3)
    assert np.abs(still[..., ::-1].astype(int) - blocks[..., :3]).max() <= (8 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_alpha(kind: str) -> None:
    colors = drawn.noise(0, 6, 9, 4)
    content = saved(Image.fromarray(colors), kind)
    bgra = colors[..., [2, 1, 0, 3]]
    if kind == "PNG":  # of a TIFF, OpenCV gives the colours times alpha
        assert np.array_equal(read_pixels("x", content, Reading()), bgra[..., :3])
    assert np.array_equal(read_pixels("x", content, Reading(alpha="keep")), bgra)
    share = bgra[..., 3:] / 255
    for name, behind in (("white", 255), ("black", 0)):
        expected = bgra[..., :3] * share + behind * (1 - share)
        read = read_pixels("x", content, Reading(alpha=name))
        assert np.abs(read - expected).max() <= 0.51
    without = saved(Image.fromarray(colors[..., :3]), "PNG")
    assert np.array_equal(read_pixels("x", without, Reading(alpha="white")), bgra[..., :3])


def test_alpha_of_grey_images_and_what_looks_like_it() -> None:
    grey = drawn.noise(0, 6, 9, most=4)
    content = saved(Image.fromarray(grey), "PNG", transparency=3)
    whitened = np.where(grey == 3, 255, grey)
    assert np.array_equal(read_pixels("x", content, Reading(gray=True, alpha="white")), whitened)
    content = saved(Image.fromarray(drawn.noise(0, 6, 9, 4), "CMYK"), "TIFF")
    assert read_pixels("x", content, Reading(alpha="keep")).shape == (6, 9, 3)


def test_deep() -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (6, 9)).astype(np.uint16)
    content = drawn.png(deep)  # type: ignore[arg-type]
    assert np.array_equal(read_pixels("x", content, Reading(gray=True, deep=True)), deep.astype(np.float32))
    shallow = read_pixels("x", content, Reading(gray=True))
    assert shallow.dtype == np.uint8
    floats = np.random.default_rng(0).normal(size=(6, 9, 3)).astype(np.float32)
    read = read_pixels("x", bytes(cv2.imencode(".tiff", floats)[1]), Reading(deep=True))
    assert np.array_equal(read, floats)
    grey = bytes(cv2.imencode(".tiff", floats[..., 1])[1])
    assert np.array_equal(read_pixels("x", grey, Reading(deep=True)), floats[..., [1, 1, 1]])


def test_kinds_of_file_that_cannot_be_written() -> None:
    for image, kind in ((np.zeros((4, 5, 3), np.uint8), "pgm"), (np.zeros((4, 5), np.uint8), "xyz")):
        with pytest.raises(DataError, match=f"cannot be encoded as .{kind}"):
            encode(image, kind)


def test_kinds_of_jpeg(tmp_path: Path) -> None:
    image = Image.fromarray(drawn.noise(0, 24, 40, 3))
    for options in ({}, {"subsampling": 0}, {"subsampling": 2}, {"optimize": True}):
        assert is_plain_jpeg(saved(image, "JPEG", **options))
        assert is_plain_jpeg(saved(image, "JPEG", **options) + b"more")
    assert is_plain_jpeg(saved(image.convert("L"), "JPEG"))
    for unusual in (saved(image.convert("CMYK"), "JPEG"), saved(image, "JPEG", progressive=True)):
        assert not is_plain_jpeg(unusual)  # decoding tells
    whole = saved(image, "JPEG")
    middle = len(whole) - 200
    assert not is_plain_jpeg(whole[:middle] + b"\xff\xc4\x00\x03\x00" + whole[middle:])
    assert not is_plain_jpeg(saved(image, "PNG"))
    assert not is_plain_jpeg(b"")


NOISE = drawn.noise(0, 17, 30, 3)
WHOLE = [
    saved(Image.fromarray(NOISE), "JPEG"),
    saved(Image.fromarray(NOISE), "JPEG", progressive=True),
    saved(Image.fromarray(NOISE[..., 0]), "JPEG", optimize=True),
]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=3), st.data())
def test_a_damaged_jpeg_is_plain_only_if_it_decodes(
    whole: bytes, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    damaged = bytearray(whole)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    if data.draw(st.integers(0, 3)) == 0:
        start = data.draw(st.integers(0, len(damaged) - 1))
        del damaged[start : start + data.draw(st.integers(1, 40))]
    content = bytes(damaged)
    event(f"plain: {is_plain_jpeg(content)}")
    if is_plain_jpeg(content):
        assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) is not None


def test_options_reach_the_images(
    tmp_path: Path, make_lmdb: Callable[..., int], entries: Callable[[Path], list[tuple[bytes, bytes]]]
) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (5, 7)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    clear = drawn.noise(1, 5, 7, 4)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    (tmp_path / "deep.txt").write_text("deep.png 3\n")
    (tmp_path / "clear.txt").write_text("clear.png 4\n")
    assert make_lmdb(tmp_path / "deep.txt", tmp_path / "deep", "--deep", "--gray") == 0
    [(_, value)] = entries(tmp_path / "deep")
    datum = caffe_pb2.Datum.FromString(value)
    assert (datum.channels, datum.height, datum.width, datum.label, datum.data) == (1, 5, 7, 3, b"")
    assert list(datum.float_data) == deep.ravel().tolist()
    assert make_lmdb(tmp_path / "clear.txt", tmp_path / "clear", "--alpha", "keep") == 0
    [(_, value)] = entries(tmp_path / "clear")
    datum = caffe_pb2.Datum.FromString(value)
    assert (datum.channels, datum.label) == (4, 4)
    planes = np.frombuffer(datum.data, np.uint8).reshape(4, 5, 7)
    assert np.array_equal(planes, clear[..., [2, 1, 0, 3]].transpose(2, 0, 1))
