"""Our own reader of Datums against protobuf's."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from pycaffe_ext.datasets.datum_reading import Datum, DatumParser, parse_datum
from pycaffe_ext.errors import DataError
from pycaffe_ext.proto import caffe_pb2

int32 = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 300)
message = st.fixed_dictionaries(
    {},
    optional={
        "channels": int32,
        "height": int32,
        "width": int32,
        "data": st.binary(max_size=40),
        "label": int32,
        "float_data": st.lists(st.floats(width=32), max_size=5),
        "encoded": st.booleans(),
    },
).map(lambda fields: caffe_pb2.Datum(**fields).SerializeToString())
packed = st.lists(st.floats(width=32), max_size=4).map(
    lambda numbers: bytes([0x32, 4 * len(numbers)]) + np.array(numbers, "<f4").tobytes()
)
# field 9, which a Datum does not have, of each wire type; field 1 as bytes, which it is not
unknown = st.sampled_from([b"\x48\xff\x01", b"\x49" + bytes(8), b"\x4a\x02ab", b"\x4d" + bytes(4), b"\x0a\x01x"])
# fields may come in any order, several times, and in parts
value = st.lists(message | packed | unknown, max_size=4).map(b"".join)


def by_protobuf(content: bytes) -> Datum | None:
    try:
        datum = caffe_pb2.Datum.FromString(content)
    except DecodeError:
        return None
    if not datum.data and not datum.float_data:
        return None
    floats = np.array(datum.float_data, np.float32) if datum.float_data else None
    data = memoryview(datum.data)
    return Datum(datum.channels, datum.height, datum.width, data, datum.label, floats, datum.encoded)


def check(read: object, content: bytes) -> None:
    expected = by_protobuf(content)
    try:
        found = read(content)  # type: ignore[operator]
    except DataError:
        assert expected is None
        return
    assert expected is not None
    floats, others = found.float_data, expected.float_data
    assert (None if floats is None else floats.tobytes()) == (None if others is None else others.tobytes())
    found.float_data = expected.float_data = None
    assert found == expected


@settings(max_examples=400, deadline=None)
@given(value)
def test_whole_values(content: bytes) -> None:
    check(parse_datum, content)


@settings(max_examples=300, deadline=None)
@given(value, st.data())
def test_cut_and_changed_values(content: bytes, data: st.DataObject) -> None:
    cut = content[: data.draw(st.integers(0, len(content)))]
    if cut:
        place = data.draw(st.integers(0, len(cut) - 1))
        byte = data.draw(st.sampled_from([0, 1, 0x22, 0x35, 0x7F, 0x80, 0xFF]))
        cut = cut[:place] + bytes([byte]) + cut[place + 1 :]
    if not any(byte & 7 in (3, 4) for byte in cut):  # groups, which protobuf skips and we refuse
        check(parse_datum, cut)


@settings(max_examples=200, deadline=None)
@given(st.lists(value, max_size=4).flatmap(lambda values: st.lists(st.sampled_from(values or [b""]), max_size=12)))
def test_what_is_remembered_changes_nothing(values: list[bytes]) -> None:
    parser = DatumParser()
    for content in values:
        check(parser, content)


def test_entries_that_differ_little() -> None:
    """Other pixels, then another label, another size, another shape of the same size, other things behind."""
    parser = DatumParser()
    plain = {"channels": 1, "height": 2, "width": 3, "data": b"abcdef", "label": 5, "encoded": False}
    for change in (
        {},
        {"data": b"ghijkl"},
        {"label": 300},
        {"label": -1},
        {"data": b"ghijk"},
        {"data": b""},
        {"height": 3, "width": 2},
        {"encoded": True},
        {"float_data": [1.5]},
        {},
    ):
        check(parser, caffe_pb2.Datum(**(plain | change)).SerializeToString())
    whole = caffe_pb2.Datum(**plain).SerializeToString()
    for end in range(len(whole)):
        check(parser, whole[:end])


def test_groups_are_refused() -> None:
    with pytest.raises(DataError, match="is not a Datum"):
        parse_datum(b"\x22\x01a\x4b\x4c")
