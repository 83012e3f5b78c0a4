"""Splits, balance, mirrored copies: which entries are written, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycaffe_ext.datasets.arrangement import balanced, split, with_mirrored_classes
from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.sources.entries import Entry, Listing
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


def listing(counts: list[int]) -> Listing:
    """Entries with label n counts[n] times, the labels mixed."""
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    order = np.random.RandomState(1).permutation(len(labels))
    return Listing("", [Entry(f"{number}.png", labels[i]) for number, i in enumerate(order)])


@given(st.lists(st.integers(4, 40), min_size=1, max_size=4), st.integers(0, 99))
def test_split_spreads_each_label(counts: list[int], seed: int) -> None:
    """To within one entry; and all entries too, though of few labels with few entries each one part had them all."""
    check_split([*counts, *[1] * 5, *[2] * 4], seed)


def check_split(counts: list[int], seed: int) -> None:
    fractions = {"train": 0.5, "val": 0.3, "test": 0.2}
    whole = listing(counts)
    parts = split(whole, fractions, seed)
    together = sorted((entry for part in parts.values() for entry in part.entries), key=whole.entries.index)
    assert together == whole.entries  # each in one part
    for name, part in parts.items():
        assert part.entries == sorted(part.entries, key=whole.entries.index)
        assert abs(len(part.entries) - fractions[name] * sum(counts)) <= 1.5
        for label, count in enumerate(counts):
            found = sum(entry.label == label for entry in part.entries)
            assert abs(found - fractions[name] * count) <= 1
    assert {name: part.entries for name, part in split(whole, fractions, seed).items()} == {
        name: part.entries for name, part in parts.items()
    }


def test_split_of_labels_that_occur_once() -> None:
    parts = split(listing([1] * 50), {"train": 0.7, "val": 0.2}, 0)
    assert {name: len(part.entries) for name, part in parts.items()} == {"train": 35, "val": 10}


def test_split_depends_on_the_seed() -> None:
    whole = listing([50, 50])
    assert len({tuple(split(whole, {"a": 0.5, "b": 0.5}, seed)["a"].entries) for seed in range(5)}) == 5


def test_an_entry_that_occurs_twice_goes_into_one_part() -> None:
    twice = Listing("", [Entry(f"{number % 10}.png", 0, number) for number in range(20)])
    parts = split(twice, {"a": 0.5, "b": 0.5}, 3)
    names = [{entry.name for entry in part.entries} for part in parts.values()]
    assert not names[0] & names[1]
    assert [len(part.entries) for part in parts.values()] == [10, 10]


def test_part_that_would_be_empty() -> None:
    with pytest.raises(DataError, match=r"--split b=0\.1 leaves no entry for b"):
        split(listing([2]), {"a": 0.9, "b": 0.1}, 0)
    with pytest.raises(OptionError, match="add up to at most 1"):
        split(listing([2]), {"a": 0.9, "b": 0.2}, 0)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.sampled_from(["max", "min", "7"]), st.integers(0, 99))
def test_balance_makes_labels_equally_many(counts: list[int], to: str, seed: int) -> None:
    whole = listing(counts)
    made = balanced(whole, to, seed)
    wanted = max(counts) if to == "max" else min(counts) if to == "min" else 7
    assert Counter(entry.label for entry in made.entries) == dict.fromkeys(range(len(counts)), wanted)
    places = [whole.entries.index(entry) for entry in made.entries]
    assert places == sorted(places)
    repeats = Counter(made.entries)
    for label, count in enumerate(counts):
        found = [repeats[entry] for entry in whole.entries if entry.label == label]
        assert max(found) - min(found) <= 1
        assert sum(found) == wanted
        assert len(found) == count


def test_mirrored_classes() -> None:
    whole = Listing("", [Entry("a", 0), Entry("b", 2), Entry("c", 1)])
    made = with_mirrored_classes(whole, {0: 1, 1: 0})
    assert [(e.name, e.label, e.mirrored) for e in made.entries] == [
        ("a", 0, False),
        ("a", 1, True),
        ("b", 2, False),
        ("c", 1, False),
        ("c", 0, True),
    ]


def pixels(value: bytes) -> np.ndarray:
    datum = caffe_pb2.Datum.FromString(value)
    return np.frombuffer(datum.data, np.uint8).reshape(datum.channels, datum.height, datum.width)


def test_mirror_images_of_classes(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    arguments = ["--mirror-classes", "cat:dog", "--resize", "20x30"]
    assert make_lmdb(photos, tmp_path / "out", *arguments) == 0
    read = entries(tmp_path / "out")
    labels = [caffe_pb2.Datum.FromString(value).label for _, value in read]
    assert labels == [0, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    assert read[1][0] == b"00000001_cat/a.jpg:mirrored"
    for one, other in zip(read[::2], read[1::2], strict=True):
        assert np.array_equal(pixels(one[1]), pixels(other[1])[..., ::-1])


def test_mirror_images_are_encoded_anew(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    assert make_lmdb(photos, tmp_path / "out", "--mirror-classes", "dog:dog", "--encoded", "png") == 0
    values = {key.decode()[9:]: caffe_pb2.Datum.FromString(value).data for key, value in entries(tmp_path / "out")}
    one, other = (
        cv2.imdecode(np.frombuffer(values[name], np.uint8), cv2.IMREAD_COLOR)
        for name in ("dog/c.png", "dog/c.png:mirrored")
    )
    assert np.array_equal(one, other[:, ::-1])
    assert values["dog/c.png"] == (photos / "dog/c.png").read_bytes()


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [("cat:dgo", "no class 'dgo'; did you mean 'dog'"), ("cat:dog,cat:cat", "in two pairs"), ("9:0", "no class '9'")],
)
def test_classes_that_are_not_there(
    tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str], pairs: str, problem: str
) -> None:
    assert make_lmdb(photos, tmp_path / "out", "--mirror-classes", pairs) == 2
    assert problem in capsys.readouterr().err


def test_split_writes_each_part(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    out = tmp_path / "{}_lmdb"
    assert make_lmdb(photos, out, "--split", "train=0.6,val=0.4", "--balance", "4", "--seed", 2) == 0
    train, val = entries(tmp_path / "train_lmdb"), entries(tmp_path / "val_lmdb")
    assert Counter(caffe_pb2.Datum.FromString(value).label for _, value in train) == {0: 4, 1: 4}
    assert len(val) == 2  # it is not balanced
    assert not {key[9:] for key, _ in train} & {key[9:] for key, _ in val}
    assert (tmp_path / "labels.txt").read_text() == "cat\ndog\n"


def test_split_by_lists(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.txt").write_text("\ufeffdog/c\ncat/with space.jpg\r\n\n")
    (tmp_path / "val.txt").write_text("cat/b.jpg 0\n")
    parts = f"train={tmp_path}/train.txt,val={tmp_path}/val.txt"
    assert make_lmdb(photos, tmp_path / "{}_lmdb", "--split", parts) == 0
    names = [[key[9:] for key, _ in entries(tmp_path / f"{part}_lmdb")] for part in ("train", "val")]
    assert names == [[b"dog/c.png", b"cat/with space.jpg"], [b"cat/b.jpg"]]
    (tmp_path / "val.txt").write_text("dog/c.png\n")
    assert make_lmdb(photos, tmp_path / "{}", "--split", parts) == 2
    assert "val.txt:1: 'dog/c.png' is in train already" in capsys.readouterr().err
    (tmp_path / "val.txt").write_text("dog/d.png\n")
    assert make_lmdb(photos, tmp_path / "{}", "--split", parts) == 2
    assert "val.txt:1: no entry 'dog/d.png'; did you mean 'dog/" in capsys.readouterr().err
    assert make_lmdb(photos, tmp_path / "out", "--split", "a=0.5,b=0.5") == 2
    assert "--split needs {} in OUT" in capsys.readouterr().err


def test_mirror_images_of_arrays_can_be_appended_to(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    np.savez(tmp_path / "set.npz", data=np.arange(24, dtype=np.uint8).reshape(2, 3, 4), label=[0, 1])
    arguments = [tmp_path / "set.npz", tmp_path / "db", "--mirror-classes", "1:1"]
    assert make_lmdb(*arguments) == 0
    assert make_lmdb(*arguments, "--append") == 0
    keys = [key for key, _ in entries(tmp_path / "db")]
    assert keys == [b"00000000", b"00000001", b"00000002:mirrored", b"00000003", b"00000004", b"00000005:mirrored"]


def test_what_is_appended_comes_behind_what_was_there(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the number of digits in the keys."""
    with writing_lmdb(tmp_path / "db") as writer:
        for number in range(96, 98):
            writer.put(b"%02d" % number, raw_datum(np.zeros((4, 5, 3), np.uint8), 0))
    (tmp_path / "list.txt").write_text("cat/a.jpg 0\n")
    arguments = [tmp_path / "list.txt", tmp_path / "db", "--root", photos, "--append"]
    assert [make_lmdb(*arguments) for _ in range(3)] == [0, 0, 2]
    assert "number 100 is behind the last that keys of 2 digits can have" in capsys.readouterr().err
    assert [key for key, _ in entries(tmp_path / "db")] == [b"96", b"97", b"98_cat/a.jpg", b"99_cat/a.jpg"]
