"""What a check is. One module in `checks/` holds one; the doctor finds it there.

class Shouting(Check):
    "Layer names in capitals."

    def find(self, case):
        for layer in case.net.layers:
            if layer.name.isupper():
                yield case.note(layer, "has a name in capitals", "none; it is only loud", "Rename it.")
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from .case import Case
from .finding import Finding


class Check(ABC):
    """Looks for one kind of mistake; the class's docstring says which, in a line. It never writes or prints."""

    @abstractmethod
    def find(self, case: Case) -> Iterable[Finding]:
        """What is wrong. A CaffeError that it raises is told to the user as the reason why it did not check."""

    def lacks(self, case: Case) -> Iterable[str]:
        """What it could not look at, and what would let it: "weights (--weights W)"."""
        return ()

    def measured(self, case: Case) -> Iterable[str]:
        """Facts that it found out on the way, one line each, that are no mistakes."""
        return ()
