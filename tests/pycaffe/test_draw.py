"""pycaffe_ext.draw: the same picture of a net as pycaffe's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import real_caffe
from google.protobuf import text_format
from real_caffe import needs_real_caffe

from pycaffe_ext.draw import draw_net, draw_net_to_file, get_pydot_graph
from pycaffe_ext.errors import NetError, OptionError
from pycaffe_ext.proto import caffe_pb2

NETS = (
    "models/bvlc_alexnet/train_val.prototxt",
    "examples/mnist/lenet_train_test.prototxt",
    "examples/mnist/mnist_autoencoder.prototxt",
    "examples/siamese/mnist_siamese_train_test.prototxt",
    "examples/net_surgery/bvlc_caffenet_full_conv.prototxt",
)


def _copy_nets(folder: Path) -> None:
    for name in NETS:
        shutil.copy(real_caffe.chroot / "source/caffe" / name, folder)


@needs_real_caffe
def test_pictures_are_pycaffes(both_sides: Callable) -> None:
    sides = both_sides("draw", _copy_nets)
    with real_caffe.folder() as real:
        for side, graphs in zip(("real", "ours"), sides, strict=True):
            (real.path / side).mkdir()
            for name, graph in graphs.items():
                (real.path / side / name).write_text(str(graph))
            real.run("dot", "-Tsvg", "-O", *(f"{side}/{name}" for name in graphs))
        names = [f"{name}.svg" for name in sides[0]]
        assert len(names) == 3 * len(NETS)
        for name in names:
            assert (real.path / "ours" / name).read_text() == (real.path / "real" / name).read_text(), name


def _net(text: str) -> caffe_pb2.NetParameter:
    return text_format.Parse(text, caffe_pb2.NetParameter())


def test_odd_names_are_drawn_as_they_are() -> None:
    net = _net("layer { name: 'a<b>|{c}' type: 'Input' top: 'say \"x\"' }")
    graph = get_pydot_graph(net, "TB").to_string()
    assert r'label="a\<b\>\|\{c\} (Input)"' in graph
    assert r'-> "say \"x\""' in graph


def test_a_phase_leaves_the_other_one_out() -> None:
    net = _net(
        "layer { name: 'train' type: 'Input' top: 'x' include { phase: TRAIN } }"
        "layer { name: 'test' type: 'Input' top: 'x' exclude { phase: TRAIN } }"
    )
    assert "train" in draw_net(net, "LR", "raw", caffe_pb2.TRAIN).decode()
    assert "train" not in draw_net(net, "LR", "raw", caffe_pb2.TEST).decode()
    net.layer[0].exclude.add()
    with pytest.raises(NetError, match="layer 'train': has both include and exclude rules"):
        draw_net(net, "LR", "raw", caffe_pb2.TRAIN)


def test_a_missing_program_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OptionError, match="install the Debian package graphviz"):
        draw_net(_net(""), "LR", "png")


def test_what_dot_refuses_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho 'Format: \"nope\" not recognized' >&2\nexit 1\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(OptionError, match='dot cannot draw this net as nope: Format: "nope" not recognized'):
        draw_net(_net(""), "LR", "nope")


def test_the_ending_says_what_is_written(tmp_path: Path) -> None:
    draw_net_to_file(_net("name: 'n'"), tmp_path / "net.raw", "TB")
    assert (tmp_path / "net.raw").read_text().startswith('digraph "n" {\nrankdir="TB";')
    with pytest.raises(OptionError, match="the ending must say what to draw"):
        draw_net_to_file(_net(""), tmp_path / "net")
