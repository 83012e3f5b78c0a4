"""What an operation on nets is. One module in `operations/` holds one; the command finds it there.

class Shout(Operation):
    "A docstring says what it does."

    options = (Option("--shout", "write the net's name in capitals"),)
    touches = frozenset({"name"})

    def edits(self, document, requests):
        for name in document.root.scalars("name"):
            yield from replace(name, quoted(name.value.upper(), like=name))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ..errors import OptionError
from ..text import Document, Edit


@dataclass(frozen=True)
class Option:
    """A command-line option: `help` starts small and has no full stop; without `metavar` it takes no value."""

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
    """

    options: ClassVar[Sequence[Option]]
    touches: ClassVar[frozenset[str] | None]
    together: ClassVar[bool] = False

    @abstractmethod
    def edits(self, document: Document, requests: Sequence[Request]) -> Iterable[Edit]:
        """The edits that do what is asked; `requests` holds one request unless `together` is set.

        Raises CaffeError where the net cannot be operated on so.
        """
