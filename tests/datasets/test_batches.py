from __future__ import annotations

import gc
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from pycaffe_ext.datasets import reading
from pycaffe_ext.datasets.batch_process import interpreter
from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import encoded_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.prefetch import Prefetcher
from pycaffe_ext.datasets.reading import BatchReader
from pycaffe_ext.datasets.transform import Transformer
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.proto import caffe_pb2


def write(path: Path, values: list[bytes]) -> Path:
    with writing_lmdb(path) as writer:
        for number, value in enumerate(values):
            writer.put(b"%08d" % number, value)
    return path


def noise(count: int, height: int = 8, width: int = 10) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(np.uint8))


def reader(path: Path, batch_size: int, *, workers: int = 2, **transform: object) -> BatchReader:
    transformer = Transformer(caffe_pb2.TransformationParameter(**transform), caffe_pb2.TRAIN, 3)
    return BatchReader(open_database(path), batch_size, transformer, workers=workers)


def test_batches_go_round(tmp_path: Path) -> None:
    images = noise(5)
    batches = reader(write(tmp_path / "db", [raw_datum(image, 10 + n) for n, image in enumerate(images)]), 3)
    assert batches.shape == (3, 3, 8, 10)
    for start in range(0, 60, 3):
        batch = batches.next()
        order = [(start + place) % 5 for place in range(3)]
        assert batch.labels.dtype == batch.data.dtype == np.float32
        assert batch.labels.tolist() == [10 + n for n in order]
        assert np.array_equal(batch.data, np.stack([images[n].transpose(2, 0, 1) for n in order]))
    batches.close()


def test_a_batch_may_be_larger_than_the_database(tmp_path: Path) -> None:
    batches = reader(write(tmp_path / "db", [raw_datum(image, n) for n, image in enumerate(noise(2))]), 5)
    assert batches.next().labels.tolist() == [0, 1, 0, 1, 0]
    assert batches.next().labels.tolist() == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("kind", ["", "png"])
def test_nothing_depends_on_workers(tmp_path: Path, kind: str) -> None:
    values = [encoded_datum(encode(i, kind), n) if kind else raw_datum(i, n) for n, i in enumerate(noise(7))]
    path = write(tmp_path / "db", values)
    runs = []
    for workers in (1, 2, 5):
        batches = reader(path, 4, workers=workers, mirror=True, crop_size=5)
        runs.append([(batch.data.copy(), batch.labels.copy()) for batch in (batches.next() for _ in range(20))])
    for run in runs[1:]:
        for (data, labels), (expected, expected_labels) in zip(run, runs[0], strict=True):
            assert np.array_equal(data, expected)
            assert np.array_equal(labels, expected_labels)


def test_batches_of_one_may_vary(tmp_path: Path) -> None:
    path = write(tmp_path / "db", [raw_datum(np.zeros((4, 5 + n, 3), np.uint8), n) for n in range(3)])
    batches = reader(path, 1)
    assert [batches.next().data.shape for _ in range(4)] == [(1, 3, 4, 5), (1, 3, 4, 6), (1, 3, 4, 7), (1, 3, 4, 5)]
    batches = reader(path, 2)
    with pytest.raises(DataError, match=r"db: entry '00000001': is 3x4x6, in a batch of 3x4x5; different sizes need"):
        batches.next()


def test_a_bad_entry_is_named_whenever_it_comes(tmp_path: Path) -> None:
    good = raw_datum(noise(1)[0], 0)
    batches = reader(write(tmp_path / "db", [good] * 5 + [b"\xff"]), 2)
    assert batches.next().labels.tolist() == [0, 0]
    assert batches.next().labels.tolist() == [0, 0]
    for _ in range(2):
        with pytest.raises(DataError, match=r"db: entry '00000005': is not a Datum: 1 bytes of another kind$"):
            batches.next()


