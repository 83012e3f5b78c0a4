"""The shapes of all blobs and parameters of a net, without running it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import NetError, UnknownNameError
from .rules import Param, Shape, rule_for

Sources = Callable[[Any], Sequence[Shape] | None]


@dataclass
class NetShapes:
    """`blobs`: shape by blob name; `params`: per layer of the net. None where it cannot be known."""

    blobs: dict[str, Shape | None] = field(default_factory=dict)
    params: list[list[Param] | None] = field(default_factory=list)


def infer(net: Any, sources: Sources | None = None) -> NetShapes:
    """Shapes of a net that is upgraded and filtered for a phase (splits or not, as it comes).

    `sources` gives the tops' shapes of a layer that reads data (None: not known); what depends on them is
    then None too. Layer types without a rule make their tops unknown.
    Raises NetError, ShapeError for a net that cannot be built, UnknownNameError for an unknown bottom.
    """
    found = NetShapes()
    for layer in net.layer:
        try:
            rule = rule_for(layer.type)
        except UnknownNameError:
            found.params.append(None)
            found.blobs.update(dict.fromkeys(layer.top))
            continue
        rule.check_counts(layer)
        bottoms: list[Shape | None] = []
        for name in layer.bottom:
            if name not in found.blobs:
                raise UnknownNameError("bottom blob", name, found.blobs, where=f"layer '{layer.name}'")
            bottoms.append(found.blobs[name])
        known = [shape for shape in bottoms if shape is not None]
        tops: Sequence[Shape] | None
        if len(known) < len(bottoms) or layer.type == "Python":
            params, tops = None, None
        elif rule.is_data and layer.type not in ("Input", "DummyData"):
            params, tops = [], sources(layer) if sources else None
        else:
            params, tops = rule.params(layer, known), rule.shapes(layer, known)
        found.params.append(params)
        for index, name in enumerate(layer.top):
            if tops is not None and index >= len(tops):
                raise NetError(layer.name, f"{layer.type} gives {len(tops)} top(s), this one names {len(layer.top)}")
            found.blobs[name] = tops[index] if tops is not None else None
    return found
