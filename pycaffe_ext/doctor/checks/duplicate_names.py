"""Layers of one name in one phase."""

from __future__ import annotations

from collections.abc import Iterator

from ...surgery.roles import roles_of
from ..case import Case
from ..check import Check
from ..finding import Finding


class DuplicateNames(Check):
    """layers that share a name in one phase"""

    def find(self, case: Case) -> Iterator[Finding]:
        for net in case.phases:
            first: dict[str, int] = {}
            for place, layer in enumerate(net.layers):
                if not layer.name or first.setdefault(layer.name, place) == place:
                    continue
                other = net.layers[first[layer.name]]
                line = case.document.position(other.message.start)[0]
                problem = f"bears the name of the layer in line {line} ({other.type})"
                remedy = f"Give one of them another name (in the text: --rename '{layer.name}=...' would rename both)."
                if roles_of(layer) and roles_of(other):
                    yield case.error(
                        layer,
                        problem + ", and both have parameters",
                        "weights are found by name: the first of the two gets them all, this one starts from its"
                        " filler whatever was trained, and nothing says so",
                        remedy,
                    )
                else:
                    yield case.note(
                        layer,
                        problem,
                        "Caffe takes it; but what looks for layers by name (pycaffe's net.layer_dict, scripts, logs)"
                        " finds one of them only, and a copied layer was often meant to be deleted",
                        remedy,
                    )


check = DuplicateNames()
