"""Edits that lead blobs past a layer, or give a blob another name from where it is made on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..text import Edit, Scalar
from ..text.layout import quoted, remove_block, replace
from .anatomy import Anatomy, Part


def bypass(anatomy: Anatomy, parts: Sequence[Part]) -> list[Edit]:
    """Takes layers of one bottom and one top out; what took their tops takes their bottoms.

    Where nothing takes the top, an output, the bottom gets the top's name, so that the output keeps it.
    Raises NetError where that would change what other layers take.
    """
    edits = []
    for part in parts:
        view = part.view
        if len(view.bottoms) != 1 or len(view.tops) != 1:
            raise part.error(f"has {len(view.bottoms)} bottoms and {len(view.tops)} tops; it can be led past with one")
        edits.append(remove_block(anatomy.document, view.field))
        if view.bottom_names != view.top_names:
            edits += _led_past(anatomy, part, parts)
    return edits


def _led_past(anatomy: Anatomy, part: Part, gone: Sequence[Part]) -> Iterator[Edit]:
    maker, bottom = _source(anatomy, part, gone)
    top = part.view.top_names[0]
    if not anatomy.users(part, top):
        if maker is None or not maker.view.bottoms:
            raise part.error(f"its top '{top}' is an output, and no single layer makes its bottom '{bottom}' of others")
        yield from rename_top(anatomy, maker, bottom, top, without=gone)
        return
    bottom = _name_after(anatomy, maker, bottom, gone)
    uses = [(user, scalar) for user, scalar in scope(anatomy, part, top) if user not in gone]
    mine = {user.index for user, _ in uses}
    others = [user for user in anatomy.takers(part.takes[0]) if user not in gone and user.index not in mine]
    if others and any(user.in_place for user, _ in uses):
        raise part.error(
            f"layers work in place on its top '{top}' while '{others[0].name}' takes its bottom '{bottom}':"
            " one blob cannot stand for both"
        )
    if any(other.in_place for other in others):
        raise part.error(f"another layer works in place on its bottom '{bottom}'")
    for _, scalar in uses:
        yield from replace(scalar, quoted(bottom, like=scalar))


def _source(anatomy: Anatomy, part: Part, gone: Sequence[Part]) -> tuple[Part | None, str]:
    """The layer that stays and makes what a layer takes, past others that go; None where several do or the net."""
    blob = part.view.bottom_names[0]
    maker = anatomy.maker(part, 0)
    if maker is not None and maker in gone:
        return _source(anatomy, maker, gone)
    return maker, blob


def _name_after(anatomy: Anatomy, maker: Part | None, blob: str, gone: Sequence[Part]) -> str:
    """What a blob will be called: where layers that stay work in place on the top of one that goes, as its bottom."""
    while maker is not None and maker.in_place:
        maker = anatomy.maker(maker, 0)
    if maker is None or maker not in gone:
        return blob
    return _name_after(anatomy, *_source(anatomy, maker, gone), gone)


def rename_top(anatomy: Anatomy, part: Part, old: str, new: str, without: Sequence[Part] = ()) -> Iterator[Edit]:
    """Gives a top another name where it is made and wherever it is taken, through layers in place.

    `without`: layers that go away at the same time. Raises NetError where another layer makes a blob of that name, or
    makes this blob as well.
    """
    for other in anatomy.parts:
        if new in other.view.top_names and other not in without and old != new:
            raise other.error(f"makes a blob '{new}', so '{old}' of layer '{part.name}' cannot get this name")
    scalars = [scalar for scalar in part.view.tops if scalar.value == old]
    scalars += [scalar for user, scalar in scope(anatomy, part, old) if user not in without]
    for scalar in scalars:
        yield from replace(scalar, quoted(new, like=scalar))


def scope(anatomy: Anatomy, part: Part, blob: str) -> list[tuple[Part, Scalar]]:
    """Every place behind a layer that means the blob it makes, with the layer it is in: bottoms, and tops in place.

    Raises NetError where one of them may mean the blob of another layer too (a TRAIN/TEST pair).
    """
    found: list[tuple[Part, Scalar]] = []
    seen: set[tuple[int, int]] = set()
    todo = [part]
    makers = {part.index}
    while todo:
        for user, place in anatomy.users(todo.pop(), blob):
            if (user.index, place) in seen:
                continue
            seen.add((user.index, place))
            found.append((user, user.view.bottoms[place]))
            tops = [scalar for scalar in user.view.tops if scalar.value == blob]
            if tops and user.index not in makers:
                found += [(user, scalar) for scalar in tops]
                makers.add(user.index)
                todo.append(user)
    for user, place in [(anatomy.parts[index], place) for index, place in seen]:
        if any(maker not in makers for maker, _ in user.takes[place]):
            raise user.error(f"takes '{blob}' from several layers, one per phase; only one of them is meant")
    return found
