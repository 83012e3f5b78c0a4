"""The options that say which styles, and the size at which pictures go into an encoder."""

from __future__ import annotations

from argparse import _ArgumentGroup
from typing import TYPE_CHECKING

from ...errors import OptionError

if TYPE_CHECKING:
    from ..subject import Subject


def add_styles(group: _ArgumentGroup) -> None:
    """Adds --styles and --size."""
    group.add_argument(
        "--styles", metavar="PATH", required=True, help="pictures of styles, as --images; kept in memory"
    )
    group.add_argument("--size", metavar="N", type=int, help="side of the pictures (default: that of the net's input)")


def show_at(subject: Subject, side: int | None) -> None:
    """From now on pictures are `side` x `side` pixels (None: as the net's input). Raises OptionError.

    Layers behind the encoder's features do not run, and need not fit.
    """
    if side is None:
        return
    if side < 16:
        raise OptionError("--size is at least 16")
    subject.net.blobs[subject.input].reshape(1, subject.channels, side, side)
