from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import lmdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import datum_array, encoded_datum, parse_datum, raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import DataError, FileError
from pycaffe_ext.proto import caffe_pb2


def write(path: Path, count: int, first: int = 0) -> Path:
    with writing_lmdb(path) as writer:
        for number in range(first, first + count):
            writer.put(b"%08d" % number, raw_datum(np.full((40, 50, 3), number % 256, np.uint8), number))
    return path


def test_entries_in_key_order_round_and_round(tmp_path: Path) -> None:
    database = open_database(write(tmp_path / "db", 3))
    assert len(database) == 3
    assert [key for key, _ in database] == [b"00000000", b"00000001", b"00000002"]
    labels = [parse_datum(value).label for _, value in islice(database.cycle(), 7)]
    assert labels == [0, 1, 2, 0, 1, 2, 0]
    key, datum = database.first()
    assert (key, datum.label, datum_array(datum).shape) == (b"00000000", 0, (3, 40, 50))


def test_keys_that_do_not_ascend(tmp_path: Path) -> None:
    keys = [b"b", b"d", b"a", b"c", b"e"]
    with writing_lmdb(tmp_path / "db") as writer:
        for label, key in enumerate(keys):
            writer.put(key, raw_datum(np.zeros((1, 1), np.uint8), label))
            if label == 1:
                writer.sync()
    read = {key: parse_datum(value).label for key, value in open_database(tmp_path / "db")}
    assert list(read) == sorted(keys)
    assert read == {key: label for label, key in enumerate(keys)}


def test_two_readers_of_one_database(tmp_path: Path) -> None:
    """As the TRAIN and TEST layers of one net may be; LMDB itself refuses to be opened twice."""
    path = write(tmp_path / "db", 3)
    one, two = open_database(path), open_database(path)
    both = list(zip(one, islice(two.cycle(), 1, 4), strict=True))
    assert [key for (key, _), _ in both] == [b"00000000", b"00000001", b"00000002"]
    one.close()
    assert bytes(both[0][1][1]) == bytes(both[1][0][1])
    with writing_lmdb(path, overwrite=True) as writer:
        writer.put(b"x", raw_datum(np.zeros((1, 1), np.uint8), 9))
    assert [key for key, _ in open_database(path)] == [b"x"]
    assert len(two) == 3  # it goes on reading what it opened


def test_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere: does not exist$"):
        open_database(tmp_path / "nowhere")
    with pytest.raises(FileError, match=r"is not an LMDB, which is a folder with data\.mdb in it$"):
        open_database(tmp_path)
    path = write(tmp_path / "db", 3)
    with pytest.raises(FileError, match=r"is not an LMDB, which is a folder"):
        open_database(path / "data.mdb")


def test_truncated_lmdb(tmp_path: Path) -> None:
    """Whatever is missing at the end, it is an error and never a crash: each try has a process of its own."""
    path = write(tmp_path / "db", 30)
    size = (path / "data.mdb").stat().st_size
    code = (
        "import sys\n"
        "from pycaffe_ext.datasets.databases import open_database\n"
        "from pycaffe_ext.errors import FileError\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(len(open_database(path)))\n"
        "    except FileError as error: print(error)\n"
    )
    sizes = [0, 50, 200, 4096, 8191, 8192, 20_000, size // 2, size - 4096, size - 1, size]
    for place, length in enumerate(sizes):
        shutil.copytree(path, tmp_path / str(place))
        with open(tmp_path / str(place) / "data.mdb", "r+b") as file:
            file.truncate(length)
    folders = [str(tmp_path / str(place)) for place in range(len(sizes))]
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, *folders], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "30"
    for place, line in enumerate(lines[:-1]):
        assert line.startswith(f"{folders[place]}: is truncated: data.mdb has {sizes[place]} ")
    assert lines[6] == f"{folders[6]}: is truncated: data.mdb has 20000 of {size} bytes"


def test_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(bytes(10_000))
    with pytest.raises(FileError, match="is not an LMDB of 64-bit machines"):
        open_database(tmp_path)


