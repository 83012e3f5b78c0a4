from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from pycaffe_ext.datasets.label_maps import LabelMaps, LabelRule, read_label_map, sample, scale_down
from pycaffe_ext.datasets.palettes import read_palette
from pycaffe_ext.errors import DataError

sizes = st.tuples(st.integers(1, 12), st.integers(1, 15))
maps = hnp.arrays(np.uint8, sizes)


@st.composite
def palettes(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """256 colours, all different."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    packed = random.choice(1 << 24, 256, replace=False).tolist()
    return [(color >> 16, color >> 8 & 255, color & 255) for color in packed]


@given(maps)
def test_every_label_of_an_index_png_is_read(tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("maps") / "a.png"
    Image.fromarray(labels).save(path)
    assert np.array_equal(read_label_map(str(path), LabelRule()), labels)


@given(maps, palettes(), st.sampled_from([2, 16, 256]))
def test_every_label_of_a_palette_png_is_read(
    tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray, table: list[tuple[int, int, int]], count: int
) -> None:
    """By its indices, whatever its bit depth; and by its colours, where a palette file gives them other labels."""
    folder = tmp_path_factory.mktemp("maps")
    labels = np.minimum(labels, count - 1)
    image = Image.fromarray(labels)
    image.putpalette([value for color in table[:count] for value in color])
    image.save(folder / "a.png")
    assert np.array_equal(read_label_map(str(folder / "a.png"), LabelRule()), labels)
    write_palette(folder / "palette.txt", table, [255 - index for index in range(256)])
    rule = LabelRule(read_palette(folder / "palette.txt"))
    assert np.array_equal(read_label_map(str(folder / "a.png"), rule), 255 - labels)


@given(maps, palettes())
def test_every_label_of_a_colour_png_is_read(
    tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray, table: list[tuple[int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("maps")
    Image.fromarray(np.array(table, np.uint8)[labels]).save(folder / "a.png")
    write_palette(folder / "palette.txt", table, list(range(256)))
    rule = LabelRule(read_palette(folder / "palette.txt"))
    assert np.array_equal(read_label_map(str(folder / "a.png"), rule), labels)


def write_palette(path: Path, table: list[tuple[int, int, int]], indices: list[int]) -> None:
    lines = [f"{index} {r} {g} {b} class {index}" for index, (r, g, b) in zip(indices, table, strict=True)]
    path.write_text("# index r g b name\n\n" + "\n".join(lines) + "\n")


@given(maps, sizes)
def test_sampling_takes_the_pixel_at_the_centre(labels: np.ndarray, size: tuple[int, int]) -> None:
    def centre(place: int, old: int, new: int) -> int:
        return floor((place + Fraction(1, 2)) * old / new)

    expected = [
        [labels[centre(y, labels.shape[0], size[0]), centre(x, labels.shape[1], size[1])] for x in range(size[1])]
        for y in range(size[0])
    ]
    assert sample(labels, size).tolist() == expected


@given(maps, st.integers(1, 5))
def test_scaling_down_undoes_scaling_up(labels: np.ndarray, divisor: int) -> None:
    large = labels.repeat(divisor, axis=0).repeat(divisor, axis=1)
    assert np.array_equal(scale_down("a.png", large, divisor), labels)


def test_scale_one_quarter_takes_pixel_2_2_of_each_block() -> None:
    labels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert scale_down("a.png", labels, 4).tolist() == [[2 * 8 + 2, 2 * 8 + 6], [6 * 8 + 2, 6 * 8 + 6]]


def test_size_that_does_not_divide() -> None:
    with pytest.raises(DataError, match=r"^a\.png: size 6x8 does not divide by 4 \(--label-scale 1/4\)$"):
        scale_down("a.png", np.zeros((6, 8), np.uint8), 4)


def saved(path: Path, image: Image.Image, **options: object) -> str:
    image.save(path, **options)
    return str(path)


def test_label_outside_the_classes(tmp_path: Path) -> None:
    labels = np.zeros((4, 6), np.uint8)
    labels[2, 5], labels[3, 0] = 7, 255
    path = saved(tmp_path / "a.png", Image.fromarray(labels))
    with pytest.raises(DataError, match=r"a\.png: pixel \(5, 2\) has label 7; allowed are 0 to 4 or 255$"):
        read_label_map(path, LabelRule(num_classes=5, ignore=255))
    with pytest.raises(DataError, match=r"a\.png: pixel \(0, 3\) has label 255; allowed are 0 to 7$"):
        read_label_map(path, LabelRule(num_classes=8))
    assert np.array_equal(read_label_map(path, LabelRule(num_classes=8, ignore=255)), labels)


def test_16_bit_labels(tmp_path: Path) -> None:
    labels = np.array([[0, 255], [3, 4]], np.uint16)
    path = saved(tmp_path / "a.png", Image.fromarray(labels))
    assert np.array_equal(read_label_map(path, LabelRule()), labels)
    path = saved(tmp_path / "b.png", Image.fromarray(labels + 1))
    with pytest.raises(DataError, match=r"b\.png: pixel \(1, 0\) has label 256; allowed are 0 to 255$"):
        read_label_map(path, LabelRule())


KINDS = ["tif grey", "tif palette", "tif deep", "tif colours", "bmp grey", "bmp palette", "bmp colours", "gif palette"]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_file(tmp_path: Path, kind: str) -> None:
    end, mode = kind.split()
    labels = np.random.default_rng(0).integers(0, 5, (7, 9)).astype(np.uint8)
    image = Image.fromarray(labels.astype(np.uint16) if mode == "deep" else labels)
    rule = LabelRule()
    if mode == "palette":
        image.putpalette(np.random.default_rng(1).integers(0, 256, 768).tolist())
    elif mode == "colours":
        (tmp_path / "p.txt").write_text("".join(f"{n} {50 * n} {n} 9\n" for n in range(5)))
        image = Image.fromarray(np.dstack([50 * labels, labels, np.full_like(labels, 9)]))
        rule = LabelRule(read_palette(tmp_path / "p.txt"))
    path = saved(tmp_path / f"a.{end}", image)
    assert LabelMaps(str(tmp_path), ["a.jpg"]).find("a.jpg") == path
    assert np.array_equal(read_label_map(path, rule), labels)
    better = saved(tmp_path / "a.png", Image.fromarray(labels))
    assert LabelMaps(str(tmp_path), ["a.jpg"]).find("a.jpg") == better


def test_folder_without_label_maps(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(DataError, match=r"holds no label maps \(.png .tif .tiff .bmp .gif; JPEG changes labels\)"):
        LabelMaps(str(tmp_path), ["a.jpg"])


def test_colour_that_is_not_in_the_palette(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("0 0 0 0 background\n1 255 0 0\n")
    colors = np.zeros((3, 4, 3), np.uint8)
    colors[1, 2] = 255, 0, 1
    path = saved(tmp_path / "a.png", Image.fromarray(colors))
    with pytest.raises(DataError, match=r"a\.png: pixel \(2, 1\) has colour 255 0 1, which is not in .*p\.txt$"):
        read_label_map(path, LabelRule(read_palette(tmp_path / "p.txt")))


@pytest.mark.parametrize(
    ("image", "options", "problem"),
    [
        (Image.new("RGB", (3, 2)), {}, r"holds colours \(RGB\), not labels; give --palette"),
        (Image.new("1", (3, 2)), {}, "1-bit grey image"),
        (Image.new("RGBA", (3, 2), (1, 2, 3, 200)), {"palette": True}, r"pixel \(0, 0\) is not opaque"),
    ],
)
def test_pngs_that_hold_no_labels(tmp_path: Path, image: Image.Image, options: dict[str, bool], problem: str) -> None:
    (tmp_path / "p.txt").write_text("0 1 2 3\n")
    path = saved(tmp_path / "a.png", image)
    with pytest.raises(DataError, match=rf"a\.png: .*{problem}"):
        read_label_map(path, LabelRule(read_palette(tmp_path / "p.txt") if options else None))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_damaged_png(tmp_path: Path, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8)
    whole = Path(saved(tmp_path / "whole.png", Image.fromarray(noise))).read_bytes()
    for content in (whole[: int(len(whole) * share)], whole[: int(len(whole) * share)] + b"x" * 99):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(DataError, match=r"a\.png: .* is not a PNG, TIFF, BMP or GIF, or is damaged$"):
            read_label_map(str(tmp_path / "a.png"), LabelRule())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0 0 0 0\n1 2 3 name\n", r":2: '1 2 3 name' is no palette line"),
        ("0 0 0 256 x\n", ":1: index, r, g and b are 0 to 255"),
        ("0 1 2 3 a\n0 9 9 9 a\n4 1 2 3 b\n", ":3: colour 1 2 3 has another index above"),
        ("# nothing\n", "holds no palette line"),
    ],
)
def test_palette_files_that_are_wrong(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "p.txt").write_text(text)
    with pytest.raises(DataError, match=rf"p\.txt{problem}" if problem[0] == ":" else problem):
        read_palette(tmp_path / "p.txt")


def test_maps_are_found_by_path_or_stem(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.png", "c.PNG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = ["images/a.jpg", "sub/b.jpg", "c.jpg", "c.jpg", "x/d.jpg", "other/a.jpg"]
    maps = LabelMaps(str(tmp_path), names)
    assert maps.find("images/a.jpg") == str(tmp_path / "a.png")
    assert maps.find("sub/b.jpg") == str(tmp_path / "sub/b.png")
    assert maps.find("c.jpg") == str(tmp_path / "c.PNG")
    with pytest.raises(DataError, match=r"^image x/d\.jpg has no label map: .*/d\.png does not exist$"):
        maps.find("x/d.jpg")
    with pytest.raises(DataError, match=r"^images images/a\.jpg and other/a\.jpg would share label map .*a\.png$"):
        maps.find("other/a.jpg")


def test_folder_without_maps(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no label maps"):
        LabelMaps(str(tmp_path), [])
