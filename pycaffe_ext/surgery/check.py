"""Whether an operation did what it may, seen from outside: both texts are read anew and compared.

The tree of all fields, a fork's included, shows what changed; protobuf shows whether Caffe can still read it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import translate
from itertools import zip_longest
from typing import NamedTuple

from ..errors import CaffeError, PrototxtError
from ..text import Document, Field, Message, Scalar, walk

_Item = tuple[str, str]  # path and text of a scalar


class _Layer(NamedTuple):
    """A layer, or all fields of the net that are no layers (with an empty name)."""

    name: str
    items: list[_Item]
    fields: list[Field]


def check_changes(
    before: Document,
    after: Document,
    touches: frozenset[str] | None,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> None:
    """Raises CaffeError where a field or comment differs that `touches` (see Operation) does not name.

    `added` and `removed`: the names of layers that come and go, which may differ in all that they have.
    """
    if touches is None:
        return
    may_change = re.compile("|".join(translate(glob) for glob in sorted(touches)) or "(?!)")
    old, new = _layers(before, may_change), _layers(after, may_change)
    gone, come = _unmatched(before, old, new, Counter(removed), Counter(added))
    comments = [_comments(before, may_change, gone), _comments(after, may_change, come)]
    for one, other in zip_longest(*comments):
        if one != other:
            raise _fault(before, f"would also have changed {_shown(one)} to {_shown(other)}")


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


def _unmatched(
    before: Document, old: list[_Layer], new: list[_Layer], removed: Counter[str], added: Counter[str]
) -> tuple[list[Field], list[Field]]:
    """The layers that went and those that came. Raises CaffeError where others differ."""
    gone: list[Field] = []
    come: list[Field] = []
    kept = {tuple(layer.items) for layer in old} & {tuple(layer.items) for layer in new}
    i = j = 0
    while i < len(old) or j < len(new):
        may_go = i < len(old) and removed[old[i].name] > 0
        may_come = j < len(new) and added[new[j].name] > 0
        if i < len(old) and j < len(new) and old[i].items == new[j].items:
            i, j = i + 1, j + 1
        elif may_go and not (may_come and tuple(old[i].items) in kept):
            removed[old[i].name] -= 1
            gone += old[i].fields
            i += 1
        elif may_come:
            added[new[j].name] -= 1
            come += new[j].fields
            j += 1
        else:
            items = [layers[at].items if at < len(layers) else [] for layers, at in ((old, i), (new, j))]
            pairs = [(one, other) for one, other in zip_longest(*items) if one != other]
            raise _fault(before, f"would also have changed {_shown(pairs[0][0])} to {_shown(pairs[0][1])}")
    # A layer that goes and one that comes in its stead may be the same, as an Input that is needed again
    if rest := [*(removed - added).elements(), *(added - removed).elements()]:
        raise _fault(before, f"would not have added or taken out layer '{rest[0]}'")
    return gone, come


def _layers(document: Document, may_change: re.Pattern[str]) -> list[_Layer]:
    """Of the net and of each layer, path and text of every scalar that may not change."""
    net = _Layer("", [], [])
    found = [net]
    current = net
    for around, field in walk(document.root):
        if not around:
            is_layer = field.name in ("layer", "layers") and not field.is_list and isinstance(field.values[0], Message)
            current = net
            if is_layer:
                current = _Layer(_name(field), [], [field])
                found.append(current)
        scalars = [value for value in field.values if isinstance(value, Scalar)]
        if scalars:
            path = _path([*(one.name for one in around), field.name])
            if not may_change.fullmatch(path):
                current.items.extend((path, scalar.text) for scalar in scalars)
    return found


def _name(field: Field) -> str:
    message = field.values[0]
    if not isinstance(message, Message):
        return ""
    inner = message.message("layer") if field.name == "layers" else None
    return (inner or message).text_of("name")


def _comments(document: Document, may_change: re.Pattern[str], others: Sequence[Field]) -> Iterator[_Item]:
    """Every comment but those in messages that may change, and in these other layers or on the line of their end."""
    if not document.comments:
        return
    spans = [(field.start, document.text.find("\n", field.end) % (len(document.text) + 1)) for field in others]
    for around, field in walk(document.root):
        is_message = bool(field.values) and isinstance(field.values[0], Message)
        if is_message and may_change.fullmatch(_path([*(one.name for one in around), field.name])):
            spans.append((field.start, field.end))
    for comment in document.comments:
        if not any(start <= comment.start < end for start, end in spans):
            yield "a comment", comment.text.rstrip()


def _path(names: list[str]) -> str:
    """layer.name for a layer of any age, V0's layers.layer.name included."""
    depth = 1 if names[0] in ("layer", "layers") else 0
    depth += names[:2] == ["layers", "layer"]
    return ".".join(["layer", *names[depth:]] if depth else names)


def _shown(item: tuple[str, str] | None) -> str:
    return f"{item[0]} ({item[1][:60]})" if item else "nothing"
