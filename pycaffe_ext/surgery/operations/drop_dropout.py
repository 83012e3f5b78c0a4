"""Dropout layers taken out: for prediction they do nothing, and some runtimes do not know them."""

from __future__ import annotations

from collections.abc import Sequence

from ...text import Document
from ..operation import Option, Request
from ..plan import Plan, Planned

__all__: list[str] = []


class DropDropout(Planned):
    """Dropout layers taken out."""

    options = (
        Option(
            "--drop-dropout",
            "take out Dropout layers that fit (without PATTERN: all); in the TEST phase they do nothing",
            "[PATTERN]",
        ),
    )
    touches = frozenset({"layer.bottom", "layer.top"})
    equivalent = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy
        from ..rewire import bypass

        anatomy = Anatomy(document)
        matching = anatomy.matching(requests[0].value or "*")
        found = [part for part in matching if part.type == "Dropout"]
        if not found:
            raise matching[0].error(f"is {matching[0].type}, no Dropout; --drop-dropout has nothing to do")
        return Plan(edits=bypass(anatomy, found), removed=[part.name for part in found])


operation = DropDropout()
