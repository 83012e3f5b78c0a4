from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pycaffe_ext as caffe
from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.pairs.batches import PairBatches
from pycaffe_ext.datasets.pairs.settings import PairSettings
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import CaffeError, DataError, NetError, OptionError, UnknownNameError

COUNT = 6


def write(path: Path, values: dict[str, Any]) -> Path:
    with writing_lmdb(path) as writer:
        for key, pixels in values.items():
            writer.put(key.encode(), raw_datum(pixels, 0))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images 8x10 of the value 10 n, label maps of the value n, but left halves 100 more."""
    images = {f"{n:08d}": np.full((8, 10, 3), 10 * n, np.uint8) for n in range(COUNT)}
    maps = {key: np.full((8, 10), n, np.uint8) for n, key in enumerate(images)}
    for pixels in [*images.values(), *maps.values()]:
        pixels[:, :5] += 100
    write(tmp_path / "images", images)
    write(tmp_path / "maps", maps)
    return tmp_path


def batches(folder: Path, *, training: bool = True, seed: int = 0, **given: Any) -> PairBatches:
    given = {"source": str(folder / "images"), "label_source": str(folder / "maps"), **given}
    return PairBatches(PairSettings.parse(json.dumps(given)), training=training, seed=seed)


def numbers(batch: Any) -> list[int]:
    """Which pairs are in a batch."""
    return [int(one.min()) // 10 for one in batch.data]


def test_shuffled_rounds_hold_every_pair_once(folder: Path) -> None:
    made = batches(folder, batch_size=COUNT, shuffle=True)
    rounds = [numbers(made.load(None)) for _ in range(4)]
    assert all(sorted(one) == list(range(COUNT)) for one in rounds)
    assert len(set(map(tuple, rounds))) > 1
    again = batches(folder, batch_size=COUNT, shuffle=True)
    assert [numbers(again.load(None)) for _ in range(4)] == rounds
    other = batches(folder, batch_size=COUNT, shuffle=True, seed=1)
    assert [numbers(other.load(None)) for _ in range(4)] != rounds
    assert numbers(batches(folder, batch_size=4, shuffle=True, training=False).load(None)) == [0, 1, 2, 3]


def test_mirrored_labels_change_places(folder: Path) -> None:
    made = batches(folder, batch_size=COUNT, mirror=True, mirror_labels="1:101, 3:2")
    mirrored = 0
    for _ in range(5):
        batch = made.load(None)
        for number, (data, labels) in enumerate(zip(batch.data, batch.labels, strict=True)):
            left, right = labels[0, :, :5], labels[0, :, 5:]
            if data[0, 0, 0] < data[0, 0, 9]:  # the light half is on the right now
                mirrored += 1
                swapped = {1: 101, 101: 1, 2: 3, 3: 2}
                assert (left == swapped.get(number, number)).all()
                assert (right == swapped.get(100 + number, 100 + number)).all()
            else:
                assert (left == 100 + number).all() and (right == number).all()
    assert 5 < mirrored < 25


def test_nothing_depends_on_threads(folder: Path) -> None:
    given = {"batch_size": 4, "crop_size": [5, 7], "random_scale": [0.5, 2], "random_rotation": 40, "mirror": True}
    one, many = batches(folder, threads=1, **given), batches(folder, threads=5, **given)
    used = None
    for _ in range(6):
        first, used = one.load(None), many.load(used)
        assert first.data.tobytes() == used.data.tobytes() and first.labels.tobytes() == used.labels.tobytes()


@pytest.mark.parametrize("axis", [0, 1])
def test_coordinates_in_the_image_are_found_in_the_labels(tmp_path: Path, axis: int) -> None:
    """Through everything at once: each pixel's row and column are its colours, and one of them its label."""
    sizes = {"a": (40, 60), "b": (70, 30), "c": (33, 34)}
    grids = {key: np.stack(np.mgrid[:height, :width]).astype(np.uint8) for key, (height, width) in sizes.items()}
    write(tmp_path / "images", {key: np.stack([*grid, grid[0]], axis=-1) for key, grid in grids.items()})
    write(tmp_path / "maps", {key: grid[axis] for key, grid in grids.items()})
    made = batches(
        tmp_path,
        batch_size=2,
        crop_size=[28, 36],
        random_scale=[0.5, 2],
        random_rotation=180,
        mirror=True,
        shuffle=True,
        mean_value=-1,  # so that 0 is outside
    )
    inside = 0
    for _ in range(12):
        batch = made.load(None)
        here = batch.labels[:, 0] != 255
        assert np.array_equal(here, batch.data[:, 0] != 0)
        # rounding to whole colours, and half a pixel between centres
        assert np.abs(batch.data[:, axis] - 1 - batch.labels[:, 0])[here].max() <= 1 + 1 / 32
        inside += here.sum()
    assert 0.3 * 24 * 28 * 36 < inside < 24 * 28 * 36


def test_what_lies_outside_is_mean_and_ignored(folder: Path) -> None:
    made = batches(folder, batch_size=3, crop_size=[12, 10], mean_value=[99.5], scale=0.5, ignore_label=77)
    batch = made.load(None)
    assert (batch.labels == 77).sum() == 3 * 4 * 10
    assert np.array_equal(batch.data[:, 0] == 0, batch.labels[:, 0] == 77)
    assert batch.data.max() == (10 * 2 + 100 - 99.5) / 2


