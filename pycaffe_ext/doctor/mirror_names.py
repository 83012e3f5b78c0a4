"""Class names that are each other's mirror image: left and right, eye_l and eye_r."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = [
    *[("left", "right"), ("lft", "rgt"), ("west", "east"), ("links", "rechts"), ("gauche", "droite")],
    *[("izquierda", "derecha"), ("clockwise", "counterclockwise"), ("clockwise", "anticlockwise"), ("cw", "ccw")],
    *[("l", "r"), ("w", "e")],
]
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+")


def mirrored_names(names: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of classes, by label, that differ in nothing but left and right, or other such words.

    Single letters count as words beside other words (hand_l, hand_r), or where they are the only classes.
    """
    by_parts = {tuple(part.lower() for part in _PARTS.findall(name.strip())): label for label, name in enumerate(names)}
    found = set()
    for parts, label in by_parts.items():
        for place, part in enumerate(parts):
            for pair in _WORDS:
                if part in pair and (len(part) > 1 or len(parts) > 1 or len(names) == 2):
                    other = pair[part == pair[0]]
                    partner = by_parts.get((*parts[:place], other, *parts[place + 1 :]))
                    if partner is not None and partner != label:
                        found.add((min(label, partner), max(label, partner)))
    return sorted(found)
