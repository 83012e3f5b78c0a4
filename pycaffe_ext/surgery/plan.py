"""Operations that plan text and weights together: each decision is taken once, from the net before it."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ..text import Document, Edit
from .operation import Operation, Request

if TYPE_CHECKING:
    from .weights import Weights

Act = Callable[["Weights"], None]

_log = logging.getLogger(__name__)


@dataclass
class Plan:
    """Edits to the text; what to do to the weights, by layer name (layers of one name share their weights).

    `added`, `removed`: names of layers. `notes`: what the user should know, shown once.
    """

    edits: list[Edit] = field(default_factory=list)
    acts: dict[str, Act] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Planned(Operation):
    """An operation that makes a `Plan`; edits, layers and weights follow from it."""

    _last: tuple[Document, tuple[Request, ...], Plan] | None = None

    @abstractmethod
    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        """What to do to a net. Raises CaffeError where it cannot be done."""

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterable[Edit]:
        return self._planned(document, requests).edits

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        plan = self._planned(document, requests)
        return plan.added, plan.removed

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        for act in self._planned(before, requests).acts.values():
            act(weights)

    def _planned(self, document: Document, requests: Sequence[Request]) -> Plan:
        key = tuple(requests)
        if self._last is None or self._last[0] is not document or self._last[1] != key:
            plan = self.plan(document, requests)
            for note in dict.fromkeys(plan.notes):
                _log.warning("%s: %s", document.file, note)
            self._last = (document, key, plan)
        return self._last[2]


def change(name: str, how: Callable[[list[Any]], Sequence[Any]]) -> Act:
    """Other blobs for a layer that the weights may lack: `how` makes them of those there are."""

    def act(weights: Weights) -> None:
        if name in weights:
            weights.set_blobs(name, how(needed(weights, name)))

    return act


def needed(weights: Weights, name: str, least: int = 1) -> list[Any]:
    """The blobs of a layer; of old ones with four axes all but the first are vectors.

    Raises DataError where there are fewer than `least`.
    """
    blobs = list(weights.blobs(name)) if name in weights else []
    old = weights.legacy(name) if blobs else []
    blobs[1:] = [blob.reshape(-1) if legacy else blob for blob, legacy in zip(blobs[1:], old[1:], strict=True)]
    if len(blobs) < least:
        raise DataError(
            f"{weights.file}: layer '{name}' has {len(blobs)} of {least} blobs; are these the weights of this net?"
        )
    return blobs


def check_buildable(before: Any, edits: Iterable[Edit]) -> None:
    """Raises NetError where the shapes of a net (an Anatomy) fit each other, and would not after these edits."""
    from ..errors import CaffeError, NetError
    from .anatomy import Anatomy

    try:
        before.check_shapes()
    except CaffeError:
        return
    after = Anatomy(before.document.apply(edits))
    try:
        after.check_shapes()
    except CaffeError as error:
        raise NetError("", f"{before.document.file}: the shapes would no longer fit: {error}") from error
