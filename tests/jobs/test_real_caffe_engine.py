"""The engine `caffe`: genuine BVLC Caffe in a process of its own, with the torch engine's events and files."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from jobs import toy
from real_caffe import needs_real_caffe

from pycaffe_ext import jobs
from pycaffe_ext.bvlc import CheckFailed, Place, RealCaffe, WorkerDied
from pycaffe_ext.engine.events import Request
from pycaffe_ext.engine.solver import get_solver
from pycaffe_ext.errors import CaffeError, FileError, OptionError
from pycaffe_ext.jobs.engines import caffe as engine
from pycaffe_ext.jobs.restarts import train_on
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import blob_to_array
from pycaffe_ext.proto.files import read_binary

pytestmark = needs_real_caffe
REAL = {"engine": "caffe", "place": Place(chroot=str(real_caffe.chroot))}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the processes with real Caffe, as they start."""
    started: list[int] = []

    class Noted(RealCaffe):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type]
            started.append(self._process.pid)

    monkeypatch.setattr(engine, "RealCaffe", Noted)
    return started


def first_weights(solver: str) -> str:
    """A file with what the fillers make, for both engines to start from."""
    made = get_solver(solver)
    made.net.save("start.caffemodel")
    made.close()
    return "start.caffemodel"


def parameters(caffemodel: str) -> list[np.ndarray]:
    net = read_binary(caffemodel, caffe_pb2.NetParameter())
    return [blob_to_array(blob) for layer in net.layer for blob in layer.blobs]


def table(result: jobs.Result) -> list[tuple[object, ...]]:
    return [(r.iteration, r.phase, r.net, r.rate, tuple(r.outputs)) for r in result.rows]


@pytest.mark.parametrize("hdf5", [False, True])
def test_both_engines_make_the_same_log_and_snapshots(folder: Path, hdf5: bool) -> None:
    fields = {"iter_size": 2, "momentum": 0.9, "average_loss": 3, "snapshot_format": "HDF5" if hdf5 else "BINARYPROTO"}
    solver = toy.write(folder, **fields)
    start = first_weights(solver)
    told: dict[str, list[str]] = {"ours": [], "real": []}
    results = {}
    for name, options in (("ours", {}), ("real", REAL)):
        listen = [lambda event, name=name: told[name].append(f"{type(event).__name__} {event.iteration}")]
        results[name] = jobs.train(solver, weights=start, out=name, listeners=listen, **options)
    ours, real = results["ours"], results["real"]
    assert told["ours"] == told["real"]
    assert table(ours) == table(real)
    for mine, theirs in zip(ours.rows, real.rows, strict=True):
        assert mine.total_loss == pytest.approx(theirs.total_loss, rel=1e-5)
    end = ".h5" if hdf5 else ""
    assert sorted(os.listdir("real")) == sorted(os.listdir("ours"))
    assert real.files[:2] == (f"real/toy_iter_8.caffemodel{end}", f"real/toy_iter_8.solverstate{end}")

    resumed = {  # each engine goes on from the other's snapshot; the folder has moved since
        name: jobs.train(
            solver, snapshot=f"moved_{other}/toy_iter_4.solverstate{end}", out=f"resumed_{name}", **options
        )
        for name, other, options in (("ours", "real", {}), ("real", "ours", REAL))
        if os.rename(other, f"moved_{other}") is None
    }
    losses = [[row.total_loss for row in result.rows] for result in (*resumed.values(), ours)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][-3:] == pytest.approx(losses[2][-3:], rel=1e-5)


def test_weights_and_parameters_agree(folder: Path) -> None:
    solver = toy.write(folder, type='"Adam"', base_lr=0.01, momentum2=0.999)
    start = first_weights(solver)
    ends = [parameters(jobs.train(solver, weights=start, out=f"{i}", **o).files[0]) for i, o in enumerate(({}, REAL))]
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_plan_is_the_same(folder: Path) -> None:
    solver = toy.write(folder, conv_rate=0, iter_size=3)
    ours, real = jobs.plan(solver).plan, jobs.plan(solver, **REAL).plan
    assert (real.net, real.tests, real.images) == (ours.net, ours.tests, ours.images)
    assert (real.parameters, real.learned) == (ours.parameters, ours.learned)
    assert {path.name for path in folder.iterdir()} == {"net.prototxt", "solver.prototxt"}


