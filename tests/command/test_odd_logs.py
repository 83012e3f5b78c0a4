"""Odd nets, solvers and flags: what `train`, `test` and `time` write, against the real tool's log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import real_caffe
from command.beside_real import RESTART, assert_same, our_log, real_log, told
from command.conftest import _write
from real_caffe import RealFolder, needs_real_caffe

from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import NetParameter, V1LayerParameter
from pycaffe_ext.proto.files import write_binary

X = """\
layer { name: "d" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: 3 dim: 4 dim: 6 dim: 5 }
  shape { dim: 3 dim: 2 } data_filler { value: 0.7 } data_filler { value: -0.4 } } }
"""
IP = """\
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 2
  weight_filler { value: 0.003 } bias_filler { value: 0.1 } } }
"""
LOSS = 'layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "y" top: "loss" }\n'
WEIGHTS = f"shape {{ dim: 2 dim: 120 }} data: [{', '.join(['0.25'] * 240)}]"
STATES = """\
layer { name: "c" type: "DummyData" top: "cont" dummy_data_param { shape { dim: 3 dim: 4 } data_filler { value: 1 } } }
layer { name: "s" type: "DummyData" top: "static" top: "h" top: "c" dummy_data_param { shape { dim: 4 dim: 7 }
  shape { dim: 1 dim: 4 dim: 2 } shape { dim: 1 dim: 4 dim: 2 } } }
"""
RECURRENT = 'recurrent_param { num_output: 2 weight_filler { type: "xavier" } }'
FLOATS = ("1e6", "999999", "123456.789", "16777217", "0.333333333", "1e-45", "-1e7", "1e15", "-0.0", "inf", "nan")
POWERS = [f'layer {{ name: "{f}" type: "Power" bottom: "x" top: "{f}" power_param {{ shift: {f} }} }}' for f in FLOATS]
CONV = 'type: "conv" num_output: 2 kernelsize: 3 weight_filler { value: 0.1 }'
V1 = """\
layers { name: "d" type: DATA top: "x" data_param { source: "images" batch_size: 3 scale: 0.5 backend: LMDB } }
layers { name: "p" type: POOLING bottom: "x" top: "p" pooling_param { kernel_size: 2 } }
"""
FORCED = LOSS.replace("name:", "propagate_down: [true, false] name:")
NETS = {
    "forced": f"force_backward: true debug_info: true {X}{IP}{FORCED}",
    "text": f'name: "Größe \\001 \\"q\\" \\\'" {X}{"".join(POWERS)}',
    "v0": f"""input: "x" input_dim: [3, 4, 6, 5] layers {{ layer {{ name: "pad" type: "padding" pad: 1 }}
      bottom: "x" top: "p" }} layers {{ layer {{ name: "c" {CONV} }} bottom: "p" top: "c" }}
      layers {{ layer {{ name: "r" type: "relu" num_output: 3 shuffle_images: true }} bottom: "c" top: "c" }}
      layer {{ name: "lost" type: "ReLU" }}""",
    "v1": V1,
    "recurrent": X
    + STATES
    + f'layer {{ name: "rnn" type: "RNN" bottom: "x" bottom: "cont" bottom: "static" top: "r" {RECURRENT} }}\n'
    + 'layer { type: "LSTM" bottom: "r" bottom: "cont" bottom: "h" bottom: "c" top: "l" top: "hT" top: "cT"'
    + f" {RECURRENT.replace('{', '{ expose_hidden: true', 1)} }}",
    "read": """
layer { name: "i" type: "ImageData" top: "i" top: "l" transform_param { mean_file: "mean" }
  image_data_param { source: "images.txt" batch_size: 2 new_height: 12 new_width: 13 } }
layer { name: "w" type: "WindowData" top: "w" top: "v" transform_param { crop_size: 12 mean_file: "mean" }
  window_data_param { source: "windows" batch_size: 4 fg_fraction: 0.5 context_pad: 1 } }
