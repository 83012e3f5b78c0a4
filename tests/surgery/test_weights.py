"""Weights in files: what is not meant stays to the byte."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from surgery.weight_files import UNKNOWN, current, forked, numbers, v0, v1

from pycaffe_ext.errors import CaffeError, DataError, FileError, UnknownNameError
from pycaffe_ext.model.upgrade import upgrade_net
from pycaffe_ext.proto.caffe_pb2 import NetParameter
from pycaffe_ext.surgery import Request, Weights, perform
from pycaffe_ext.surgery.weights_upgrade import upgrade_weights
from pycaffe_ext.text import Document


def weights(content: bytes | None = None) -> Weights:
    return Weights.from_bytes(current().SerializeToString() if content is None else content, "w")


def test_names_shapes_and_numbers() -> None:
    found = weights()
    assert found.names == ["data", "conv", "fc", "half"]
    assert ("conv" in found, "data" in found, "none" in found) == (True, False, False)
    assert found.shapes("conv") == [(4, 3, 2, 5), (4,)]
    assert (found.blobs("conv")[0] == numbers(4, 3, 2, 5)).all()
    assert found.blobs("half")[0].tolist() == [1.5, -2, 3] and found.blobs("half")[0].dtype == np.float32
    found.blobs("conv")[0][:] = 0
    assert (found.blobs("conv")[0] == numbers(4, 3, 2, 5)).all()


@pytest.mark.parametrize(
    "content", [current().SerializeToString(), forked(), v1(), v0()], ids=["current", "fork", "v1", "v0"]
)
def test_nothing_changed_is_the_same_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(content)
    found = Weights.read(tmp_path / "w")
    found.write(tmp_path / "w")
    assert (tmp_path / "w").read_bytes() == content
    assert all(change.kind == "kept" for change in found.changes())


@pytest.mark.parametrize(("content", "name"), [(v1(), "fc"), (v0(), "ip")], ids=["v1", "v0"])
def test_old_formats(content: bytes, name: str) -> None:
    found = weights(content)
    assert found.shapes(name) == [(1, 1, 5, 6), (1, 1, 1, 5)] and found.legacy(name) == [True, True]
    found.rename(name, "new")
    found.set_blobs("new", [numbers(2, 3)])
    net = upgrade_net(NetParameter.FromString(found.to_bytes()))
    assert [layer.name for layer in net.layer] == ["new"]
    assert list(net.layer[0].blobs[0].shape.dim) == [2, 3]
    assert net.layer[0].type == "InnerProduct" and net.layer[0].bottom == ["data"]


def test_rename_touches_one_name() -> None:
    found = weights(forked())
    found.rename("fc", "fc_new")
    expected = current()
    expected.layer[2].name = "fc_new"
    after = found.to_bytes()
    assert after.count(UNKNOWN) == forked().count(UNKNOWN)
    parsed = NetParameter.FromString(after)
    parsed.DiscardUnknownFields()
    assert parsed == expected
    start = forked().index(b"\x0a\x02fc")
    assert after[: start - 20] == forked()[: start - 20]  # lengths before the name grow by 4


def test_set_drop_and_add() -> None:
    found = weights()
    found.set_blobs("fc", [numbers(2, 6), numbers(2), numbers(1)])
    found.drop("conv")
    found.add("extra", [numbers(3, 2)], "Scale", after="data")
    again = weights(found.to_bytes())
    assert again.names == ["data", "extra", "fc", "half"]
    assert [again.shapes(name) for name in again.names[1:3]] == [[(3, 2)], [(2, 6), (2,), (1,)]]
    assert [(one.kind, one.name) for one in found.changes()] == [
        ("new", "extra"),
        ("new shape", "fc"),
        ("kept", "half"),
        ("dropped", "conv"),
    ]


def test_kinds_of_changes() -> None:
    found = weights()
    found.rename("conv", "c")
    found.set_blobs("fc", [numbers(7, 6), numbers(7)])
    assert [(one.kind, one.was, one.name) for one in found.changes()][:2] == [
        ("renamed", "conv", "c"),
        ("new values", "fc", "fc"),
    ]


def test_a_copy_changes_apart() -> None:
    found = weights()
    other = found.copy()
    other.drop("fc")
    other.rename("conv", "c")
    assert found.names == ["data", "conv", "fc", "half"] and found.to_bytes() == current().SerializeToString()
    found.become(other)
    assert found.names == ["data", "c", "half"]


def test_a_layer_of_another_file() -> None:
    found, other = weights(), weights(forked())
    found.take_from(other, "conv", "theirs")
    again = weights(found.to_bytes())
    assert (again.blobs("theirs")[0] == numbers(4, 3, 2, 5)).all() and UNKNOWN in found.to_bytes()


def test_unpacked_numbers_and_no_shape() -> None:
    blob = b"".join(b"\x2d" + value.tobytes() for value in numbers(3))
    layer = b"\x0a\x01a" + b"\x3a" + bytes([len(blob)]) + blob
    found = weights(b"\xa2\x06" + bytes([len(layer)]) + layer)
    assert found.shapes("a") == [(3,)] and found.blobs("a")[0].tolist() == numbers(3).tolist()


def test_names_that_are_no_utf8() -> None:
    content = current().SerializeToString().replace(b"conv", b"c\xe9nv")
    found = weights(content)
    assert "c\udce9nv" in found and found.to_bytes() == content
    found.rename("c\udce9nv", "conv")
    assert found.to_bytes().count(b"c\xe9nv") == content.count(b"c\xe9nv") - 1


@pytest.mark.parametrize(
    ("do", "error", "message"),
    [
        (lambda w: w.blobs("fk"), UnknownNameError, "w: no layer 'fk'; did you mean 'fc'"),
        (lambda w: w.rename("fc", "conv"), DataError, "w: has a layer 'conv' already, so 'fc' cannot be renamed"),
        (lambda w: w.add("fc", []), DataError, "has a layer 'fc' already"),
    ],
)
def test_what_cannot_be_done(do: Callable[[Weights], object], error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        do(weights())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b'name: "net" layer { }', "is text, not a binary caffemodel; is this the prototxt?"),
        (
            current().SerializeToString()[:-7],
            r"is truncated at its end, byte \d+, or no caffemodel \(behind layer 'fc', layer 3",
        ),
        (b"\x07" + current().SerializeToString(), "is damaged at byte 0, or no caffemodel: no field begins so"),
        (b"\x0a\x03net", "holds no layers, so it is no caffemodel"),
        (b"\xff" * 30, "is damaged at byte 0, or no caffemodel: a number has more than 10 bytes"),
    ],
)
def test_damaged_files_are_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(FileError, match=message):
        Weights.read(tmp_path / "w")


def test_no_cut_and_no_byte_gives_anything_but_a_clear_error() -> None:
    content = forked()
    for end in range(0, len(content), 7):
        with suppress(FileError):
            weights(content[:end])
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[random.integers(len(content))] = random.integers(256)
        with suppress(CaffeError):
            found = weights(bytes(damaged))
            for name in found.names:
                found.blobs(name)


def test_shape_and_numbers_that_disagree() -> None:
    net = current()
    net.layer[1].blobs[0].shape.dim[0] = 9
    found = weights(net.SerializeToString())
    with pytest.raises(DataError, match=r"w: layer 'conv': a blob of shape \(9, 3, 2, 5\) holds 120 numbers"):
        found.shapes("conv")
    found.rename("fc", "still_possible")
    assert found.changes()[0].kind == "kept"


@pytest.mark.parametrize("content", [v0(), v1()], ids=["v0", "v1"])
def test_upgrade(content: bytes) -> None:
    found = weights(content)
    upgrade_weights(found)
    assert NetParameter.FromString(found.to_bytes()) == upgrade_net(NetParameter.FromString(content))
    again = weights(found.to_bytes())
    upgrade_weights(again)
    assert again.to_bytes() == found.to_bytes()


def test_more_than_protobuf_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycaffe_ext.surgery.weights._LIMIT", 100)
    with pytest.raises(FileError, match=r"a binary file holds at most 2 GB; use a name that ends in \.h5"):
        weights().write(tmp_path / "w")
    weights().write(tmp_path / "w.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["w.h5"]


@pytest.mark.parametrize(("pattern", "left"), [("*", []), ("c*", ["fc", "half"]), ("fc", ["conv", "half"])])
def test_drop_weights(pattern: str, left: list[str]) -> None:
    found = weights()
    perform(Document("layer { name: 'x' }"), [Request("--drop-weights", pattern)], found)
    assert [name for name in found.names if name in found] == left
    with pytest.raises(UnknownNameError, match="w: no layer 'data'"):
        perform(Document(""), [Request("--drop-weights", "data")], found)


def test_hdf5_there_and_back(tmp_path: Path) -> None:
    found = weights()
    found.rename("conv", "block/conv")
    found.write(tmp_path / "w.h5")
    again = Weights.read(tmp_path / "w.h5")
    assert sorted(again.names) == ["block/conv", "data", "fc", "half"]
    assert all(
        (a == b).all() for name in found.names for a, b in zip(found.blobs(name), again.blobs(name), strict=True)
    )
    again.write(tmp_path / "w.caffemodel")
    assert Weights.read(tmp_path / "w.caffemodel").shapes("block/conv") == [(4, 3, 2, 5), (4,)]
    content = (tmp_path / "w.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(FileError, match="is not a readable HDF5 file of weights"):
        Weights.read(tmp_path / "cut.h5")


def test_hdf5_as_the_engine_writes_and_reads_it(tmp_path: Path) -> None:
    from pycaffe_ext.engine.net import Net

    text = (
        'layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 2 dim: 3 dim: 4 } } }'
        'layer { name: "ip" type: "InnerProduct" bottom: "in" top: "ip" inner_product_param { num_output: 5'
        ' weight_filler { type: "xavier" } } }'
    )
    (tmp_path / "net.prototxt").write_text(text)
    net = Net(str(tmp_path / "net.prototxt"), 1)
    net.save_hdf5(str(tmp_path / "w.h5"))
    found = Weights.read(tmp_path / "w.h5")
    assert (found.blobs("ip")[0] == net.params["ip"][0].data).all()
    found.set_blobs("ip", [numbers(5, 12), numbers(5)])
    for name in ("new.h5", "new.caffemodel"):
        found.write(tmp_path / name)
        loaded = Net(str(tmp_path / "net.prototxt"), str(tmp_path / name), 1)
        assert (loaded.params["ip"][0].data == numbers(5, 12)).all()
