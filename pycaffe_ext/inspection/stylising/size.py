"""The size at which pictures go into an encoder."""

from __future__ import annotations

from ...errors import OptionError
from ..subject import Subject


def show_at(subject: Subject, side: int | None) -> None:
    """From now on pictures are `side` x `side` pixels (None: as the net's input). Raises OptionError.

    Layers behind the encoder's features do not run, and need not fit.
    """
    if side is None:
        return
    if side < 16:
        raise OptionError("--size is at least 16")
    subject.net.blobs[subject.input].reshape(1, subject.channels, side, side)
