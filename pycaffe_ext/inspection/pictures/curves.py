"""Learning curves of several trainings in one picture.

A run is named by its log: the CSV that train.py writes, or the text that the caffe tool prints (`caffe train ... 2>
run.log`), or a folder with one *_log.csv. NAME=LOG names it in the legend. The training loss is drawn as a running
mean over its noise, tests as marks; below it each score has a panel of its own.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..health.tables import plain

if TYPE_CHECKING:
    from ...logs import Row
    from ..results import Results

EXAMPLES = """\
visualize.py curves demo/coins/*/coins_log.csv
visualize.py curves torch=lenet_log.csv caffe=caffe_train.log --score accuracy
visualize.py curves slow=a_log.csv fast=b_log.csv --smooth 50 --minutes --log
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="[NAME=]LOG", nargs="+", help="a CSV log, a log of caffe, or a folder")
    parser.add_argument("--score", metavar="NAME", action="append", default=[], help="only this output (repeatable)")
    parser.add_argument(
        "--smooth", metavar="N", type=int, help="mean over N displayed iterations on either side (0: none)"
    )
    parser.add_argument("--minutes", action="store_true", help="over time instead of iterations")
    parser.add_argument("--log", action="store_true", default=None, help="a logarithmic axis for the loss")
    parser.add_argument("--title", default="", help="over the picture")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..runs import curves_picture, read_runs, scores_of, summary

    if options.smooth is not None and options.smooth < 0:
        raise OptionError(f"--smooth is 0 or more, not {options.smooth}")
    runs = read_runs(options.runs)
    scores = scores_of(runs, options.score)
    picture = curves_picture(
        runs, scores, smooth=options.smooth, by_time=options.minutes, log=options.log, title=options.title
    )
    below = f" Below: {', '.join(scores)}." if scores else ""
    results.picture("curves", picture, f"Loss of {len(runs)} training{'s' * (len(runs) > 1)}.{below} {_KEY}")
    header = ["run", "iterations", "training loss"]
    for score in scores:
        header += [f"last {score}", f"best {score}", "at iteration"]
    results.table("curves", header, summary(runs, scores, options.smooth), "What each reached:")
    results.numbers("curves", {one.name: [_numbers(row) for row in one.rows] for one in runs})


def _numbers(row: Row) -> dict[str, object]:
    fixed = {"iteration": row.iteration, "seconds": row.seconds, "phase": row.phase, "net": row.net, "lr": row.rate}
    outputs = {name: plain(value) for name, value in row.outputs.items()}
    return {**fixed, "total_loss": plain(row.total_loss), "outputs": outputs}


_KEY = "Lines in the upper panel are the training loss (a running mean over the noise), marks are tests."
