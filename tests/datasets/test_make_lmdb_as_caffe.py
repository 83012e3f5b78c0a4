"""Byte for byte what real Caffe's convert_imageset writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import real_caffe
from PIL import Image
from real_caffe import RealFolder, needs_real_caffe

from pycaffe_ext.datasets.datum import datum_array, parse_datum

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]

pytestmark = needs_real_caffe


@pytest.fixture(scope="module")
def pictures() -> Iterator[RealFolder]:
    """A folder with files of many kinds, listed in list.txt; two of them are not there, and labels are odd."""
    random = np.random.default_rng(0)
    with real_caffe.folder() as real:
        (real.path / "two words").mkdir()

        def picture(height: int, width: int) -> Any:
            coarse = random.integers(0, 256, (6, 8, 3)).astype(np.uint8)
            noise = random.integers(0, 40, (height, width, 3)).astype(np.uint8)
            return cv2.add(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), noise)

        def save(name: str, image: Any, **options: Any) -> None:
            Image.fromarray(image[..., ::-1] if image.ndim == 3 else image).save(real.path / name, **options)

        for number in range(6):
            for sampling in range(3):
                save(
                    f"{number}{sampling}.jpg", picture(90 + number, 123), quality=60 + 6 * number, subsampling=sampling
                )
        save("progressive.JPEG", picture(61, 83), progressive=True)
        save("grey.jpg", picture(61, 83)[..., 0])
        Image.fromarray(picture(40, 50)).convert("CMYK").save(real.path / "cmyk.jpeg")
        save("colour.png", picture(50, 64))
        for height, width in ((1, 1), (1, 90), (7, 7)):
            for kind in ("png", "jpg", "webp"):
                save(f"{height}x{width}.{kind}", picture(height, width))
        save("grey.png", picture(50, 64)[..., 0])
        Image.fromarray(picture(40, 50)).convert("P").save(real.path / "palette.png")
        save("alpha.PNG", np.dstack([picture(50, 64), picture(50, 64)[..., :1]])[..., [2, 1, 0, 3]])
        cv2.imwrite(str(real.path / "deep.png"), picture(40, 50).astype(np.uint16) * 257)
        for kind in ("bmp", "tif", "webp", "ppm"):
            save(f"other.{kind}", picture(33, 47))
        for turn in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = turn
            for kind in ("jpg", "png", "webp"):
                save(f"two words/turned {turn}.{kind}", picture(30, 44), exif=exif)
        names = sorted(str(path.relative_to(real.path)) for path in real.path.rglob("*.*"))
        names[3:3] = ["missing.jpg"]
        lines = [f"{name} {label}\n" for label, name in enumerate(names, start=-2)]
        (real.path / "list.txt").write_text("".join(lines) + "missing.png 2147483647\n")
        yield real


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([], []),
        (["--gray"], ["--gray"]),
        (["--resize_height=64", "--resize_width=64"], ["--resize", "64x64"]),
        (["--resize_height=200", "--resize_width=37"], ["--resize", "200x37"]),
        (["--gray", "--resize_height=40", "--resize_width=51"], ["--gray", "--resize", "40x51"]),
        (["--encoded", "--encode_type=jpg"], ["--encoded", "jpg"]),
        (["--encoded", "--encode_type=png"], ["--encoded", "png"]),
        (["--encoded"], ["--encoded", "same"]),
        (["--encoded", "--resize_height=20", "--resize_width=33"], ["--encoded", "same", "--resize", "20x33"]),
        (["--encode_type=png", "--gray"], ["--encoded", "png", "--gray"]),
        (["--encode_type=jpg", "--resize_height=64", "--resize_width=70"], ["--encoded", "jpg", "--resize", "64x70"]),
    ],
    ids=" ".join,
)
def test_keys_and_values(
    pictures: RealFolder, make_lmdb: Tool, entries: Entries, tmp_path: Path, theirs: list[str], ours: list[str]
) -> None:
    database = f"caffe {' '.join(theirs)}"
    pictures.run("convert_imageset", "--backend=lmdb", *theirs, "./", "list.txt", database)
    assert make_lmdb(pictures.path / "list.txt", tmp_path / "out", "--skip-bad", *ours) == 1
    expected = dict(entries(pictures.path / database))
    made = dict(entries(tmp_path / "out"))
    assert len(expected) == 63
    assert list(made) == list(expected)
    differ = [key for key in expected if made[key] != expected[key]]
    if theirs[:2] == ["--encoded", "--resize_height=20"]:  # encoded anew: WebP by another version of its library
        pixels = [[datum_array(parse_datum(some[key])) for key in differ] for some in (expected, made)]
        assert all(np.array_equal(*pair) for pair in zip(*pixels, strict=True))
        differ = [key for key in differ if not key.endswith(b".webp")]
    assert differ == []
