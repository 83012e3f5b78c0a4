"""The options of commands that watch a net while it runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ...errors import OptionError
from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from .health import Health

NET_HELP = "a solver (it trains, in memory), a train_val (forward and backward on its data), or a deploy net"


def add_watched(parser: argparse.ArgumentParser, *, batches: int) -> None:
    """The arguments that say what is run, and for how long."""
    add_subject(parser, weights=False, net_help=NET_HELP, real=False)
    add_photographs(parser, required=False)
    group = parser.add_argument_group("how long")
    group.add_argument(
        "--batches", metavar="N", type=int, default=batches, help="batches, or a solver's steps (default: %(default)s)"
    )
    group.add_argument("--allow-python", action="store_true", help="run the code of the Python layers that nets name")


def run_watched(options: argparse.Namespace) -> Health:
    """What came of running it. A deploy net without --images is only built. Raises CaffeError."""
    from ...model.view import NetView
    from ...text import Document
    from ..subject_options import use_device

    if options.allow_python:
        from ...engine.python_layers import allow_python_layers

        allow_python_layers()
    document = Document.read(options.net)
    if options.images:
        return _pictures(options)
    use_device(options)
    return _net(options) if NetView(document).layers else _solver(options)


def _pictures(options: argparse.Namespace) -> Health:
    from ...progress import counting
    from ..photographs import open_photographs
    from ..subject_options import open_subject
    from .runs import watch_pictures

    photographs = open_photographs(options)
    with counting("showing pictures", len(photographs)) as done:
        return watch_pictures(open_subject(options), photographs, done=done)


def _solver(options: argparse.Namespace) -> Health:
    from ...engine import device
    from ...model.load import read_solver
    from ...progress import counting
    from .runs import watch_solver

    param = read_solver(options.net)
    if options.weights:
        param.weights[:] = [options.weights]
    device.use_mode(param, options.gpu)
    with counting("training", options.batches, "steps") as done:
        return watch_solver(param, options.batches, done=done)


def _net(options: argparse.Namespace) -> Health:
    from ...engine.net import Net
    from ...model.load import read_net
    from ...progress import counting
    from ...proto.caffe_pb2 import TRAIN
    from .runs import watch_net
    from .watch import Watch

    net = Net(read_net(options.net), TRAIN, weights=options.weights)
    if net.inputs:
        return Watch(net).health()
    if not any(net.blob_loss_weights.values()):
        raise OptionError(f"{options.net}: its TRAIN phase reads data and has no loss: there is nothing to learn from")
    with counting("running", options.batches, "batches") as done:
        return watch_net(net, options.batches, done=done)
