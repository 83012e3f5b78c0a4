"""A report stands alone: no link leads out of it, and its pictures are whole."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from pycaffe_ext.errors import DataError, FileError
from pycaffe_ext.inspection import Report

PNG = cv2.imencode(".png", np.arange(12, dtype=np.uint8).reshape(3, 4))[1].tobytes()
JPEG = cv2.imencode(".jpg", np.zeros((3, 4), np.uint8))[1].tobytes()


def report() -> Report:
    made = Report("Coins & <faces>")
    made.heading("First")
    made.text("5 < 6", "and more")
    made.table(("what", "share"), [("a & b", "97.5%"), ("c", "3%")])
    made.commands(["surgery.py --freeze 'conv*' > out"])
    made.picture(PNG, 'a "small" picture')
    made.picture(JPEG, "another")
    return made


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.pictures.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_outside_is_needed() -> None:
    html = report().html()
    tags = Tags(html)
    assert tags.open == []
    assert len(tags.pictures) == 2
    assert all(picture.startswith("data:image/") for picture in tags.pictures)
    assert not re.search(r"https?:|url\(|@import|<script|<link", html)


def test_pictures_are_whole() -> None:
    first, second = Tags(report().html()).pictures
    assert base64.b64decode(first.removeprefix("data:image/png;base64,")) == PNG
    assert base64.b64decode(second.removeprefix("data:image/jpeg;base64,")) == JPEG


def test_text_is_no_html() -> None:
    html = report().html()
    assert "<h1>Coins &amp; &lt;faces&gt;</h1>" in html
    assert "<p>5 &lt; 6</p>" in html
    assert 'alt="a &quot;small&quot; picture"' in html


def test_columns_of_numbers_are_aligned() -> None:
    html = report().html()
    assert "<tr><th>what</th><th class=number>share</th></tr>" in html
    assert "<tr><td>a &amp; b</td><td class=number>97.5%</td></tr>" in html


def test_other_pictures_are_refused() -> None:
    with pytest.raises(DataError, match="picture 'moving': a report holds PNG and JPEG only"):
        Report("x").picture(b"GIF89a", "moving")


def test_it_is_written_whole(tmp_path: Path) -> None:
    report().write(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == report().html()
    with pytest.raises(FileError):
        report().write(tmp_path / "absent/report.html")
