#!/usr/bin/env python3
"""Pictures of what a trained net does: what its units look for, and where in an image it sees them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pycaffe_ext import cli
from pycaffe_ext.inspection import pictures
from pycaffe_ext.inspection.commands import run_command


def main(arguments: Sequence[str]) -> None:
    """Runs the command. Raises CaffeError."""
    run_command(pictures, __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(cli.run(main))
