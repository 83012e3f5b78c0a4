"""`test`: scores a net with trained weights."""

from __future__ import annotations

from ..engine.events import Output
from ..engine.net import Net
from ..errors import OptionError
from ..glog import log, mean, number
from ..proto import caffe_pb2
from . import gpus
from .data_log import Restarts, log_written
from .debug_log import DebugLog
from .flags import Flags
from .net_log import log_net, log_weights, read_given
from .solver_log import weighted


def run(flags: Flags) -> None:
    """Runs the net's TEST phase and writes each batch's outputs and their means into the log. Raises any CaffeError."""
    if not flags.model or not flags.weights:
        raise OptionError("test needs a net and its weights: -model NET.prototxt -weights W.caffemodel")
    gpus.choose(flags.gpu, "caffe.cpp:275", names_gpu=True)
    given = read_given(flags.model, caffe_pb2.TEST, flags.level, flags.stages)
    net = Net(given, level=None)
    net.keep_passes = False
    try:
        log_net(net, given)
        if net.debug_info:
            DebugLog(net)
        net.copy_from(flags.weights)
        log_weights(net.weights_taken[-1])
        _score(net, flags.iterations)
    finally:
        net.close()


def _score(net: Net, iterations: int) -> None:
    log("caffe.cpp:281", f"Running for {iterations} iterations.")
    restarts = Restarts(net)
    loss = 0.0
    sums: list[float] = []
    names: list[str] = []
    for batch in range(iterations):
        loss += net._forward(0, len(net.layers) - 1)
        restarts.passed(1)
        if batch == 0:
            log_written(net)
        blobs = net.blobs
        values = [(name, value) for name in net.outputs for value in blobs[name].data.ravel().tolist()]
        for name, value in values:
            log("caffe.cpp:304", f"Batch {batch}, {name} = {number(value)}")
        names = [name for name, _ in values]
        sums = [value + before for (_, value), before in zip(values, sums or [0.0] * len(values), strict=True)]
    log("caffe.cpp:309", f"Loss: {number(mean(loss, iterations))}")
    weights = net.blob_loss_weights
    for name, total in zip(names, sums, strict=True):
        score = Output(name, total / iterations, weights[name])
        log("caffe.cpp:321", f"{name} = {number(score.value)}{weighted(score)}")
