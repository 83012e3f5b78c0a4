"""`time`: how long each layer of a net takes, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..engine.net import Net
from ..errors import OptionError
from ..glog import log, mean, number
from ..proto import caffe_pb2
from ..pycaffe import Timer
from . import gpus
from .data_log import Restarts
from .debug_log import DebugLog
from .flags import Flags
from .net_log import log_net, read_given


def run(flags: Flags) -> None:
    """Runs the net layer by layer and writes mean times into the log. Raises any CaffeError."""
    if not flags.model:
        raise OptionError("time needs a net: -model NET.prototxt")
    if flags.phase not in ("", "TRAIN", "TEST"):
        raise OptionError(f"-phase is TRAIN or TEST, got '{flags.phase}'")
    gpus.choose(flags.gpu, "caffe.cpp:343")
    phase = caffe_pb2.TEST if flags.phase == "TEST" else caffe_pb2.TRAIN
    given = read_given(flags.model, phase, flags.level, flags.stages)
    net = Net(given, level=None)
    try:
        log_net(net, given)
        if net.debug_info:
            DebugLog(net)
        restarts = Restarts(net)
        _warm_up(net)
        _measure(net, flags.iterations, restarts)
    finally:
        net.close()


def _warm_up(net: Net) -> None:
    """One pass each way, so that memory is taken and libraries are loaded before anything is measured."""
    last = len(net.layers) - 1
    log("caffe.cpp:351", "Performing Forward")
    log("caffe.cpp:356", f"Initial loss: {number(net._forward(0, last))}")
    log("caffe.cpp:357", "Performing Backward")
    net._backward(last, 0)
    net.debug_info = False  # what is measured runs layer by layer, of which Caffe says nothing


def _measure(net: Net, iterations: int, restarts: Restarts) -> None:
    log("caffe.cpp:365", "*** Benchmark begins ***")
    log("caffe.cpp:366", f"Testing for {iterations} iterations.")
    count = len(net.layers)
    forward, backward = [0.0] * count, [0.0] * count
    passes = {"Forward pass": 0.0, "Backward pass": 0.0}
    restarts.passed(1)  # of the first pass
    total = Timer()
    total.start()
    for iteration in range(iterations):
        there = _timed(lambda: _each(range(count), net._forward, forward))
        back = _timed(lambda: _each(reversed(range(count)), net._backward, backward))
        passes["Forward pass"] += there
        passes["Backward pass"] += back
        restarts.passed(1)
        log("caffe.cpp:394", f"Iteration: {iteration + 1} forward-backward time: {number(there + back)} ms.")
    log("caffe.cpp:397", "Average time per layer: ")
    for i, layer in enumerate(net.layers):
        log("caffe.cpp:400", f"{layer.name:>10}\tforward: {number(mean(forward[i], iterations))} ms.")
        log("caffe.cpp:403", f"{layer.name:>10}\tbackward: {number(mean(backward[i], iterations))} ms.")
    for name, time in passes.items():
        log("caffe.cpp:408", f"Average {name}: {number(mean(time, iterations))} ms.")
    log("caffe.cpp:412", f"Average Forward-Backward: {number(mean(total.ms, iterations))} ms.")
    log("caffe.cpp:414", f"Total Time: {number(total.ms)} ms.")
    log("caffe.cpp:415", "*** Benchmark ends ***")


def _each(layers: Iterable[int], run: Callable[[int, int], object], times: list[float]) -> None:
    """Runs the layers one by one and adds each one's milliseconds to `times`."""
    for i in layers:
        times[i] += _timed(lambda: run(i, i))  # noqa: B023  (called at once)


def _timed(action: Callable[[], object]) -> float:
    """How many milliseconds the action takes."""
    timer = Timer()
    timer.start()
    action()
    return timer.ms
