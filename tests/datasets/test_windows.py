from __future__ import annotations

from pathlib import Path

import pytest

from pycaffe_ext.datasets.windows import WindowFile, place
from pycaffe_ext.errors import DataError

GOOD = """# 0
a.jpg
3
48 64
4
3 0.6 1 2 3 4
3 0.5 5 6 7 8
3 0.4 9 9 9 9
3 0.3 0 0 9 9

# 1
b.jpg 3 48 64 1
2 1 -1 0 50 47
"""


def test_window_files(tmp_path: Path) -> None:
    (tmp_path / "windows.txt").write_text(GOOD)
    found = WindowFile(str(tmp_path / "windows.txt"), 0.5, 0.4)
    assert found.images == ["a.jpg", "b.jpg"]
    assert [tuple(found.foreground[i]) for i in range(len(found.foreground))] == [
        (0, 3, (1, 2, 3, 4), 6),
        (0, 3, (5, 6, 7, 8), 7),
        (1, 2, (-1, 0, 50, 47), 13),
    ]
    assert [tuple(found.background[i]) for i in range(len(found.background))] == [(0, 0, (0, 0, 9, 9), 9)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "", ": the window file is empty"),
        ("# 0", "# 1", ":1: here '# 0' should begin an image"),
        ("# 1", "x 1", ":11: here '# 1' should begin an image"),
        ("0.3 0 0 9 9", "0.3 0 0 9 9 7", ":11: the number of the image is '#', which is no whole number of 32 bits"),
        ("\n4\n", "\n5\n", ":11: the label is '#', which is no whole number of 32 bits"),
        ("1 2 3 4", "1 2 3.5 4", ":6: the x2 is '3.5', which is no whole number of 32 bits"),
        ("1 2 3 4", "1 2 3 4294967296", ":6: the y2 is '4294967296', which is no whole number of 32 bits"),
        ("3 0.6", "3 high", ":6: the overlap is 'high', which is no number"),
        ("3 0.6", "0 0.6", ":6: the label of a foreground window is above 0, not 0"),
        ("50 47\n", "50", ": ends where the y2 is due"),
    ],
)
def test_bad_window_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "windows.txt"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(DataError) as caught:
        WindowFile(str(path), 0.5, 0.4)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("box", "context", "square"),
    [
        ((0, 0, 64, 10), 0, False),
        ((5, -1, 9, 9), 0, False),
        ((9, 9, 8, 20), 4, True),
        ((200, 9, 220, 20), 4, False),
        ((-90, 9, -50, 20), 4, True),
        ((63, 0, 1062, 999), 0, True),
    ],
)
def test_windows_without_a_pixel(box: tuple[int, int, int, int], context: int, square: bool) -> None:
    with pytest.raises(DataError, match=r"^window -?\d+ .* is not in the image, which is 64 wide, 48 high$"):
        place(box, (48, 64), 21, context=context, square=square, mirror=False)