def test_requests(folder: Path) -> None:
    asked = iter([Request.NONE] * 5 + [Request.STOP])
    result = jobs.train(toy.write(folder), ask=lambda: next(asked, Request.NONE), **REAL)
    assert result.early
    assert os.path.exists(result.files[1])


def test_a_failed_check_is_one_line(folder: Path) -> None:
    solver = toy.write(folder)
    net = (folder / "net.prototxt").read_text()
    wrong = 'layer { name: "sum" type: "Eltwise" bottom: "ip" bottom: "conv" top: "sum" }'
    (folder / "net.prototxt").write_text(net + wrong)
    with pytest.raises(CheckFailed, match=r"^real Caffe stopped: Check failed: .*eltwise_layer\.cpp:\d+\)$"):
        jobs.train(solver, **REAL)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_gpu_that_is_not_there(folder: Path) -> None:
    with pytest.raises(OptionError, match=r"--gpu 0: real Caffe in .* can use no such GPU"):
        jobs.train(toy.write(folder), gpu=0, **REAL)
    device = jobs.plan(toy.write(folder, solver_mode="GPU"), **REAL).device
    assert device.startswith("the CPU (solver_mode asks for a GPU, this Caffe can use none)")


def test_a_dead_worker_is_reported(folder: Path, workers: list[int]) -> None:
    def kill(event: jobs.Event) -> None:
        if isinstance(event, jobs.Stepped) and event.iteration == 5:
            os.kill(workers[-1], signal.SIGKILL)

    with pytest.raises(WorkerDied, match="was killed by signal 9"):
        jobs.train(toy.write(folder), listeners=[kill], **REAL)
    assert (folder / "toy_iter_4.solverstate").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_restarts_go_on_from_the_last_snapshot(folder: Path, workers: list[int]) -> None:
    solver = toy.write(folder)
    start = first_weights(solver)
    whole = jobs.train(solver, weights=start, out="whole", **REAL)
    warnings = []

    def kill(event: jobs.Event) -> None:
        if isinstance(event, jobs.Stepped) and event.iteration == 5 and len(workers) < 4:
            os.kill(workers[-1], signal.SIGKILL)
        if isinstance(event, jobs.Warned):
            warnings.append(event.message)

    result = train_on(solver, restarts=2, weights=start, listeners=[kill], **REAL)
    assert len(warnings) == 2
    assert "going on from toy_iter_4.solverstate (restart 1 of 2)" in warnings[0]
    assert [(row.iteration, row.phase) for row in result.rows] == [(row.iteration, row.phase) for row in whole.rows]
    assert all(map(np.array_equal, parameters("toy_iter_8.caffemodel"), parameters("whole/toy_iter_8.caffemodel")))


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=280k", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_loses_no_snapshot(folder: Path, small_disk: Path) -> None:
    solver = toy.write(folder, classes=600, snapshot=2)
    with pytest.raises(FileError, match=r"is the disk full|No space left"):
        jobs.train(solver, out=small_disk, log="log.csv", **REAL)
    snapshots = sorted(path.name for path in small_disk.iterdir() if "iter" in path.name)
    assert snapshots[:2] == ["toy_iter_2.caffemodel", "toy_iter_2.solverstate"]
    for name in snapshots:  # whatever bears a snapshot's name is whole
        kind = caffe_pb2.NetParameter if name.endswith("caffemodel") else caffe_pb2.SolverState
        assert read_binary(small_disk / name, kind()).ByteSize() > 1000


def test_where_there_is_no_pycaffe(folder: Path) -> None:
    with pytest.raises(OptionError, match="python3 has no pycaffe; say where one is: --caffe-python"):
        jobs.train(toy.write(folder), engine="caffe")
    with pytest.raises(FileError, match="is no Python that can be run"):
        jobs.train(toy.write(folder), engine="caffe", place=Place("no_such_python"))
    with pytest.raises(OptionError, match="say --engine caffe"):
        jobs.train(toy.write(folder), place=Place("python3"))
    with pytest.raises(CaffeError, match="holds no system"):
        jobs.train(toy.write(folder), engine="caffe", place=Place(chroot=str(folder)))
