"""The picture of a job: what is drawn, and when."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from pycaffe_ext import jobs
from pycaffe_ext.jobs import NetPlan, Plan, Row, curves

TRAIN_NET = NetPlan("Toy", 4, (), {"loss": 1})
TEST_NET = NetPlan("Toy", 4, (), {"accuracy": 0, "loss": 1})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were saved."""
    figures: list[Figure] = []
    save = Figure.savefig

    def savefig(self: Figure, *args: object, **kwargs: object) -> None:
        figures.append(self)
        save(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return figures


def train(iteration: int, loss: float) -> Row:
    return Row(iteration, iteration, "train", None, 0.1, loss, {"loss": loss})


def scored(iteration: int, accuracy: float, net: int = 0) -> Row:
    return Row(iteration, iteration, "test", net, None, 1.0, {"accuracy": accuracy, "loss": 1.0})


def plan(tests: int = 1) -> Plan:
    return Plan(TRAIN_NET, (TEST_NET,) * tests, 8, 1, 1)


def texts(figure: Figure) -> list[list[str]]:
    """Title, labels and legend of each panel."""
    return [
        [panel.get_title(), panel.get_xlabel(), panel.get_ylabel(), *(t.get_text() for t in panel.get_legend().texts)]
        for panel in figure.axes
    ]


def test_panels_are_labelled(drawn: list[Figure]) -> None:
    rows = [scored(0, 0.25), train(0, 2.0), train(2, 1.0), scored(3, 0.5)]
    image = cv2.imdecode(np.frombuffer(curves.picture(rows, plan()), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape[1] == 960
    assert texts(drawn[0]) == [
        ["Toy: loss and accuracy", "", "loss", "training", "test"],
        ["", "iteration (8 images each)", "accuracy", "test accuracy (last 50.00%)"],
    ]


def test_without_tests_there_is_one_panel(drawn: list[Figure]) -> None:
    curves.picture([train(0, 2.0), train(2, 1.0)], plan(tests=0))
    assert texts(drawn[0]) == [["Toy: loss", "iteration (8 images each)", "loss", "training"]]


def test_several_test_nets_are_told_apart(drawn: list[Figure]) -> None:
    curves.picture([train(0, 2.0), scored(0, 0.25), scored(0, 0.5, net=1)], plan(tests=2))
    assert texts(drawn[0])[1][-2:] == ["test 0 accuracy (last 25.00%)", "test 1 accuracy (last 50.00%)"]


def test_scores_that_are_no_accuracy(drawn: list[Figure]) -> None:
    rows = [train(0, 2.0), Row(0, 0, "test", 0, None, None, {"distance": 12.5})]
    curves.picture(rows, plan())
    assert texts(drawn[0])[1][-2:] == ["scores", "test distance (last 12.5)"]


def test_a_noisy_curve_gets_its_running_mean(drawn: list[Figure]) -> None:
    losses = np.random.default_rng(0).uniform(1, 2, 90)
    curves.picture([train(i, float(loss)) for i, loss in enumerate(losses)], plan(tests=0))
    noisy, mean = drawn[0].axes[0].lines
    assert np.array_equal(noisy.get_ydata(), losses)
    assert mean.get_label() == "training (mean of 7)"
    assert mean.get_ydata()[10] == pytest.approx(losses[7:14].mean())
    assert mean.get_ydata()[0] == pytest.approx(losses[:4].mean())


@pytest.mark.parametrize(
    ("losses", "scale"),
    [
        ([2.0, 1.0, 0.5, 0.3], "linear"),
        ([87.3, 2.0, 1.0, 0.5], "log"),
        ([nan, 1.0, 0.5], "linear"),
        ([inf, 87.3, 1.0, 0.5], "log"),
        ([-2.0, -1.0, 100.0], "linear"),
        ([nan], "linear"),
    ],
)
def test_the_loss_axis(drawn: list[Figure], losses: list[float], scale: str) -> None:
    curves.picture([train(i, loss) for i, loss in enumerate(losses)], plan(tests=0))
    assert drawn[0].axes[0].get_yscale() == scale


def test_when_it_is_redrawn(tmp_path: Path, drawn: list[Figure], monkeypatch: pytest.MonkeyPatch) -> None:
    # is it worth it? then start and end of the drawing, which may take a twentieth of the time
    clock = iter([0, 10, 10, 12, 51, 52, 52, 61, 62, 63])
    monkeypatch.setattr(curves, "monotonic", lambda: next(clock))
    rows: list[Row] = []
    listener = curves.Curves(tmp_path / "curves.png", rows)
    listener(jobs.Started(None, "", 0, plan(), None))
    test_done = jobs.Tested(0, 0, (), None)
    counts = []
    for event in (test_done, test_done, test_done, test_done, jobs.Finished(0, False)):
        listener(event)
        counts.append(len(drawn))
        rows.append(train(0, 1.0))
    assert counts == [0, 1, 1, 2, 3]
