"""`python -m pycaffe_ext train|test|time|device_query`: what they do and say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pycaffe_ext import Net, cli
from pycaffe_ext.__main__ import caffe
from pycaffe_ext.command import flags
from pycaffe_ext.proto import caffe_pb2

ROOT = Path(__file__).resolve().parents[2]


def _messages(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = [line for line in capsys.readouterr().err.splitlines() if re.match(r"[IWEF]\d{4} ", line)]
    told = [line.partition("] ")[2] for line in lines]
    return [line for line in told if not line.startswith("Restarting data")]  # in Caffe of a thread of its own


def test_a_training_is_told_from_start_to_end(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffe(["train", "--solver=solver.prototxt"])
    told = _messages(capsys)
    assert told[:2] == ["Use CPU.", "Initializing solver from parameters: "]
    assert "Setting up conv1" in told
    assert "Top shape: 8 5 10 10 (4000)" in told
    assert "relu1 -> ip1 (in-place)" in told
    assert "    with loss weight 0.5" in told
    assert "This network produces output accuracy" in told
    start = told.index("Starting Optimization")
    assert told[start + 1 : start + 4] == [
        "Solving Small",
        "Learning Rate Policy: multistep",
        "Iteration 0, Testing net (#0)",
    ]
    assert re.fullmatch(r"Test loss: \S+", told[start + 4])
    assert re.fullmatch(r"    Test net output #1: loss = \S+ \(\* 0\.5 = \S+ loss\)", told[start + 6])
    assert re.fullmatch(r"Iteration 0 \(0 iter/s, \S+s/5 iters\), loss = \S+", told[start + 7])
    assert told[told.index("MultiStep Status: Iteration 15, step = 1") + 1] == "Iteration 15, lr = 0.01"
    assert "Snapshotting to binary proto file small_iter_20.caffemodel" in told
    assert "Snapshotting solver state to binary proto file small_iter_40.solverstate" in told
    end = told.index("Iteration 40, Testing net (#0)")
    assert re.fullmatch(r"Iteration 40, loss = \S+", told[end - 1])
    assert told[-2:] == ["Optimization Done.", "Optimization Done."]


def test_a_snapshot_is_resumed(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffe(["train", "-solver", "solver.prototxt"])
    whole = Net("net.prototxt", caffe_pb2.TEST, weights="small_iter_40.caffemodel")
    capsys.readouterr()
    Path("small_iter_40.caffemodel").unlink()
    caffe(["train", "-solver", "solver.prototxt", "-snapshot", "small_iter_20.solverstate"])
    told = _messages(capsys)
    assert "Resuming from small_iter_20.solverstate" in told
    assert "Iteration 20, Testing net (#0)" in told
    assert not any(line.startswith("Iteration 15") for line in told)
    resumed = Net("net.prototxt", caffe_pb2.TEST, weights="small_iter_40.caffemodel")
    # 20 batches of 8 are 4 rounds of the 40 images, so that the second half begins with the first image again
    assert abs(whole.params["ip2"][0].data - resumed.params["ip2"][0].data).max() < 1e-5


def test_weights_are_taken_from_several_files(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        Net("net.prototxt", caffe_pb2.TRAIN).save(f"{name}.caffemodel")
    Path("still.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0 lr_policy: "fixed" max_iter: 1 snapshot_prefix: "still" weights: "none"'
    )
    caffe(["train", "-solver", "still.prototxt", "-weights", "a.caffemodel,b.caffemodel"])
    told = _messages(capsys)
    tuned = [line for line in told if "Finetuning" in line]
    assert tuned == ["Finetuning from a.caffemodel", "Finetuning from b.caffemodel"]
    nets = [Net("net.prototxt", caffe_pb2.TEST, weights=f"{name}.caffemodel") for name in ("b", "still_iter_1")]
    assert (nets[0].params["conv1"][0].data == nets[1].params["conv1"][0].data).all()


def test_a_net_is_scored(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = Net("net.prototxt", caffe_pb2.TEST)
    net.save("w.caffemodel")
    outputs = [{name: float(value) for name, value in net.forward().items()} for _ in range(3)]
    means = {name: sum(output[name] for output in outputs) / 3 for name in ("accuracy", "loss")}
    caffe(["test", "-model", "net.prototxt", "-weights", "w.caffemodel", "-iterations", "3"])
    told = _messages(capsys)
    assert "Running for 3 iterations." in told
    assert [line.split(",")[0] for line in told if line.startswith("Batch")] == [f"Batch {i // 2}" for i in range(6)]
    loss = f"loss = {means['loss']:g} (* 0.5 = {means['loss'] / 2:g} loss)"
    assert told[-3:] == [f"Loss: {means['loss'] / 2:g}", f"accuracy = {means['accuracy']:g}", loss]


def test_layers_are_timed(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffe(["time", "-model=net.prototxt", "-iterations=2"])
    told = _messages(capsys)
    layers = ["data", "conv1", "pool1", "ip1", "relu1", "ip2", "loss"]
    times = [line for line in told if re.fullmatch(r" *\w+\t(forward|backward): \S+ ms\.", line)]
    assert [line.split()[0] for line in times] == [name for name in layers for _ in range(2)]
    assert sum(line.startswith("Iteration:") for line in told) == 2
    assert re.fullmatch(r"Average Forward-Backward: \S+ ms\.", told[-3])
    assert told[-1] == "*** Benchmark ends ***"
    caffe(["time", "-model=net.prototxt", "-iterations=1", "-phase", "TEST"])
    assert any("accuracy" in line for line in _messages(capsys))


def test_level_and_stage_choose_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = tmp_path / "net.prototxt"
    rules = {"always": "", "staged": 'include { stage: "deep" }', "levelled": "include { min_level: 2 }"}
    shape = "dummy_data_param { shape { dim: 1 } }"
    layers = [f'layer {{ name: "{n}" type: "DummyData" top: "{n}" {shape} {rule} }}' for n, rule in rules.items()]
    net.write_text("".join(layers))
    for flag, more in (("-stage=wide", []), ("-stage=wide,deep", ["staged"]), ("-level=2", ["levelled"])):
        caffe(["time", f"-model={net}", "-iterations=1", flag])
        outputs = [line.split()[-1] for line in _messages(capsys) if line.startswith("This network produces")]
        assert outputs == sorted(["always", *more])


def test_devices_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    caffe(["device_query"])
    assert _messages(capsys) == ["Querying GPUs "]
    if torch.cuda.device_count():
        caffe(["device_query", "-gpu", "all"])
        assert any(line.startswith("Name:") for line in _messages(capsys))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["train"], "train needs a solver: -solver SOLVER.prototxt"),
        (["train", "-solver=s", "-weights=w", "-snapshot=s"], "-snapshot to resume training or -weights to fine-tune"),
        (["train", "-solver=s", "-sigint_effect=die"], "is one of stop, snapshot, none, got 'die'"),
        (["train", "-solver=nosuch.prototxt"], "nosuch.prototxt: cannot be read"),
        (["train", "-solver=solver.prototxt", "-gpu=0,1"], "-gpu 0,1: training runs on one GPU"),
        (["train", "-solver=solver.prototxt", "-gpu=first"], "-gpu takes the number of a GPU, or all, got 'first'"),
        (["test", "-model=net.prototxt"], "test needs a net and its weights"),
        (["time"], "time needs a net: -model NET.prototxt"),
        (["time", "-model=net.prototxt", "-phase=BOTH"], "-phase is TRAIN or TEST, got 'BOTH'"),
        (["device_query", "-gpu=99"], "-gpu 99: PyTorch sees"),
        (["tarin"], "no command 'tarin'; did you mean 'train'"),
        (["train", "test"], "one command is needed, got train test"),
        (["-solver=s"], "one command is needed, got none"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    job_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert cli.run(caffe, arguments) == 2
    told = capsys.readouterr().err.splitlines()
    assert problem in told[-1]
    assert not any("Traceback" in line for line in told)


def test_usage_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    caffe([])
    assert flags.usage() in capsys.readouterr().out
    caffe(["-version"])
    assert capsys.readouterr().out.startswith("caffe version 1.0.0 ")


def test_a_solver_that_asks_for_a_gpu_runs_without_one(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("solver.prototxt").read_text().replace("solver_mode: CPU", "solver_mode: GPU").replace("40", "1")
    Path("gpu.prototxt").write_text(text)
    caffe(["train", "-solver=gpu.prototxt"])
    told = _messages(capsys)
    expected = "Using GPUs 0" if torch.cuda.is_available() else "solver_mode asks for a GPU, PyTorch sees none"
    assert told[0] == expected
    assert told[-1] == "Optimization Done."


LAYER = """\
import caffe
class Double(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top): top[0].data[...] = 2 * bottom[0].data
    def backward(self, top, propagate_down, bottom): bottom[0].diff[...] = 2 * top[0].diff
