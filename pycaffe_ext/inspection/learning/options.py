"""The options of commands that teach a classifier."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...errors import DataError, OptionError


def add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("classifier")
    group.add_argument(
        "--model", choices=("softmax", "svm", "mlp"), default="softmax",
        help="softmax regression, linear support vectors, or one hidden layer of 128 (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--c",
        type=float,
        metavar="C",
        help="weight of the errors (default: the best, chosen without the held-out fold)",
    )
    group.add_argument("--folds", metavar="N", type=int, default=5, help="of cross-validation (default: %(default)s)")
    group.add_argument("--seed", metavar="N", type=int, default=0, help="of the folds (default: %(default)s)")


def check_model(options: argparse.Namespace) -> None:
    """Raises OptionError."""
    if options.folds < 2:
        raise OptionError("--folds is at least 2")
    if options.c is not None and options.c <= 0:
        raise OptionError("--c is above 0")


def dense_labels(
    labels: npt.NDArray[np.int64] | Sequence[int | None], classes: Sequence[str]
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Labels numbered from 0 without gaps, and the names of those that occur. Raises DataError for unlabelled ones."""
    known = [label for label in labels if label is not None]
    if len(known) < len(labels):
        raise DataError("a classifier needs pictures with labels: a folder for each class, a list file, or a database")
    present, dense = np.unique(np.array(known, np.int64), return_inverse=True)
    return dense, [classes[label] if 0 <= label < len(classes) else f"class {label}" for label in present]
