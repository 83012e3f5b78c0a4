"""The options of commands that trace units back to the pixels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..subject import Subject


def add_projection(parser: argparse.ArgumentParser, *, units: str) -> None:
    """Which blob, which of its units, and by which method."""
    parser.add_argument("--blob", metavar="NAME", required=True, help="the blob to look at, such as conv5")
    parser.add_argument(
        "--unit", metavar="N[,N-N]", default=units, help="its channels, numbers and ranges (default: %(default)s)"
    )
    parser.add_argument(
        "--method",
        choices=("deconv", "guided", "gradient"),
        default="deconv",
        help="deconvnet, guided backpropagation, or the plain gradient (default: %(default)s)",
    )


def units_of(subject: Subject, options: argparse.Namespace) -> list[int]:
    """The units that the options name. Raises UnknownNameError, OptionError."""
    from .peaks import parse_units

    blob = subject.check_blob(options.blob)
    return parse_units(options.unit, int(subject.net.blobs[blob].shape[1]), blob)
