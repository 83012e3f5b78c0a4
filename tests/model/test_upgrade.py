"""Upgrades against real Caffe's own: files/NAME.upgraded.prototxt is what its tool makes of files/NAME.prototxt

upgrade_net_proto_text NAME.prototxt NAME.upgraded.prototxt
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.errors import NetError, OptionError, UnknownNameError
from pycaffe_ext.model.upgrade import needs_upgrade, upgrade_net, upgrade_solver
from pycaffe_ext.proto.blobs import array_to_blob, blob_to_array
from pycaffe_ext.proto.caffe_pb2 import NetParameter, SolverParameter
from pycaffe_ext.proto.files import parse_text, read_binary, read_text, write_binary

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.name.partition(".")[0] for path in FILES.glob("*.upgraded.prototxt"))
REASONS = {
    "v0": ["V0 layers (layers { layer { ... } })", "input fields instead of an Input layer"],
    "v0_odd": ["V0 layers (layers { layer { ... } })"],
    "v1": ["V1 layers (layers { ... })", "transformation fields outside transform_param"],
    "input_dim": ["input fields instead of an Input layer"],
    "input_shape": ["V1 layers (layers { ... })", "input fields instead of an Input layer"],
    "input_bare": ["input fields instead of an Input layer"],
    "batch_norm": ["BatchNorm layers with three params that learn"],
    "current": [],
}


def net_of(text: str) -> NetParameter:
    return parse_text(text, NetParameter())


def upgraded_of(name: str) -> NetParameter:
    return read_text(FILES / f"{name}.upgraded.prototxt", NetParameter())


@pytest.mark.parametrize("name", NAMES)
def test_upgraded_nets_are_those_of_real_caffe(name: str) -> None:
    net = read_text(FILES / f"{name}.prototxt", NetParameter())
    before = net.SerializeToString(deterministic=True)

    upgraded = upgrade_net(net)

    assert upgraded == upgraded_of(name)
    assert net.SerializeToString(deterministic=True) == before
    assert needs_upgrade(net) == REASONS[name]
    assert needs_upgrade(upgraded) == []
    assert upgrade_net(upgraded) == upgraded


@needs_real_caffe
def test_kept_upgrades_are_still_what_real_caffe_makes() -> None:
    with real_caffe.folder() as real:
        for name in NAMES:
            (real.path / name).write_bytes((FILES / f"{name}.prototxt").read_bytes())
            real.run("upgrade_net_proto_text", name, f"{name}.new", check=False)  # v0_odd ends with status 1
            assert read_text(real.path / f"{name}.new", NetParameter()) == upgraded_of(name), name


def holders(net: NetParameter) -> list[Any]:
    """The messages that hold the blobs of its layers."""
    return [*(layer.layer if layer.HasField("layer") else layer for layer in net.layers), *net.layer]


def with_blobs(name: str) -> NetParameter:
    """The net of a file with blobs of its own in every layer, shaped as in its time."""
    net = read_text(FILES / f"{name}.prototxt", NetParameter())
    numbers = np.random.default_rng(5)
    for i, holder in enumerate(holders(net)):
        for shape in ((1, 2, 3, i + 1), (1, 1, 1, 4)):
            holder.blobs.append(array_to_blob(numbers.normal(size=shape), legacy=True))
    return net


@pytest.mark.parametrize("name", ["v0", "v1"])
def test_blobs_go_over(name: str) -> None:
    net = with_blobs(name)
    old = [holder for holder in holders(net) if holder.type != "padding"]

    upgraded = [layer for layer in upgrade_net(net).layer if layer.type != "Input"]

    assert [layer.name for layer in upgraded] == [layer.name for layer in old]
    for new, source in zip(upgraded, old, strict=True):
        assert [blob_to_array(blob).tobytes() for blob in new.blobs] == [
            blob_to_array(blob).tobytes() for blob in source.blobs
        ]


@needs_real_caffe
@pytest.mark.parametrize("name", NAMES)
def test_binary_nets_upgrade_as_in_real_caffe(name: str) -> None:
    net = with_blobs(name)
    with real_caffe.folder() as real:
        write_binary(real.path / "old.caffemodel", net)
        real.run("upgrade_net_proto_binary", "old.caffemodel", "new.caffemodel", check=False)
        assert upgrade_net(net) == read_binary(real.path / "new.caffemodel", NetParameter())


def test_a_field_that_its_v0_type_lacks_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        upgrade_net(read_text(FILES / "v0_odd.prototxt", NetParameter()))
    assert "layer 'relu': 'num_output' means nothing to V0 type 'relu'; left out" in caplog.messages
    assert len(caplog.messages) == 8


WRONG = {
    "both forms": (
        'layer { name: "a" } layers { name: "b" }',
        "the net has both 'layer' and 'layers'",
    ),
    "too few numbers": (
        'input: "a" input: "b" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5',
        "the net has 2 input but 5 input_dim",
    ),
    "too few shapes": (
        'input: "a" input: "b" input_shape { dim: 1 }',
        "the net has 2 input but 1 input_shape",
    ),
    "unknown V0 type": (
        'layers { layer { name: "c1" type: "convo" } }',
        "layer 'c1': no V0 layer type 'convo'; did you mean 'conv'",
    ),
    "unknown bottom": (
        'input: "data" layers { layer { name: "c1" type: "conv" } bottom: "dat" top: "c1" }',
        "layer 'c1': no blob 'dat'; did you mean 'data'?",
    ),
    "padding before another type": (
        'input: "x" layers { layer { name: "p" type: "padding" } bottom: "x" top: "p" } '
        'layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" }',
        "layer 'r': has a padding layer before it, but is no conv or pool of one bottom (type 'relu')",
    ),
    "padding with two tops": (
        'input: "x" layers { layer { name: "p" type: "padding" } bottom: "x" top: "p" top: "q" } '
        'layers { layer { name: "c" type: "conv" } bottom: "p" top: "c" }',
        "layer 'p': is a padding layer, so it takes one bottom and one top",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_nets_are_refused_with_the_reason(case: str) -> None:
    text, reason = WRONG[case]
    with pytest.raises((NetError, UnknownNameError)) as caught:
        upgrade_net(net_of(text))
    assert reason in str(caught.value)


@needs_real_caffe
def test_real_caffe_refuses_the_same_nets() -> None:
    with real_caffe.folder() as real:
        for case, (text, _) in WRONG.items():
            if case.startswith("too few"):  # there it reads beyond the end: any result, or a crash
                continue
            (real.path / "net").write_text(text)
            assert real.run("upgrade_net_proto_text", "net", "new", check=False).returncode not in (0, 1), case


MIXED = """input: "x" layers { layer { name: "i" type: "images" new_height: -2 } bottom: "x" top: "i" }
layers { name: "dropped" bottom: "i" } layer { name: "lost" type: "ReLU" }"""


@needs_real_caffe
def test_v0_nets_lose_what_is_of_later_forms(caplog: pytest.LogCaptureFixture) -> None:
    with real_caffe.folder() as real:
        (real.path / "net").write_text(MIXED)
        real.run("upgrade_net_proto_text", "net", "new")
        assert upgrade_net(net_of(MIXED)) == read_text(real.path / "new", NetParameter())
    assert "the net has V0 layers; its 1 layer { } of today's form left out, as in Caffe" in caplog.messages


SOLVERS = ["SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM"]


@needs_real_caffe
def test_solver_types_upgrade_as_in_real_caffe() -> None:
    with real_caffe.folder() as real:
        for name in SOLVERS:
            (real.path / "old").write_text(f'net: "n" solver_type: {name} base_lr: 0.1 momentum: 0.9')
            real.run("upgrade_solver_proto_text", "old", "new")
            expected = read_text(real.path / "new", SolverParameter())
            assert upgrade_solver(read_text(real.path / "old", SolverParameter())) == expected


def test_solver_type_becomes_a_string() -> None:
    solver = SolverParameter(net="n", solver_type=SolverParameter.SolverType.Value("RMSPROP"))
    assert upgrade_solver(solver) == SolverParameter(net="n", type="RMSProp")
    assert solver.HasField("solver_type")
    assert upgrade_solver(SolverParameter(type="Adam")) == SolverParameter(type="Adam")


def test_a_solver_with_both_types_is_refused() -> None:
    with pytest.raises(OptionError, match="gives its type twice"):
        upgrade_solver(SolverParameter(type="SGD", solver_type=SolverParameter.SolverType.Value("SGD")))
