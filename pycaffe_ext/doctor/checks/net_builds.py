"""Whether Caffe can build the net: counts of bottoms and tops, blobs that nobody makes, shapes that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import CaffeError, PrototxtError
from ...text import Scalar
from ..case import Case
from ..check import Check
from ..finding import Finding, Severity
from ..phase_net import PhaseNet

_NO_TYPE = 'LayerType" has no value named'
_ABORTS = "Caffe ends with a failed check as soon as it builds the net"


class NetBuilds(Check):
    """values, wiring and shapes with which Caffe cannot build the net"""

    def find(self, case: Case) -> Iterator[Finding]:
        if case.problem is not None:
            error = case.problem
            if _NO_TYPE in str(error):
                return  # a fork's, and said there
            line = error.line if isinstance(error, PrototxtError) else 0
            yield Finding(Severity.ERROR, case.file, line, "", _plain(case, error), _ABORTS, "Correct the value.")
            return
        for net in case.phases:
            yield from self._produced_twice(case, net)
            for layer, error in net.problems:
                problem = f"{_plain(case, error)} (phase {net.name})"
                yield case.error(layer, problem, _ABORTS, "Correct the layer, or the one that makes its bottom.")

    @staticmethod
    def _produced_twice(case: Case, net: PhaseNet) -> Iterator[Finding]:
        made: dict[str, Scalar] = {}
        for layer in net.layers:
            for top in layer.tops:
                if top.value in made and top.value not in layer.bottom_names:
                    first = case.document.position(made[top.value].start)[0]
                    yield case.error(
                        layer,
                        f"makes blob '{top.value}', which line {first} makes already (phase {net.name})",
                        _ABORTS,
                        "Give one of the tops another name, or let include { phase } keep one of the layers out.",
                    )
                made.setdefault(top.value, top)

    def lacks(self, case: Case) -> Iterator[str]:
        if case.problem is not None and _NO_TYPE in str(case.problem):
            yield "a layer type that Caffe knows (see forks)"
        if case.problem is None:
            if not case.phases:
                yield "phases that have all layers they need: their stages (--solver S)"
            for net in case.phases:
                unknown = [layer for layer in net.layers if any(net.shape(top) is None for top in layer.top_names)]
                if unknown:
                    shown = f"the shapes of {len(unknown)} of {len(net.layers)} layers in phase {net.name}"
                    yield f"{shown}: unknown from layer '{unknown[0].name}' ({unknown[0].type}) on"


def _plain(case: Case, error: CaffeError) -> str:
    """The message without the file and line that a finding gives anyway."""
    text = str(error).removeprefix(f"{case.file}:")
    if isinstance(error, PrototxtError) and error.line:
        text = text.removeprefix(f"{error.line}:{error.column}:")
    return text.strip()


check = NetBuilds()
