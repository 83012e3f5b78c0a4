from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.errors import FileError, OptionError, PrototxtError
from pycaffe_ext.model.load import read_net, read_solver, read_weights
from pycaffe_ext.proto.blobs import array_to_blob, blob_to_array
from pycaffe_ext.proto.caffe_pb2 import BlobProto, NetParameter, V1LayerParameter
from pycaffe_ext.proto.files import write_binary

FILES = Path(__file__).parent / "files"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_net_is_read_from_text_and_from_binary(tmp_path: Path) -> None:
    net = read_net(FILES / "v1.prototxt")
    assert net.layer[0].type == "Data"
    write_binary(tmp_path / "net", net)
    assert read_net(tmp_path / "net") == net


def test_a_net_with_a_byte_order_mark_and_foreign_letters_is_text(tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes("\ufeff# Größe\r\nname: 'ü'\r\n".encode() + b"# \xfc in latin-1\n")
    assert read_net(tmp_path / "net").name == "ü"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'layer {\n  name: "p"\n  permute_param { order: 0 }\n}\n',
            ":3:3: LayerParameter: no field 'permute_param'; did you mean '",
        ),
        (
            "layer {\n  pooling_param { pool: AVG }\n}\n",
            ":2:25: PoolingParameter.PoolMethod: no value 'AVG'; did you mean 'AVE'",
        ),
    ],
)
def test_fields_and_values_of_forks_are_named_with_near_ones(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path / "net.prototxt", text)
    with pytest.raises(PrototxtError) as caught:
        read_net(path)
    assert str(caught.value).startswith(f"{path}{problem}")
    assert "surgery.py edits its text" in str(caught.value)


def test_a_syntax_error_is_placed(tmp_path: Path) -> None:
    path = write(tmp_path / "net.prototxt", 'layer {\n  name "p"\n}\n')
    with pytest.raises(PrototxtError) as caught:
        read_net(path)
    assert str(caught.value).startswith(f"{path}:2:8: ")
    assert "surgery" not in str(caught.value)


def test_files_that_are_absent_truncated_or_of_another_kind(tmp_path: Path) -> None:
    for reader in (read_net, read_weights, read_solver):
        with pytest.raises(FileError, match="absent: cannot be read: No such file"):
            reader(tmp_path / "absent")

    net = NetParameter(name="n")
    net.layer.add(name="a", type="ReLU").blobs.append(array_to_blob(np.ones((3, 5))))
    (tmp_path / "cut").write_bytes(net.SerializeToString()[:-7])
    for reader in (read_net, read_weights):
        with pytest.raises(FileError, match="cut: is not a binary NetParameter: truncated"):
            reader(tmp_path / "cut")

    (tmp_path / "mean").write_bytes(
        BlobProto(num=1, channels=3, height=2, width=2, data=[1.0] * 12).SerializeToString()
    )
    (tmp_path / "empty").write_bytes(b"")
    for name in ("mean", "empty"):
        with pytest.raises(FileError, match=f"{name}: holds no layers"):
            read_weights(tmp_path / name)


def test_weights_of_v1_nets_are_upgraded(tmp_path: Path) -> None:
    net = NetParameter(name="n", input=["data"])
    numbers = np.random.default_rng(3).normal(size=(1, 1, 4, 3)).astype(np.float32)
    v1 = net.layers.add(name="ip", type=V1LayerParameter.LayerType.Value("INNER_PRODUCT"), blobs_lr=[1, 2])
    v1.blobs.append(array_to_blob(numbers, legacy=True))
    write_binary(tmp_path / "old.caffemodel", net)

    (layer,) = read_weights(tmp_path / "old.caffemodel").layer

    assert (layer.name, layer.type, layer.param[1].lr_mult) == ("ip", "InnerProduct", 2)
    assert np.array_equal(blob_to_array(layer.blobs[0]), numbers)


def test_weights_of_current_nets_are_read_as_they_are(tmp_path: Path) -> None:
    net = NetParameter(name="n")
    net.layer.add(name="ip", type="InnerProduct").blobs.append(array_to_blob(np.arange(6)))
    write_binary(tmp_path / "a.caffemodel", net)
    assert read_weights(tmp_path / "a.caffemodel") == net


def test_solvers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snapshots").mkdir()
    write(tmp_path / "named.prototxt", 'net: "n" solver_type: ADAM snapshot_prefix: "out/run"')
    write(tmp_path / "beside.prototxt", 'net: "n"')
    write(tmp_path / "folder.prototxt", 'net: "n" snapshot_prefix: "snapshots"')
    write(tmp_path / "twice.prototxt", 'type: "SGD" solver_type: SGD')

    named = read_solver("named.prototxt")
    assert (named.type, named.HasField("solver_type"), named.snapshot_prefix) == ("Adam", False, "out/run")
    assert read_solver("./beside.prototxt").snapshot_prefix == "./beside"
    assert read_solver(tmp_path / "folder.prototxt").snapshot_prefix == "snapshots/folder"
    with pytest.raises(OptionError, match="gives its type twice"):
        read_solver("twice.prototxt")


@needs_real_caffe
@pytest.mark.parametrize(
    ("file", "prefix"),
    [("solver.prototxt", ""), ("a.b/solver", "snapshots"), ("a.b/solver.x", "snapshots/"), ("s", "q/")],
)
def test_snapshots_go_where_real_caffe_puts_them(file: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
      net_param { layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 1 } } } }
      base_lr: 0 lr_policy: "fixed" max_iter: 1 snapshot: 1 solver_mode: CPU
    """
    with real_caffe.folder() as real:
        for name in ("a.b", "snapshots", "q"):
            (real.path / name).mkdir()
        write(real.path / file, text + (f'snapshot_prefix: "{prefix}"' if prefix else ""))
        real.run("caffe", "train", f"--solver={file}")
        (written,) = real.path.rglob("*.solverstate")
        monkeypatch.chdir(real.path)
        solver = read_solver(file)
        assert Path(f"{solver.snapshot_prefix}_iter_1.solverstate") == written.relative_to(real.path)
