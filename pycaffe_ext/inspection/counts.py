"""Options that count something."""

from __future__ import annotations

import argparse

from ..errors import OptionError


def at_least_one(options: argparse.Namespace, *names: str) -> None:
    """Raises OptionError for the first of these options that is given and below 1."""
    for name in names:
        value = getattr(options, name)
        if value is not None and value < 1:
            raise OptionError(f"--{name.replace('_', '-')} is at least 1")
