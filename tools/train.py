#!/usr/bin/env python3
"""Trains the net of a solver prototxt, as Caffe's `caffe train` does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pycaffe_ext import cli
from pycaffe_ext.bvlc.flags import add_place, place_of
from pycaffe_ext.jobs.engines import ENGINES

_EPILOG = """\
Paths in the solver and the net count from the current folder, as in Caffe.

Beside the snapshots (PREFIX_iter_N.caffemodel and .solverstate, PREFIX being the solver's snapshot_prefix)
lie PREFIX_log.csv, one row per displayed iteration and per test (iteration, seconds, phase, net, lr,
total_loss, then each output), and PREFIX_curves.png. A run that resumes goes on in the log from the
iteration of its snapshot; any other run begins it anew.

Ctrl-C ends the iteration, snapshots (unless snapshot_after_train is false) and stops with status 0, as
Caffe does; a second Ctrl-C ends at once with status 130. SIGHUP snapshots and goes on. Errors end with status 2.
"""


def _parser() -> argparse.ArgumentParser:
    effects = ("stop", "snapshot", "none")
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("solver", metavar="SOLVER.prototxt")
    start = parser.add_argument_group("where to start")
    start.add_argument(
        "--weights", metavar="W.caffemodel[,W2...]", help="fine-tune: layers of the same name take these parameters"
    )
    start.add_argument("--snapshot", metavar="S.solverstate", help="resume; not together with --weights")
    run = parser.add_argument_group("how to run")
    run.add_argument("--engine", choices=ENGINES, default="torch", help="default: %(default)s")
    run.add_argument("--gpu", metavar="ID", type=int, help="default: as solver_mode says; without a GPU the CPU")
    run.add_argument("--iterations", metavar="N", type=int, help="end at iteration N instead of the solver's max_iter")
    run.add_argument("--sigint_effect", choices=effects, default="stop", help="of Ctrl-C; default: %(default)s")
    run.add_argument("--sighup_effect", choices=effects, default="snapshot", help="default: %(default)s")
    run.add_argument("--allow-python", action="store_true", help="run the code of the Python layers that the net names")
    run.add_argument(
        "--renormalise-filters",
        metavar="[LAYER=]RMS",
        action="append",
        default=[],
        help="after each update scale filters of convolutions down to this root mean square (ZF-net: 0.1); repeatable",
    )
    run.add_argument("--dry-run", action="store_true", help="build the nets, say what would be trained, and stop")
    run.add_argument(
        "--restarts",
        metavar="N",
        type=int,
        default=0,
        help="when real Caffe's process dies, go on from the last snapshot",
    )
    add_place(parser, "where real Caffe is, for --engine caffe")
    write = parser.add_argument_group("what to write")
    write.add_argument("--out", metavar="DIR", help="a folder for snapshots, log, curves; default: snapshot_prefix's")
    write.add_argument("--log", metavar="FILE", help="the CSV log; default: PREFIX_log.csv")
    write.add_argument("--tensorboard", metavar="DIR", help="TensorBoard events too")
    write.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    return parser


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    # torch takes a while to import: --help and mistyped options need not wait for it
    from pycaffe_ext import jobs
    from pycaffe_ext.jobs.filters import parse_limits
    from pycaffe_ext.jobs.plan_table import print_plan
    from pycaffe_ext.jobs.restarts import train_on
    from pycaffe_ext.jobs.screen import Screen
    from pycaffe_ext.jobs.signals import Signals

    if options.allow_python:
        from pycaffe_ext.engine.python_layers import allow_python_layers

        allow_python_layers()
    job = {
        "weights": options.weights,
        "snapshot": options.snapshot,
        "engine": options.engine,
        "gpu": options.gpu,
        "place": place_of(options),
        "iterations": options.iterations,
        "filter_limits": parse_limits(options.renormalise_filters),
    }
    if options.dry_run:
        print_plan(jobs.plan(options.solver, **job))
        return 0
    signals = Signals(options.sigint_effect, options.sighup_effect)
    with signals, Screen(quiet=options.quiet) as screen:
        result = train_on(
            options.solver,
            restarts=options.restarts,
            **job,
            out=options.out,
            log=options.log,
            tensorboard=options.tensorboard,
            listeners=[screen],
            ask=signals.ask,
        )
        screen.summary(result)
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