layer { name: "s" type: "Silence" bottom: "i" bottom: "l" bottom: "w" bottom: "v" }""",
    "statistics": X
    + 'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "bn" param { lr_mult: 0 } param { lr_mult: 0 }'
    + "  param { lr_mult: 0 } batch_norm_param { use_global_stats: false } }\n"
    + IP.replace('"x"', '"bn"')
    + 'layer { name: "p" type: "PReLU" bottom: "ip" top: "p" prelu_param { channel_shared: true } }\n'
    + 'layer { name: "out" type: "HDF5Output" bottom: "p" bottom: "y" hdf5_output_param { file_name: "out.h5" } }',
    "given": X + IP.replace("inner", f"blobs {{ {WEIGHTS} }} blobs {{ shape {{ dim: 2 }} data: [4, 5] }} inner", 1),
    "long": X + "".join(f'layer {{ name: "s{i}" type: "Silence" bottom: "x" bottom: "y" }}\n' for i in range(450)),
    "plain": X + IP + LOSS + 'layer { name: "n" type: "Reduction" bottom: "ip" top: "n" include { stage: "deep" } }',
}
SOLVERS = {
    "odd": """net: "plain.prototxt" solver_type: NESTEROV momentum: 0.5 base_lr: 0.001 lr_policy: "poly" power: 0.5
      max_iter: 5 display: -2 snapshot: -3 snapshot_format: HDF5 test_iter: [1, 2, 0] test_interval: 3
      test_net: "statistics_no_file.prototxt" test_compute_loss: true
      test_state { } test_state { stage: "deep" } test_state { stage: "deep" level: 2 }""",
    "nan": """net: "plain.prototxt" base_lr: 1e9 lr_policy: "fixed" max_iter: 12 display: 1 clip_gradients: 1e12
      snapshot_prefix: "./" snapshot_after_train: false""",
    "idle": 'net: "plain.prototxt" snapshot_prefix: "idle" test_iter: 1 test_interval: 1',
    "shown": 'net: "forced.prototxt" snapshot_prefix: "shown" display: 1',
}
COMMANDS = {
    **{name: ["time", f"-model={name}.prototxt", "-iterations=1"] for name in NETS if name != "statistics"},
    "weights of today": ["test", "-model=statistics.prototxt", "-weights=new.caffemodel", "-iterations=1"],
    "weights of V1": ["test", "-model=plain.prototxt", "-weights=old.caffemodel", "-iterations=0"],
    "odd solver": ["train", "-solver=odd.prototxt", "-weights", "old.caffemodel, old.caffemodel"],
    "no number": ["train", "-solver=nan.prototxt"],
    "nothing but a pass": ["train", "-solver=shown.prototxt"],
    "nothing to train": ["train", "-solver=idle.prototxt", "-flagfile=flags", "-v=1", "-stage=deep"],
}


@pytest.fixture(scope="module")
def folder() -> Iterator[RealFolder]:
    with real_caffe.folder() as real:
        _write(real.path)
        for name, text in (NETS | SOLVERS).items():
            (real.path / f"{name}.prototxt").write_text(text)
        (real.path / "statistics_no_file.prototxt").write_text(NETS["statistics"].rpartition("layer {")[0])
        (real.path / "flags").write_text("# of gflags\n--level=0x2\n-sighup_effect=none\n")
        _images(real.path)
        real.python("import caffe; caffe.Net('statistics.prototxt', caffe.TEST).save('new.caffemodel')")
        old = NetParameter(name="old")
        layer = old.layers.add(name="ip", type=V1LayerParameter.LayerType.Value("INNER_PRODUCT"))
        layer.blobs.append(array_to_blob(np.full((1, 1, 2, 120), 0.002), legacy=True))
        layer.blobs.append(array_to_blob(np.full((1, 1, 1, 2), 0.5), legacy=True))
        old.layers.add(name="other")
        write_binary(real.path / "old.caffemodel", old)
        yield real


def _images(folder: Path) -> None:
    random = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), random.integers(0, 256, (30, 40, 3), np.uint8))
    (folder / "images.txt").write_text("0.png 4\n1.png 7\n")
    windows = "3 30 40\n3\n1 0.9 1 1 10 10\n7 0.6 3 3 12 14\n2 0.1 0 0 9 9\n"
    (folder / "windows").write_text("".join(f"# {number}\n{number}.png\n{windows}" for number in range(3)))
    write_binary(folder / "mean", array_to_blob(np.full((1, 3, 12, 13), 9), legacy=True))


@needs_real_caffe
@pytest.mark.parametrize("name", COMMANDS)
def test_every_line_is_the_real_tools(name: str, folder: RealFolder) -> None:
    real, ours = (told(log(folder, COMMANDS[name])) for log in (real_log, our_log))
    assert_same(ours, real)


@needs_real_caffe
def test_a_database_begins_anew_as_often_as_in_the_real_tool(folder: RealFolder) -> None:
    for command in (["train", "-solver=solver.prototxt"], ["time", "-model=net.prototxt", "-iterations=12"]):
        real, ours = (log(folder, command).count(RESTART) for log in (real_log, our_log))
        assert ours > 1
        assert real in (ours, ours - 1), command  # its last batch may still be under way


@needs_real_caffe
def test_log_files_are_those_of_the_real_tool(folder: RealFolder) -> None:
    command = ["time", "-model=forced.prototxt", "-iterations=1"]
    found = {}
    for name, log in (("real", lambda to: folder.run("caffe", *to)), ("ours", lambda to: our_log(folder, to))):
        logs = folder.path / f"{name}_logs"
        logs.mkdir()
        log([*command, f"-log_dir={logs.name}", "-minloglevel=0"])
        found[name] = {link.name: told(link.read_text())[3:] for link in logs.iterdir() if link.is_symlink()}
        assert all(link.readlink().name.startswith("caffe.") for link in logs.iterdir() if link.is_symlink())
    assert found["ours"].keys() == found["real"].keys() == {"caffe.INFO", "caffe.WARNING", "caffe.ERROR"}
    for name, lines in found["real"].items():
        assert_same(found["ours"][name], lines)