def test_images_smaller_than_the_crop(tmp_path: Path) -> None:
    path = write(tmp_path / "db", [raw_datum(noise(1)[0], 0)])
    with pytest.raises(DataError, match=r"db: entry '00000000': crop_size 9 is larger than the image, 3x8x10$"):
        reader(path, 2, crop_size=9)


def test_empty_batches(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="batch_size is at least 1, not 0"):
        reader(write(tmp_path / "db", [raw_datum(noise(1)[0], 0)]), 0)


def test_prefetching_stays_within_its_depth() -> None:
    begun = threading.Semaphore(0)
    made: list[int] = []

    def fill(used: int | None) -> int:
        made.append(len(made))
        begun.release()
        return made[-1]

    prefetcher = Prefetcher(fill, 3)
    for _ in range(3):
        assert begun.acquire(timeout=10)
    assert not begun.acquire(timeout=0.1)
    assert made == [0, 1, 2]
    assert prefetcher.next() == 0
    assert not begun.acquire(timeout=0.1)  # result 0 is still in use
    assert prefetcher.next() == 1
    assert begun.acquire(timeout=10)
    prefetcher.close()


def test_results_are_given_back_for_reuse() -> None:
    given: list[list[int] | None] = []

    def fill(used: list[int] | None) -> list[int]:
        given.append(used)
        return used if used is not None else [len(given)]

    prefetcher = Prefetcher(fill, 2)
    assert [prefetcher.next()[0] for _ in range(6)] == [1, 2, 1, 2, 1, 2]
    prefetcher.close()
    assert given[:2] == [None, None]
    with pytest.raises(ValueError, match="closed"):
        prefetcher.next()


def test_threads_end_with_their_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "db", [raw_datum(noise(1)[0], 0)])
    before = set(threading.enumerate())
    batches = reader(path, 2)
    batches.next()
    threads = set(threading.enumerate()) - before
    assert threads
    del batches
    gc.collect()
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_the_interpreter_can_exit_while_batches_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "db", [raw_datum(image, 0) for image in noise(50, 300, 300)])
    code = (
        "from pycaffe_ext.datasets.reading import BatchReader\n"
        "from pycaffe_ext.datasets.databases import open_database\n"
        "from pycaffe_ext.datasets.transform import Transformer\n"
        "from pycaffe_ext.proto import caffe_pb2\n"
        f"database = open_database({str(path)!r})\n"
        "reader = BatchReader(database, 20, Transformer(caffe_pb2.TransformationParameter(), 0))\n"
        "print(reader.next().data.shape)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(20, 3, 300, 300)\n", "")


@pytest.mark.skipif(interpreter() is None, reason="only Linux has what it needs")
@pytest.mark.parametrize("prefetch", [4, 7])
def test_processes_make_the_same_batches(tmp_path: Path, prefetch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "db", [raw_datum(image, n) for n, image in enumerate(noise(7))])
    param = caffe_pb2.TransformationParameter(mirror=True, crop_size=5)
    runs = []
    for least in (reading.LARGE, 1):
        monkeypatch.setattr(reading, "LARGE", least)
        transformer = Transformer(param, caffe_pb2.TRAIN, 3)
        batches = BatchReader(open_database(path), 4, transformer, prefetch=prefetch, workers=3)
        runs.append([(batch.data.copy(), batch.labels.copy()) for batch in (batches.next() for _ in range(20))])
        batches.close()
    for (data, labels), (expected, expected_labels) in zip(*runs, strict=True):
        assert np.array_equal(data, expected)
        assert np.array_equal(labels, expected_labels)


@pytest.mark.skipif(interpreter() is None, reason="only Linux has what it needs")
def test_an_error_of_a_process_comes_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGE", 1)
    values = [raw_datum(image, 0) for image in noise(6)]
    values[3] = b"\xff\xff"
    batches = reader(write(tmp_path / "db", values), 2)
    assert np.array_equal(batches.next().data[1], noise(2)[1].transpose(2, 0, 1))
    for _ in range(2):
        with pytest.raises(DataError, match=r"db: entry '00000003': "):
            batches.next()
