"""What an operation on nets is. One module in `operations/` holds one; the command finds it there.

class Shout(Operation):
    "A docstring says what it does."

    options = (Option("--shout", "write the name of a layer in capitals", "LAYER"),)
    touches = frozenset({"layer.name"})

    def edits(self, document, requests):
        for layer in NetView(document).named(requests[0].value):
            name = layer.body.scalar("name")
            yield from replace(name, quoted(name.value.upper(), like=name))

    def weights(self, before, after, weights, requests):
        if requests[0].value in weights:
            weights.rename(requests[0].value, requests[0].value.upper())

The text is edited first, and `check` compares it with what was there. With --weights the operation then brings the
weights along, if it has a `weights`. At the end the weights must fit the net (see `fit`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from ..errors import OptionError
from ..text import Document, Edit

if TYPE_CHECKING:
    from .weights import Weights


@dataclass(frozen=True)
class Option:
    """A command-line option: `help` starts small and has no full stop; without `metavar` it takes no value.

    A metavar in brackets ("[PATTERN]") says that the value may be left out; it is empty then.
    """

    flag: str
    help: str
    metavar: str | None = None


class Request(NamedTuple):
    """An option as the user gave it; `value` is empty for one that takes none."""

    flag: str
    value: str = ""

    def pair(self, form: str) -> tuple[str, str]:
        """The two sides of the last = in the value. Raises OptionError that shows `form` (OLD=NEW)."""
        left, equals, right = self.value.rpartition("=")
        if not equals or not left or not right:
            raise OptionError(f"{self.flag} takes {form}, not '{self.value}'")
        return left, right


class Operation(ABC):
    """An operation yields edits to a document; it neither writes nor prints.

    `touches`: globs over the dotted paths of the fields that it may change ("layer.param.*" stands for that of
    V1 and V0 layers too); everything else, comments included, is checked to be as before. None: any field.
    `together`: options given one after another make one set of edits, a later one overruling an earlier one.
    `equivalent`: the net computes the same as before. The command runs both and compares (see `inspection`).
    `needs_weights`: it cannot be done without; the command refuses it without --weights.

    Which fields, and which layers come and go, can also depend on the request: see `may_touch` and `layers`.
    """

    options: ClassVar[Sequence[Option]]
    touches: ClassVar[frozenset[str] | None]
    together: ClassVar[bool] = False
    equivalent: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = False

    @abstractmethod
    def edits(self, document: Document, requests: Sequence[Request]) -> Iterable[Edit]:
        """The edits that do what is asked; `requests` holds one request unless `together` is set.

        Raises CaffeError where the net cannot be operated on so.
        """

    def edits_with(self, document: Document, requests: Sequence[Request], weights: Weights) -> Iterable[Edit]:
        """The edits where weights are given: for an operation whose text depends on them."""
        return self.edits(document, requests)

    def weights(  # noqa: B027 - most operations have nothing to do here
        self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]
    ) -> None:
        """Brings the weights along, in place; as they come they are those of `before`.

        A layer of the net may be absent from the weights (`name in weights`). Raises CaffeError.
        """

    def may_touch(self, document: Document, requests: Sequence[Request]) -> frozenset[str] | None:
        """As `touches`, for one request."""
        return self.touches

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        """The names of the layers that the edits add and of those that they take out, each as often as there are.

        All fields of these may differ; comments inside of what is taken out may go.
        """
        return (), ()

    def parts(self, request: Request) -> Sequence[tuple[str, Request]]:
        """Of a request that makes several nets of one: a name for each, and the request that makes it alone."""
        return ()