def test_empty_lmdb(tmp_path: Path) -> None:
    lmdb.open(str(tmp_path / "db")).close()
    with pytest.raises(DataError, match=r"db: the database is empty$"):
        open_database(tmp_path / "db")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (b"\xff\xff", "is not a Datum: 2 bytes of another kind"),
        (b"\x22\x7fshort", "is not a Datum: 7 bytes of another kind"),
        (b"", "holds no data"),
        (caffe_pb2.BlobShape(dim=[1, 2]).SerializeToString(), "holds no data"),
    ],
)
def test_values_that_are_no_datums(tmp_path: Path, value: bytes, problem: str) -> None:
    with writing_lmdb(tmp_path / "db") as writer:
        writer.put(b"key\xff", value)
    with pytest.raises(DataError) as error:
        open_database(tmp_path / "db")
    assert str(error.value).startswith(f"{tmp_path}/db: entry 'key\\xff': {problem}")


def test_leveldb_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plyvel", None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, "pycaffe_ext.datasets.leveldb_reader", raising=False)
    with pytest.raises(FileError, match="reading a LevelDB needs plyvel"):
        open_database(tmp_path, caffe_pb2.DataParameter.LEVELDB)


def test_leveldb(tmp_path: Path) -> None:
    plyvel = pytest.importorskip("plyvel")
    with pytest.raises(FileError, match="is not a LevelDB; if it is an LMDB"):
        open_database(write(tmp_path / "lmdb", 1), caffe_pb2.DataParameter.LEVELDB)
    with plyvel.DB(str(tmp_path / "db"), create_if_missing=True) as made:
        for number in range(3):
            made.put(b"%d" % number, raw_datum(np.zeros((1, 1), np.uint8), number))
    database = open_database(tmp_path / "db", caffe_pb2.DataParameter.LEVELDB)
    assert [parse_datum(value).label for _, value in islice(database.cycle(), 5)] == [0, 1, 2, 0, 1]
    assert len(database) == 3
    database.close()


int32 = st.integers(-(2**31), 2**31 - 1)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "channels": int32,
            "height": int32,
            "width": int32,
            "label": int32,
            "data": st.binary(max_size=300),
            "encoded": st.booleans(),
            "float_data": st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5),
        },
    ),
    st.binary(max_size=2),
)
def test_datums_are_read_as_protobuf_reads_them(fields: dict[str, object], more: bytes) -> None:
    value = caffe_pb2.Datum(**fields).SerializeToString() + more
    try:
        expected = caffe_pb2.Datum.FromString(value)
        readable = bool(expected.data or expected.float_data)
    except Exception:
        readable = False
    if not readable:
        with pytest.raises(DataError):
            parse_datum(value)
        return
    datum = parse_datum(value)
    for name in ("channels", "height", "width", "label", "encoded"):
        assert getattr(datum, name) == getattr(expected, name)
    assert bytes(datum.data) == expected.data
    assert list(datum.float_data if datum.float_data is not None else []) == list(expected.float_data)


def test_pixels_of_datums() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(datum_array(parse_datum(raw_datum(image, 0))), image.transpose(2, 0, 1))
    assert np.array_equal(datum_array(parse_datum(raw_datum(image[..., 0], 0))), image[None, ..., 0])
    floats = caffe_pb2.Datum(channels=1, height=2, width=1, float_data=[0.5, -3]).SerializeToString()
    assert datum_array(parse_datum(floats)).tolist() == [[[0.5], [-3.0]]]
    short = caffe_pb2.Datum(channels=3, height=2, width=5, data=bytes(29)).SerializeToString()
    with pytest.raises(DataError, match=r"^holds 29 values, but its shape is 3x2x5$"):
        datum_array(parse_datum(short))
    with pytest.raises(DataError, match=r"^is marked encoded, but its 5 bytes are no image$"):
        datum_array(parse_datum(encoded_datum(b"hello", 0)))