"""


def test_python_layers_run_where_they_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "doubling.py").write_text(LAYER)
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "a" type: "DummyData" top: "a" dummy_data_param { shape { dim: 3 }'
        '  data_filler { type: "constant" value: 4 } } }'
        'layer { name: "b" type: "Python" bottom: "a" top: "b" loss_weight: 1'
        '  python_param { module: "doubling" layer: "Double" } }'
    )
    command = [sys.executable, "-m", "pycaffe_ext", "time", "-model=net.prototxt", "-iterations=1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOG_minloglevel": "0"}
    refused = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "layer 'b': would run code of Python module 'doubling'" in refused.stderr.splitlines()[-1]
    for flag, variable in (("-allow-python", "0"), ("-noallow_python", "1")):
        environment["PYCAFFE_EXT_ALLOW_PYTHON_LAYERS"] = variable
        done = subprocess.run([*command, flag], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert "Initial loss: 24\n" in done.stderr, done.stderr


def test_ctrl_c_snapshots_and_stops(job_folder: Path) -> None:
    """As existing train.sh scripts run it: a process, its log in a folder, a signal in the middle."""
    endless = Path("solver.prototxt").read_text().replace("max_iter: 40", "max_iter: 1000000")
    Path("endless.prototxt").write_text(
        endless.replace("snapshot: 20", "snapshot: 0").replace("display: 5", "display: 1")
    )
    command = [sys.executable, "-m", "pycaffe_ext", "train", "-solver=endless.prototxt", "-log_dir", "."]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Iteration 3 " in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 0
    assert "Optimization stopped early." in rest
    (weights,) = Path().glob("small_iter_*.caffemodel")
    assert weights.with_suffix(".solverstate").exists()
    assert "Optimization stopped early." in Path("caffe.INFO").read_text()
