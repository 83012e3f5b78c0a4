#!/usr/bin/env python3
"""Measurements of a trained net: what it can tell apart, layer by layer, and what it loses without a part."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pycaffe_ext import cli
from pycaffe_ext.inspection import probes
from pycaffe_ext.inspection.commands import run_command


def main(arguments: Sequence[str]) -> None:
    """Runs the command. Raises CaffeError."""
    run_command(probes, __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(cli.run(main))
