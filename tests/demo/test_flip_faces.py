"""Portraits sorted by the way they face, and what the table of the flip experiment is made of."""

from __future__ import annotations

from pathlib import Path

import cv2
import flip_experiment
import numpy as np
import pytest
from flip_faces import NOSE, SKIN, sort_faces, turned

from pycaffe_ext.errors import DataError


def mask(nose: int) -> np.ndarray:
    """Skin in columns 10 to 29, a nose 3 wide whose middle is in a column; something else besides."""
    found = np.full((31, 41), 9, np.uint8)
    found[5:26, 10:30] = SKIN
    found[14:18, nose - 1 : nose + 2] = NOSE
    return found


def test_a_face_is_turned_to_where_its_nose_is() -> None:
    plain = np.full((31, 41), 9, np.uint8)
    plain[5:26, 10:30] = SKIN
    plain[14, 25] = NOSE
    middle = (plain == SKIN).nonzero()[1].mean()
    assert turned(plain) == pytest.approx((25 - middle) / 20)
    assert turned(mask(25)) == pytest.approx(-turned(mask(25)[:, ::-1]))
    assert turned(mask(14)) < 0 < turned(mask(22))
    assert np.isnan(turned(np.zeros((4, 5), np.uint8)))


@pytest.fixture
def portraits(tmp_path: Path) -> tuple[Path, Path]:
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    for index, nose in enumerate([13, 14, 15, 16, 20, 23, 24, 25, 26, 27]):  # the fifth looks straight ahead
        (images / f"{index}.jpg").write_bytes(b"-")
        cv2.imwrite(str(masks / f"{index}.png"), mask(nose))
    return images, masks


def test_portraits_are_sorted_and_held_out(portraits: tuple[Path, Path], tmp_path: Path) -> None:
    counts = sort_faces(*portraits, tmp_path / "out", test=3, check=2, least=0.05, seed=1)
    found = {path.name: path.parent.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.jpg")}
    assert set(found) == {f"{index}.jpg" for index in (0, 1, 2, 3, 5, 6, 7, 8, 9)}
    assert all(part.name == ("left" if int(name[0]) < 4 else "right") for name, part in found.items())
    parts = [part.parent.name for part in found.values()]
    assert [parts.count(part) for part in ("train", "check", "test")] == [4, 2, 3]
    assert sum(counts.values()) == 9
    other = sort_faces(*portraits, tmp_path / "other", test=3, check=2, least=0.05, seed=2)
    assert sum(other.values()) == 9
    with pytest.raises(DataError, match=r"9 portraits are turned by 0\.05 or more; 9 are to be held out"):
        sort_faces(*portraits, tmp_path / "none", test=7, check=2, least=0.05, seed=1)
    assert not (tmp_path / "none").exists()


def test_the_rate_is_chosen_without_the_test() -> None:
    def run(seed: int, learns: str, mirror: bool, rate: float, check: float, accuracy: float) -> dict[str, object]:
        scores = {"check": check, "check_loss": 1 - check, "accuracy": accuracy}
        return {"seed": seed, "learns": learns, "mirror": mirror, "rate": rate, **scores}

    runs = []
    for learns in flip_experiment.LEARNS:
        runs += [run(0, learns, False, 0.1, 0.6, 0.9), run(0, learns, False, 0.01, 0.8, 0.7)]
        runs += [run(0, learns, True, 0.01, 0.9, 0.5), run(1, learns, False, 0.01, 0.2, 0.6)]
        runs += [run(1, learns, True, 0.01, 0.9, 0.4)]
    assert flip_experiment.best_rate(runs, "advised") == 0.01
    final = flip_experiment.final(runs)
    assert len(final) == 12
    lines = flip_experiment.summary(final).splitlines()
    assert lines[2:4] == [
        "| last layer | on | 45.0% | 50.0%, 40.0% |",
        "| last layer | off | 65.0% | 70.0%, 60.0% |",
    ]
    assert flip_experiment.chart(final, ["conv5"]).startswith(b"\x89PNG")
