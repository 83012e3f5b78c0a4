"""The options that say for which class evidence is shown."""

from __future__ import annotations

import argparse


def add_class(parser: argparse.ArgumentParser) -> None:
    """Which class, by name or number, and of which output."""
    parser.add_argument("--class", dest="of_class", metavar="NAME|N", help="of this class (default: the likeliest)")
    parser.add_argument("--output", metavar="BLOB", help="of this output, where a net has several")
