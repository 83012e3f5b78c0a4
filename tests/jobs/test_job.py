"""jobs.train and jobs.plan: what is trained, told and written."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest
from jobs import toy

from pycaffe_ext import jobs
from pycaffe_ext.engine.events import Request
from pycaffe_ext.errors import FileError, OptionError, UnknownNameError
from pycaffe_ext.logs.csv_log import read_log
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import blob_to_array
from pycaffe_ext.proto.files import read_binary


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parameters(caffemodel: str) -> dict[str, np.ndarray]:
    net = read_binary(caffemodel, caffe_pb2.NetParameter())
    return {f"{layer.name}[{i}]": blob_to_array(blob) for layer in net.layer for i, blob in enumerate(layer.blobs)}


def test_events_come_in_caffes_order(folder: Path) -> None:
    told: list[str] = []

    def listen(event: jobs.Event) -> None:
        told.append(f"{type(event).__name__} {event.iteration}")

    jobs.train(toy.write(folder, max_iter=5, snapshot=2), listeners=[listen])
    assert told == [
        *("Started 0", "Testing 0", "Tested 0", "Stepped 0", "Stepped 1", "Snapshotted 2", "Stepped 2"),
        *("Testing 3", "Tested 3", "Stepped 3", "Snapshotted 4", "Stepped 4", "Snapshotted 5", "Finished 5"),
    ]


def test_result_and_files(folder: Path) -> None:
    result = jobs.train(toy.write(folder))
    assert (result.iteration, result.early) == (8, False)
    assert result.files == ("toy_iter_8.caffemodel", "toy_iter_8.solverstate", "toy_log.csv", "toy_curves.png")
    assert {path.name for path in folder.iterdir()} == {
        *("net.prototxt", "solver.prototxt", "toy_log.csv", "toy_curves.png"),
        *(f"toy_iter_{i}.{kind}" for i in (4, 8) for kind in ("caffemodel", "solverstate")),
    }
    places = [(row.phase, row.iteration) for row in result.rows]
    assert [i for phase, i in places if phase == "train"] == [0, 2, 4, 6, 8]
    assert [i for phase, i in places if phase == "test"] == [0, 3, 6]
    losses = [row.total_loss for row in result.rows if row.phase == "train"]
    assert losses == sorted(losses, reverse=True)
    assert [row.rate for row in result.rows if row.phase == "train"] == pytest.approx([0.1, 0.1, 0.05, 0.05, None])
    (test,) = result.tests
    assert (test.iteration, [output.name for output in test.outputs]) == (6, ["accuracy", "loss"])
    assert result.images_per_second > 0
    assert result.seconds > 0


def test_a_resumed_run_goes_on_in_weights_and_log(folder: Path) -> None:
    solver = toy.write(folder, momentum=0.9)
    straight = jobs.train(solver, out="straight")
    first = jobs.train(solver, iterations=7)
    resumed = jobs.train(solver, snapshot="toy_iter_4.solverstate")

    def numbers(result: jobs.Result) -> list[object]:
        return [(r.iteration, r.phase, r.rate, r.outputs, r.total_loss) for r in result.rows]

    assert [row.iteration for row in first.rows] == [0, 0, 2, 3, 4, 6, 6]
    assert [row.iteration for row in resumed.rows] == [0, 0, 2, 3, 4, 6, 6, 8]
    assert [row.iteration for row in read_log("toy_log.csv")] == [0, 0, 2, 3, 4, 6, 6, 8]
    kept = [(r.iteration, r.phase) for r in straight.rows]
    assert [(r.iteration, r.phase) for r in resumed.rows] == kept
    for ours, theirs in zip(resumed.rows, straight.rows, strict=True):
        assert ours.total_loss == pytest.approx(theirs.total_loss, rel=1e-5)
    seconds = [row.seconds for row in resumed.rows]
    assert seconds == sorted(seconds)
    ends = [parameters(f"{prefix}toy_iter_8.caffemodel") for prefix in ("", "straight/")]
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[1])


def test_a_new_run_begins_the_log_anew(folder: Path) -> None:
    solver = toy.write(folder)
    jobs.train(solver)
    jobs.train(solver, iterations=2)
    assert [row.iteration for row in read_log("toy_log.csv")] == [0, 0, 2]


def test_weights_are_taken_in_order(folder: Path) -> None:
    jobs.train(toy.write(folder, base_lr=0, random_seed=5), out="first")
    jobs.train(toy.write(folder, base_lr=0, random_seed=6), out="second")
    solver = toy.write(folder, base_lr=0)
    files = [f"{name}/toy_iter_8.caffemodel" for name in ("first", "second")]
    jobs.train(solver, weights=files, out="both")
    jobs.train(solver, weights=",".join(files), out="joined")
    wanted = parameters(files[1])["conv[0]"]
    assert not np.array_equal(parameters(files[0])["conv[0]"], wanted)
    for out in ("both", "joined"):
        assert np.array_equal(parameters(f"{out}/toy_iter_8.caffemodel")["conv[0]"], wanted)


def test_where_files_go(folder: Path) -> None:
    result = jobs.train(toy.write(folder, snapshot_prefix='"elsewhere/toy"'), out="new/deep", log="log.txt")
    assert result.files == (
        *("new/deep/toy_iter_8.caffemodel", "new/deep/toy_iter_8.solverstate"),
        *("log.txt", "new/deep/toy_curves.png"),
    )
    assert all((folder / name).is_file() for name in result.files)


@pytest.mark.parametrize(("request_", "iteration"), [(Request.STOP, 2), (Request.SNAPSHOT, 8)])
def test_requests(folder: Path, request_: Request, iteration: int) -> None:
    solver = toy.write(folder, test_interval=100, test_initialization="false")
    answers = chain([Request.NONE, request_], repeat(Request.NONE))
    result = jobs.train(solver, ask=lambda: next(answers))
    assert (result.iteration, result.early) == (iteration, request_ is Request.STOP)
    assert (folder / "toy_iter_2.solverstate").is_file()


def test_a_stop_in_a_test_comes_before_any_iteration(folder: Path) -> None:
    result = jobs.train(toy.write(folder), ask=lambda: Request.STOP)
    assert (result.iteration, result.early, result.rows, result.tests) == (0, True, (), ())


def test_the_loss_is_smoothed_over_average_loss(folder: Path) -> None:
    plain = jobs.train(toy.write(folder, display=1, lr_policy='"fixed"'), out="plain")
    smooth = jobs.train(toy.write(folder, display=1, lr_policy='"fixed"', average_loss=3), out="smooth")
    losses = [row.total_loss for row in plain.rows if row.phase == "train"]
    means = [row.total_loss for row in smooth.rows if row.phase == "train"]
    assert means == pytest.approx([np.mean(losses[max(0, i - 2) : i + 1]) for i in range(len(losses))], rel=1e-5)


def test_plan(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    solver = toy.write(folder, conv_rate=0, iter_size=3, snapshot_prefix='"absent/toy"')
    started = jobs.plan(solver, iterations=5)
    plan = started.plan
    assert (started.param.max_iter, started.iteration) == (5, 0)
    assert (plan.net.name, plan.net.batch_size, plan.images) == ("Toy", 4, 12)
    layers = {layer.name: layer for layer in plan.net.layers}
    assert layers["conv"].params == ((6, 2, 3, 3), (6,))
    assert (layers["conv"].count, layers["conv"].learns) == (114, 0)
    assert (layers["ip"].count, layers["ip"].learns) == (57, 57)
    assert (plan.parameters, plan.learned) == (171, 57)
    assert plan.net.outputs == {"loss": 1}
    assert [net.outputs for net in plan.tests] == [{"accuracy": 0, "loss": 1}]
    assert plan.memory["parameters"] == 4 * 171
    assert plan.memory["their diffs and history"] == 4 * 57 * 2
    assert {path.name for path in folder.iterdir()} - before == {"net.prototxt", "solver.prototxt"}


def test_batch_norm_keeps_statistics_unless_global(folder: Path) -> None:
    layer = 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" %s }\n'
    solver = toy.write(folder)
    for setting, keeps in (("", True), ("batch_norm_param { use_global_stats: true }", False)):
        (folder / "net.prototxt").write_text(toy.NET % {"classes": 3, "conv_rate": 1} + layer % setting)
        bn = next(layer for layer in jobs.plan(solver).plan.net.layers if layer.name == "bn")
        assert (bn.keeps_statistics, bn.learns) == (keeps, 0)


def test_weights_and_snapshot_exclude_each_other(folder: Path) -> None:
    with pytest.raises(OptionError, match="not both"):
        jobs.train(toy.write(folder), weights="a.caffemodel", snapshot="a.solverstate")


def test_unknown_engine(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'torch'"):
        jobs.train(toy.write(folder), engine="torhc")


def test_a_log_of_something_else_is_left_alone(folder: Path) -> None:
    solver = toy.write(folder)
    jobs.train(solver)
    (folder / "other.csv").write_text("name,price\napple,1\n")
    with pytest.raises(FileError, match="not a log"):
        jobs.train(solver, snapshot="toy_iter_4.solverstate", log="other.csv")
    assert (folder / "other.csv").read_text() == "name,price\napple,1\n"
