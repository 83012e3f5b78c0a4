"""Sources of image files: lists, tables, Pascal VOC, CamVid, Cityscapes, COCO."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets.sources import open_source
from pycaffe_ext.datasets.sources.cityscapes import TRAIN_IDS
from pycaffe_ext.datasets.sources.coco_shapes import fill_polygons, run_length_mask
from pycaffe_ext.errors import DataError, OptionError, UnknownNameError
from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


def label_maps(entries: list[tuple[bytes, bytes]]) -> list[np.ndarray]:
    datums = [caffe_pb2.Datum.FromString(value) for _, value in entries]
    return [np.frombuffer(datum.data, np.uint8).reshape(datum.height, datum.width) for datum in datums]


def numbers(entries: list[tuple[bytes, bytes]]) -> list[list[float]]:
    datums = [caffe_pb2.Datum.FromString(value) for _, value in entries]
    assert all((datum.height, datum.width, len(datum.data)) == (1, 1, 0) for datum in datums)
    assert all(datum.channels == len(datum.float_data) for datum in datums)
    return [list(datum.float_data) for datum in datums]


def test_list_with_several_numbers(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    text = '\ufeffcat/with space.jpg 1 -0.5 3e2\r\n"dog/a.png" 0 7 0.25\r\n\r\n'
    (tmp_path / "list.txt").write_bytes(text.encode())
    common = [tmp_path / "list.txt", tmp_path / "images", "--root", photos, "--labels", 3]
    assert make_lmdb(*common, "--label-out", tmp_path / "numbers") == 0
    read = entries(tmp_path / "numbers")
    assert [key for key, _ in read] == [b"00000000_cat/with space.jpg", b"00000001_dog/a.png"]
    assert [key for key, _ in entries(tmp_path / "images")] == [key for key, _ in read]
    assert numbers(read) == [[1, -0.5, 300], [0, 7, 0.25]]


def test_quotes_that_are_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / '"a b.jpg"').touch()
    (tmp_path / "list.txt").write_text('"a b.jpg" 3\n"c d.jpg" 4\n')
    assert [entry.name for entry in open_source(str(tmp_path / "list.txt")).entries] == ['"a b.jpg"', "c d.jpg"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [("a.jpg 1", "is not a path and 2 label"), ("a.jpg 1 x", "'x' is not a number"), ("a.jpg nan 1", "'nan' is not a")],
)
def test_lists_with_wrong_numbers(tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "list.txt").write_text(f"b.jpg 1 2\n{line}\n")
    with pytest.raises(DataError, match=rf"list\.txt:2: .*{problem}"):
        open_source(str(tmp_path / "list.txt"), labels=2)


def test_table_with_class_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id;path;class\n1;"a; b.jpg";dog\n2;c.jpg;cat\n\n3;d.jpg;dog\n', encoding="utf-8-sig")
    listing = open_source(str(path))
    assert listing.classes == ["cat", "dog"]
    found = [(entry.name, entry.label, entry.line) for entry in listing.entries]
    assert found == [("a; b.jpg", 1, 2), ("c.jpg", 0, 3), ("d.jpg", 1, 5)]


def test_table_with_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("age\tpicture\theight\tkind\n31\ta.jpg\t1.75\t4\n8\tb.jpg\t1.2\t-2\n")
    several = open_source(str(path), columns={"image": ["picture"], "label": ["height", "age"]})
    assert [entry.labels for entry in several.entries] == [(1.75, 31), (1.2, 8)]
    whole = open_source(str(path), columns={"image": ["picture"], "label": ["kind"]})
    assert [(entry.label, entry.labels) for entry in whole.entries] == [(4, ()), (-2, ())]
    fractions = open_source(str(path), columns={"image": ["picture"], "label": ["height"]})
    assert [entry.labels for entry in fractions.entries] == [(1.75,), (1.2,)]


def test_table_with_other_delimiters_spaces_and_long_fields(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f'mask| label| image\n{"x" * 200_000}| -5| "a|b.jpg"\n0|+7|c d.jpg\n')
    assert [(entry.name, entry.label) for entry in open_source(str(path)).entries] == [("a|b.jpg", -5), ("c d.jpg", 7)]
    path.write_text("image,label\na.jpg,+-5\nb.jpg,6\n")
    assert open_source(str(path)).classes == ["+-5", "6"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", r":1: no column is named image or path"),
        ("image\nx.jpg\n", r":1: no column is named label"),
        ("image,label\na.jpg\n", r":2: has 1 fields, the first line 2"),
        ("image,label\na.jpg,1\n,2\n", r":3: column 'image' is empty"),
        ('image,label\n"a.jpg,1\n', r": is not CSV"),
        ("image,label\n", "holds no rows"),
        ("image,label\na.jpg,99999999999\n", ":2: label 99999999999 does not fit 32 bits"),
        ("image,label\na.jpg,x\nb.jpg,\n", ":3: the label is empty"),
        ("image,label\na.jpg,1\nb.jpg,nan\n", ":3: label 'nan' is not a number"),
        ("", "no column is named"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=rf"t\.csv.*{problem}"):
        open_source(str(tmp_path / "t.csv"))


def test_unknown_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label,height\na.jpg,1,2\n")
    with pytest.raises(UnknownNameError, match="no column 'heigth'; did you mean 'height'"):
        open_source(str(tmp_path / "t.csv"), columns={"label": ["heigth"]})


def test_voc_segmentation(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    maps = drawn.voc(tmp_path / "voc")
    out = ["--label-out", tmp_path / "l", "--num-classes", 21, "--ignore", 255]
    assert make_lmdb(tmp_path / "voc", tmp_path / "i", *out) == 0
    for found, name in zip(label_maps(entries(tmp_path / "l")), ("one", "two"), strict=True):
        assert np.array_equal(found, maps[name])
    assert (tmp_path / "labels.txt").read_text().splitlines()[:2] == ["background", "aeroplane"]


def test_voc_subsets_and_images_of_one_s_own(tmp_path: Path) -> None:
    drawn.voc(tmp_path)
    (tmp_path / "JPEGImages/two.jpg").rename(tmp_path / "JPEGImages/two.PNG")
    (tmp_path / "ImageSets/Segmentation/my_train.txt").write_bytes(b"two\r\n\r\none\r\n")
    found = open_source(str(tmp_path), subset="my_train")
    assert [entry.name for entry in found.entries] == ["JPEGImages/two.PNG", "JPEGImages/one.jpg"]
    (tmp_path / "ImageSets/Main/dog_train.txt").write_text("one  1\ntwo -1\n")
    with pytest.raises(DataError, match=r"dog_train.txt:1: 'one  1': a list of one class"):
        open_source(str(tmp_path), kind="voc-detection", subset="dog_train")


def test_voc_detection(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    drawn.voc(tmp_path / "voc")
    out = ["--source", "voc-detection", "--label-out", tmp_path / "l"]
    assert make_lmdb(tmp_path / "voc", tmp_path / "i", *out) == 0
    names = (tmp_path / "labels.txt").read_text().split()
    shown = [[names[place] for place in np.flatnonzero(row)] for row in numbers(entries(tmp_path / "l"))]
    assert shown == [["dog"], ["bird", "dog"]]


@pytest.mark.parametrize("train_ids", [False, True])
def test_cityscapes(tmp_path: Path, make_lmdb: Tool, entries: Entries, train_ids: bool) -> None:
    ids = drawn.cityscapes(tmp_path / "city", train_ids)
    assert make_lmdb(tmp_path / "city", tmp_path / "i", "--label-out", tmp_path / "l") == 0
    [found] = label_maps(entries(tmp_path / "l"))
    expected = [[value if train_ids else TRAIN_IDS.get(value, 255) for value in row] for row in ids.tolist()]
    assert found.tolist() == expected
    assert (TRAIN_IDS[7], TRAIN_IDS[26], TRAIN_IDS[33]) == (0, 13, 18)


def test_cityscapes_with_coarse_maps_alone(tmp_path: Path) -> None:
    drawn.cityscapes(tmp_path, False)
    drawn.save_png(tmp_path / "leftImg8bit/train_extra/bonn/b_leftImg8bit.png", drawn.noise(1, 4, 6, 3))
    drawn.save_png(tmp_path / "gtCoarse/train_extra/bonn/b_gtCoarse_labelIds.png", drawn.noise(2, 4, 6, most=34))
    for subset, kind in (("val", "gtFine"), ("train_extra", "gtCoarse")):
        listing = open_source(str(tmp_path), subset=subset)
        assert f"/{kind}/{subset}/" in str(listing.label_map(listing.entries[0]))


def test_camvid(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    truth = drawn.camvid(tmp_path / "cam")
    with pytest.raises(OptionError, match="has several subsets; give --subset train or val"):
        open_source(str(tmp_path / "cam"))
    out = ["--subset", "train", "--label-out", tmp_path / "l", "--relabel", "11:255"]
    assert make_lmdb(tmp_path / "cam", tmp_path / "i", *out) == 0
    assert np.array_equal(label_maps(entries(tmp_path / "l"))[0], np.where(truth == 11, 255, truth))


def test_coco_instances(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    path = drawn.coco_instances(tmp_path)
    assert make_lmdb(path, tmp_path / "i", "--label-out", tmp_path / "l") == 0
    first, second = label_maps(entries(tmp_path / "l"))
    expected = np.zeros((10, 14), np.uint8)
    expected[2:8, 2:8], expected[3:5, 3:5], expected[9, 12] = 2, 1, 1
    assert np.array_equal(first, expected)
    assert not second.any()
    assert (tmp_path / "labels.txt").read_text().split() == ["background", "cat", "van"]


def test_coco_panoptic(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    path, labels = drawn.coco_panoptic(tmp_path)
    out = ["--label-out", tmp_path / "l", "--num-classes", 2, "--ignore", 255]
    assert make_lmdb(path, tmp_path / "i", *out) == 0
    assert np.array_equal(label_maps(entries(tmp_path / "l"))[0], labels)


def test_polygons_cover_pixels_whose_centre_is_inside() -> None:
    triangle = [0.0, 0.0, 6.0, 0.0, 0.0, 6.0]
    expected = [[x + y + 1 < 6 for x in range(8)] for y in range(7)]
    assert fill_polygons([triangle], (7, 8)).tolist() == expected
    beyond = fill_polygons([[-5, -5, 99, -5, 99, 2.4, -5, 2.4], [1, 4, 2, 4, 2, 5, 1, 5]], (7, 8))
    assert beyond.sum() == 2 * 8 + 1
    assert beyond[4, 1]


def test_polygons_are_those_of_coco_s_mask_api() -> None:
    """A concave polygon and a triangle, as pycocotools 2.0.11 fills them."""
    polygons = [[1.3, 0.6, 9.8, 2.2, 5.1, 4.9, 8.7, 8.4, 0.4, 6.1], [10, 1, 11.5, 1, 11.5, 7.7]]
    expected = """
        ............
        .#####....##
        .########.##
        .#######...#
        .#####.....#
        .#####.....#
        ..#####....#
        .....###....
        ............"""
    found = ["".join(".#"[int(pixel)] for pixel in row) for row in fill_polygons(polygons, (9, 12))]
    assert found == expected.split()
    with pytest.raises(ValueError, match="none of them beyond"):
        fill_polygons([[0, 0, 1e9, 0, 0, 1e9]], (9, 12))


def test_run_lengths_as_text() -> None:
    """5 zeros, 40 ones, 3 zeros, 2 ones, 70 zeros; each number from the fourth on less the one two before it."""
    counts = [5, 40, 3, 2, 70]
    text = ""
    for place, count in enumerate(counts):
        value = count - (counts[place - 2] if place > 2 else 0)
        while True:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text += chr(48 + (group | 32 * more))
            if not more:
                break
    expected = run_length_mask(counts, [12, 10], (12, 10))
    assert expected.sum() == 42
    assert expected[5, 0]
    assert not expected[5 + 40 - 36, 3]
    assert np.array_equal(run_length_mask(text, [12, 10], (12, 10)), expected)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"images": []}, "lists no images"),
        ({"annotations": [{"image_id": 9}]}, "name image_id 9, which is no image's"),
        ({"annotations": [{"image_id": 5, "category_id": 4, "segmentation": []}]}, "category_id 4, which is no"),
        ({"annotations": [{"image_id": 5, "category_id": 3, "segmentation": [[1, 2]]}]}, "at least three points"),
        ({"annotations": [{"image_id": 5, "category_id": 3}]}, "KeyError"),
        ({"categories": 3}, "is not COCO's JSON"),
        ({"categories": [{"id": n, "name": "x"} for n in range(1203)]}, "has 1203 categories; label maps are bytes"),
    ],
)
def test_coco_that_is_wrong(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    path = drawn.coco_instances(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataError, match=problem):
        listing = open_source(str(path))
        listing.label_map(listing.entries[0])