def net_of(folder: Path, settings: str, tops: str = 'top: "data" top: "label"') -> Any:
    sources = f"source: {folder}/images; label_source: {folder}/maps; "
    (folder / "net.prototxt").write_text(
        f'layer {{ name: "pairs" type: "Python" {tops} python_param {{ module: "pycaffe_ext.layers"'
        f' layer: "PairedData" param_str: "{sources}{settings}" }} }}'
    )
    return caffe.Net(folder / "net.prototxt", caffe.TRAIN)


def test_the_engine_runs_it_without_being_allowed_to_run_python(folder: Path) -> None:
    net = net_of(folder, "batch_size: 2")
    assert net.blobs["data"].shape == (2, 3, 8, 10) and net.blobs["label"].shape == (2, 1, 8, 10)
    seen = []
    for _ in range(4):
        net.forward()
        seen += net.blobs["label"].data[:, 0, 0, 9].tolist()
    assert seen == [0, 1, 2, 3, 4, 5, 0, 1]


def test_the_engine_s_seed_counts_where_no_other_is_given(folder: Path) -> None:
    def labels(seed: int, settings: str) -> list[float]:
        caffe.set_random_seed(seed)
        net = net_of(folder, f"batch_size: {COUNT}; shuffle: true{settings}")
        return [label for _ in range(3) for label in net.forward()["label"][:, 0, 0, 9].tolist()]

    assert labels(1, "") == labels(1, "")
    assert labels(1, "") != labels(2, "")
    assert labels(1, "; seed: 4") == labels(2, "; seed: 4")


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ("batch_sise: 2", UnknownNameError, "no setting 'batch_sise'; did you mean 'batch_size'"),
        ("batch_size: two", OptionError, "batch_size is a number, not 'two'"),
        ("batch_size: 1.5", OptionError, "batch_size is a whole number"),
        ("batch_size: 0", OptionError, "batch_size is at least 1"),
        ("batch_size: 1; batch_size: 2", OptionError, "gives batch_size twice"),
        ("mirror", OptionError, "'mirror' is not 'name: value'"),
        ("mirror: perhaps", OptionError, "mirror is true or false"),
        ("mirror_labels: 1:2", OptionError, "mirror_labels is for mirror: true"),
        ("mirror: 1; mirror_labels: 1:2 2:3", OptionError, "names each of 0 to 255 once"),
        ("mirror: 1; mirror_labels: 12", OptionError, "is pairs such as 1:2, 3:4"),
        ("random_scale: 2 1; crop_size: 4", OptionError, "least and most, above 0"),
        ("random_scale: 1 2", OptionError, "random_scale needs crop_size"),
        ("crop_size: 4x5x6", OptionError, "crop_size is one number, or HEIGHTxWIDTH"),
        ("ignore_label: 300", OptionError, "ignore_label is 0 to 255"),
        ("seed: -1", OptionError, "seed is 0 to 4294967295"),
    ],
)
def test_wrong_settings_are_named(folder: Path, settings: str, error: type[CaffeError], problem: str) -> None:
    with pytest.raises(error, match=problem):
        PairSettings.parse(f"source: a; label_source: b; {settings}")
    with pytest.raises(CaffeError, match=f"layer 'pairs': .*{problem}"):
        net_of(folder, settings)


def test_json_and_lines_say_the_same() -> None:
    lines = """
        # of faces
        source: my images/a
        label_source: "b"
        batch_size: 3
        crop_size: 5x7
        mirror: true
        mirror_labels: 1:2, 4:3
        mean_value: [104, 117.5, 123]
    """
    given = {"source": "my images/a", "label_source": "b", "batch_size": 3, "crop_size": [5, 7], "mirror": True}
    given |= {"mirror_labels": [[1, 2], [4, 3]], "mean_value": [104, 117.5, 123]}
    assert PairSettings.parse(lines) == PairSettings.parse(json.dumps(given))
    with pytest.raises(OptionError, match="is no JSON"):
        PairSettings.parse("{source: 1}")


@pytest.mark.parametrize(
    ("images", "maps", "settings", "problem"),
    [
        ({"a": (4, 4), "b": (4, 4)}, {"a": (4, 4)}, {}, "maps: entry 'b' is missing; .*images has it"),
        ({"a": (4, 4)}, {"a": (4, 4), "c": (4, 4)}, {}, "images: entry 'c' is missing; .*maps has it"),
        ({"a": (4, 4)}, {"a": (3, 4)}, {}, "maps: entry 'a': label map is 3x4, which is no whole part of its image's"),
        ({"a": (4, 4)}, {"a": (2, 2)}, {"crop_size": 3}, "a label stands for 2 pixels, so crop_size must divide by 2"),
        ({"a": (4, 4)}, {"a": (4, 4)}, {"mean_value": [1, 2]}, "has 3 channels; 2 mean_values are given"),
        (
            {"a": (4, 4), "b": (4, 5)},
            {"a": (4, 4), "b": (4, 5)},
            {"batch_size": 2},
            "image is 3x4x5, in a batch of 3x4x4",
        ),
    ],
)
def test_wrong_pairs_are_named(
    tmp_path: Path, images: dict[str, Any], maps: dict[str, Any], settings: dict[str, Any], problem: str
) -> None:
    write(tmp_path / "images", {key: np.zeros((*size, 3), np.uint8) for key, size in images.items()})
    write(tmp_path / "maps", {key: np.zeros(size, np.uint8) for key, size in maps.items()})
    with pytest.raises(DataError, match=problem):
        batches(tmp_path, **settings).load(None)


def test_two_tops_are_needed(folder: Path) -> None:
    with pytest.raises(NetError, match="layer 'pairs': PairedData has no bottom and two tops, not 0 and 1"):
        net_of(folder, "", tops='top: "data"')
