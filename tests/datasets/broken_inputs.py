"""Hundreds of images and label maps that are broken, each in its own way, and what is to be said of them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from datasets import drawn_sets as drawn
from PIL import Image

DAMAGED = r"is not an image that OpenCV can read, or is damaged"
CUT = r"is cut short: a JPEG without its end"
EMPTY = r"is empty \(0 bytes\)"


def _saved(kind: str, seed: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(drawn.noise(seed, 24 + seed % 7, 31, 3)).save(buffer, kind, **options)
    return buffer.getvalue()


def images(folder: Path) -> Iterator[tuple[str, str]]:
    """Writes broken image files; the name of each, and the pattern of what is wrong with it."""
    random = np.random.default_rng(0)

    def write(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        return name

    jpegs = [_saved("JPEG", seed, progressive=seed % 3 == 0, quality=95) for seed in range(40)]
    for seed, whole in enumerate(jpegs):
        scan = whole.index(b"\xff\xda")
        yield write(f"cut {seed}.jpg", whole[: int(random.integers(scan + 20, len(whole) - 2))]), CUT
        yield write(f"head {seed}.jpg", whole[: int(random.integers(2, scan))]), f"{CUT}|{DAMAGED}"
        frame = next(whole.index(bytes([0xFF, mark])) for mark in (0xC0, 0xC2) if bytes([0xFF, mark]) in whole)
        yield write(f"huge {seed}.jpg", whole[: frame + 5] + b"\xff" * 4 + whole[frame + 9 :]), DAMAGED
        yield write(f"flat {seed}.jpeg", whole[: frame + 5] + bytes(2) + whole[frame + 7 :]), DAMAGED
        yield write(f"no tables {seed}.jpg", whole.replace(b"\xff\xdb", b"\xff\xe5")), DAMAGED
    for seed in range(40):
        whole = _saved("PNG", seed)
        yield write(f"cut {seed}.png", whole[: int(random.integers(9, len(whole) * 3 // 4))]), DAMAGED
        yield write(f"huge {seed}.png", whole[:16] + b"\x7f" * 8 + whole[24:]), DAMAGED
        yield write(f"header {seed}.png", whole[:24] + bytes([99, 98]) + whole[26:]), DAMAGED
    for seed in range(15):
        for kind, name in (("BMP", "bmp"), ("WEBP", "webp"), ("TIFF", "tif")):
            whole = _saved(kind, seed)
            yield write(f"cut {seed}.{name}", whole[: int(random.integers(3, 30))]), DAMAGED
    for number, name in enumerate(("jpg", "png", "bmp", "tif", "webp")):
        for seed in range(6):
            yield write(f"empty {seed}.{name}", b""), EMPTY
            yield write(f"text {seed}.{name}", b"no image at all " * (seed + 1)), DAMAGED
            yield write(f"noise {seed}.{name}", random.bytes(300 * (seed + 1))), DAMAGED
            yield f"missing {seed}.{name}", "cannot be read: No such file or directory"
        (folder / f"folder.{name}").mkdir()
        yield f"folder.{name}", "cannot be read: Is a directory"
        os.symlink(f"loop {number}.{name}", folder / f"loop {number}.{name}")
        yield f"loop {number}.{name}", "cannot be read: Too many levels of symbolic links"
        os.symlink("/nowhere/at all", folder / f"dangling.{name}")
        yield f"dangling.{name}", "cannot be read: No such file or directory"
        yield f"text 0.{name}/below.{name}", "cannot be read: Not a directory"
        yield "x" * (260 + number) + f".{name}", "cannot be read: File name too long"


PALETTE = "0 0 0 0 background\n1 255 0 0 one\n2 0 255 0 two\n"


def label_maps(folder: Path, size: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """Writes label maps that are wrong for images of a size, under the palette above; the stem of each, and the
    pattern of what is wrong."""
    random = np.random.default_rng(1)
    table = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0]], np.uint8)

    def colors(shape: tuple[int, int]) -> np.ndarray:
        return table[random.integers(0, 3, shape)]

    for number in range(40):
        x, y = int(random.integers(size[1])), int(random.integers(size[0]))
        wrong = colors(size)
        wrong[y, x] = 255, 0, 1 + number
        drawn.save_png(folder / f"colour {number}.png", wrong)
        yield f"colour {number}", rf"pixel \({x}, {y}\) has colour 255 0 {1 + number}, which is not in"
        taller = (size[0] + 1 + number, size[1])
        drawn.save_png(folder / f"size {number}.png", colors(taller))
        yield f"size {number}", rf"label map is {taller[0]}x{taller[1]}, but its image .* is {size[0]}x{size[1]}"
        wide = np.dstack([colors(size), np.full(size, 255, np.uint8)])
        wide[y, x, 3] = number
        drawn.save_png(folder / f"alpha {number}.png", wide)
        yield f"alpha {number}", rf"pixel \({x}, {y}\) is not opaque"
        whole = (folder / f"colour {number}.png").read_bytes()
        (folder / f"cut {number}.png").write_bytes(whole[: int(random.integers(len(whole) - 24))])
        yield f"cut {number}", "label map cannot be read: is not a PNG, TIFF, BMP or GIF, or is damaged"
        yield f"none {number}", r"has no label map: .* does not exist"
