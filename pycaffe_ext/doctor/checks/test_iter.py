"""Whether a test sees the whole test set."""

from __future__ import annotations

from collections.abc import Iterator

from ...surgery.inputs import is_data
from ..case import Case
from ..check import Check
from ..data_source import DataSource
from ..finding import Finding, Severity


class TestIter(Check):
    """test_iter that does not cover the test set"""

    def find(self, case: Case) -> Iterator[Finding]:
        solver = case.solver
        if solver is None or not solver.message.test_iter:
            return
        iterations = solver.message.test_iter[0]
        for source in _tested(case):
            if not source.usable or not source.batch_size:
                continue
            size, seen = len(source), iterations * source.batch_size
            enough = -(-size // source.batch_size)
            reach = f"test_iter {iterations} x batch_size {source.batch_size} = {seen:,} of the {size:,} entries of"
            if seen < size:
                yield solver.finding(
                    Severity.WARNING,
                    "test_iter",
                    f"{reach} '{source.written}': {size - seen:,} are left out of each test",
                    "accuracy is that of a part, each time another one (reading goes on where it stopped): it varies"
                    " for no reason of the net's; where entries lie class by class, whole classes are missing",
                    f"test_iter: {enough}",
                )
            elif seen - size >= source.batch_size:
                yield solver.finding(
                    Severity.NOTE,
                    "test_iter",
                    f"test_iter {iterations} x batch_size {source.batch_size} = {seen:,}, but '{source.written}' has"
                    f" {size:,} entries",
                    "some are counted more often than others, and testing takes longer than it needs",
                    f"test_iter: {enough}",
                )

    def lacks(self, case: Case) -> Iterator[str]:
        if case.solver is None:
            if case.is_deploy:
                return
            yield "the solver (--solver S)"
            return
        for source in _tested(case):
            if not source.usable:
                yield source.absent or f"'{source.written}', which cannot be read"


def _tested(case: Case) -> list[DataSource]:
    """What the test net reads its images from."""
    layers = [] if case.is_deploy else [layer for layer in case.test.layers if is_data(layer)]
    return [case.source(layer) for layer in layers[:1] if layer.type in ("Data", "ImageData", "HDF5Data")]


check = TestIter()
