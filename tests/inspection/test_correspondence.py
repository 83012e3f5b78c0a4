"""Correspondence of parts: the sums by hand, a net that relates parts and one that cannot, and the file of parts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from inspection.conftest import SmallNet
from tool import tool

from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.attribution.correspondence import correspondence, sign_differences
from pycaffe_ext.inspection.attribution.parts import PartedImage, read_parts
from pycaffe_ext.inspection.patches import Box

HEADER = "image,part,left,top,width,height\n"


@pytest.fixture
def parted(tmp_path: Path) -> list[PartedImage]:
    """Pictures with a bright square (its place varies) and a dark bar, of the net's input size."""
    rng = np.random.default_rng(3)
    found = []
    for index in range(4):
        pixels = rng.integers(110, 140, (23, 19, 3), np.uint8)
        pixels[2 + index : 6 + index, 3:8] = 250
        pixels[15:18, 5 + index : 14 + index] = 5
        cv2.imwrite(str(tmp_path / f"{index}.png"), pixels)
        parts = {"square": Box(2 + index, 3, 6 + index, 8), "bar": Box(15, 5 + index, 18, 14 + index)}
        found.append(PartedImage(str(tmp_path / f"{index}.png"), parts))
    return found


def test_shares_of_signs() -> None:
    signs = np.array([[1, 0, -1, 1], [1, 1, -1, -1], [0, 0, 0, 0]], np.int8)
    assert sign_differences(signs).tolist() == [0.5, 0.75, 1.0]  # pairs 0-1, 0-2, 1-2


def test_covering_by_hand(small_net: SmallNet, parted: list[PartedImage]) -> None:
    subject = small_net.subject()
    found = correspondence(subject, parted, ["conv2", "fc"], draws=2, grey=77)
    for blob in ("conv2", "fc"):
        for part in ("square", "bar"):
            signs = []
            for image in parted:
                pixels = cv2.imread(image.path)
                box, covered = image.parts[part], pixels.copy()
                covered[box.top : box.bottom, box.left : box.right] = 77
                both = subject.forward(subject.batch([pixels, covered]), [blob])[blob].reshape(2, -1)
                lost = both[0] - both[1]
                signs.append(np.where(abs(lost) > 1e-5 * abs(both[0]).max(), np.sign(lost), 0))
            shares = [(signs[i] != signs[j]).mean() for i in range(4) for j in range(i + 1, 4)]
            assert found[blob][part].part.mean == pytest.approx(np.mean(shares), abs=1e-6)
            assert found[blob][part].part.deviation == pytest.approx(np.std(shares), abs=1e-6)
            assert (found[blob][part].part.pairs, found[blob][part].random.pairs) == (6, 12)
    again = correspondence(subject, parted, ["conv2", "fc"], draws=2, grey=77)
    assert again == found and correspondence(subject, parted, ["fc"], draws=2, grey=77, seed=1)["fc"] != found["fc"]


def test_what_is_the_same_everywhere_is_related(small_net: SmallNet, parted: list[PartedImage]) -> None:
    """The square is bright in all pictures: covering it changes the mean brightness the same way in each."""
    subject = small_net.subject()
    for blob in subject.net.params["conv1"], subject.net.params["conv2"]:
        blob[0].data[...] = 0.1
        blob[1].data[...] = 100  # no ReLU is ever closed: the net is linear
    subject.net.params["fc"][0].data[...] = 1
    found = correspondence(subject, parted, ["fc"], draws=20)["fc"]
    assert found["square"].part.mean == found["bar"].part.mean == 0
    assert found["square"].random.mean > 0 and found["square"].ratio == 0


def test_random_parts_stay_in_the_object(small_net: SmallNet, parted: list[PartedImage]) -> None:
    """Where the object is no larger than the part, random parts are the part."""
    for image in parted:
        image.parts.pop("bar")
        image.parts["object"] = image.parts["square"]
    found = correspondence(small_net.subject(), parted, ["conv2"], draws=2)["conv2"]
    assert list(found) == ["square"]
    assert found["square"].random.mean == pytest.approx(found["square"].part.mean) and found["square"].part.mean > 0


def test_a_part_outside_of_its_picture(small_net: SmallNet, parted: list[PartedImage]) -> None:
    parted[1].parts["bar"] = Box(15, 5, 24, 14)
    with pytest.raises(DataError, match=r"1.png: has 19 x 23 pixels, a part reaches to \(14, 24\)"):
        correspondence(small_net.subject(), parted, ["conv2"])


def test_parts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text(HEADER + "a.png,eye,1,2,3,4\nb.png,eye,5,6,7,8\na.png,object,0,0,9,9\n")
    first, second = read_parts(path)
    assert first == (str(tmp_path / "a.png"), {"eye": Box(2, 1, 6, 4), "object": Box(0, 0, 9, 9)})
    assert second == (str(tmp_path / "b.png"), {"eye": Box(6, 5, 14, 12)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,part,left,top,width\n", ":1: no column 'height'"),
        (HEADER + "a.png,eye,1,2,3,x\n", ":2: left, top, width and height are whole numbers"),
        (HEADER + "a.png,eye,1,2,3\n", ":2: left, top, width and height are whole numbers"),
        (HEADER + "a.png,eye,1,2,0,4\n", r":2: a box of 0 x 4 at \(1, 2\) lies in no picture"),
        (HEADER + "a.png,eye,1,2,3,4\na.png,eye,1,2,3,4\n", ":3: a.png has the part 'eye' already"),
        (HEADER + "a.png,eye,1,2,3,4\n", "at least 2 pictures are needed, there are 1"),
        (HEADER + "a.png,eye,1,2,3,4\nb.png,nose,1,2,3,4\n", "not every picture has the part '(eye|nose)'"),
        (HEADER + "a.png,object,1,2,3,4\nb.png,object,1,2,3,4\n", "no part"),
    ],
)
def test_files_that_hold_no_parts(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_parts(tmp_path / "parts.csv")


def test_the_command(
    small_net: SmallNet, parted: list[PartedImage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f"{Path(image.path).name},{part},{box.left},{box.top},{box.right - box.left},{box.bottom - box.top}"
        for image in parted
        for part, box in image.parts.items()
    ]
    (tmp_path / "parts.csv").write_text(HEADER + "\n".join(rows) + "\n")
    probe = tool("probe", monkeypatch)
    arguments = ["correspondence", *small_net.options, "--parts", tmp_path / "parts.csv", "-o", tmp_path / "out"]
    assert probe(*arguments, "--blob", "conv2,fc", "--quiet") == 0
    lines = (tmp_path / "out/correspondence.csv").read_text().splitlines()
    assert len(lines) == 5 and lines[1].startswith("conv2,square,") and lines[4].startswith("fc,bar,")
    assert (tmp_path / "out/correspondence.png").read_bytes().startswith(b"\x89PNG")
    assert probe(*arguments, "--blob", "conv3") == 2
    assert probe(*arguments, "--draws", "0") == 2
