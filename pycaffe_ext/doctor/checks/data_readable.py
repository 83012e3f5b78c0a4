"""Databases and lists that are there but cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..check import Check
from ..finding import Finding
from ..labelled import data_layers


class DataReadable(Check):
    """databases and list files that are there, but empty, truncated or of another kind"""

    def find(self, case: Case) -> Iterator[Finding]:
        for source in data_layers(case):
            if source.damaged:
                yield case.error(
                    source.place,
                    f"'{source.layer.name}' cannot read its source: {source.damaged}",
                    "Caffe ends with a failed check, or trains on a part of the data",
                    "Make it anew, with make_lmdb.py or what made it.",
                )

    def lacks(self, case: Case) -> Iterator[str]:
        return (source.absent for source in data_layers(case) if source.absent)


check = DataReadable()
