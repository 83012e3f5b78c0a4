"""Whether an operation did what it may, seen from outside: both texts are read anew and compared.

The tree of all fields, a fork's included, shows what changed; protobuf shows whether Caffe can still read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from itertools import zip_longest

from ..errors import CaffeError, PrototxtError
from ..text import Document, Scalar, walk


def check_changes(before: Document, after: Document, touches: frozenset[str] | None) -> None:
    """Raises CaffeError where a field or comment differs that `touches` (see Operation) does not name."""
    if touches is None:
        return
    may_change = re.compile("|".join(translate(glob) for glob in sorted(touches)))
    for old, new in zip_longest(_fixed(before, may_change), _fixed(after, may_change)):
        if old != new:
            raise _fault(before, f"would also have changed {_shown(old)} to {_shown(new)}")


def check_readable(before: Document, after: Document) -> None:
    """Raises CaffeError where protobuf reads the net before, but not after. Fields of forks are skipped."""
    problem = _problem(after)
    if problem and not _problem(before):
        raise _fault(before, f"would have made a net that Caffe cannot read: {problem}")


def _problem(document: Document) -> str:
    from .schema import read_net  # not above: it brings protobuf, which a command's --help can do without

    try:
        read_net(document)
    except PrototxtError as error:
        return str(error)
    return ""


def _fault(document: Document, what: str) -> CaffeError:
    return CaffeError(
        f"{document.file}: the edit {what}; nothing is written."
        " This is a fault of this program: please report it, with the file"
    )


def _fixed(document: Document, may_change: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Path and text of every scalar that may not change, then every comment."""
    for around, field in walk(document.root):
        scalars = [value for value in field.values if isinstance(value, Scalar)]
        if scalars:
            path = _path([*(one.name for one in around), field.name])
            if not may_change.fullmatch(path):
                yield from ((path, scalar.text) for scalar in scalars)
    yield from (("a comment", comment.text.rstrip()) for comment in document.comments)


def _path(names: list[str]) -> str:
    """layer.name for a layer of any age, V0's layers.layer.name included."""
    depth = 1 if names[0] in ("layer", "layers") else 0
    depth += names[:2] == ["layers", "layer"]
    return ".".join(["layer", *names[depth:]] if depth else names)


def _shown(item: tuple[str, str] | None) -> str:
    return f"{item[0]} ({item[1][:60]})" if item else "nothing"
