"""Batch size and memory, against the GPU."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..check import Check
from ..finding import Finding
from ..memory_estimate import Estimate, estimate

_NEARLY = 0.9  # cuDNN's workspaces and the CUDA context come on top


class Memory(Check):
    """a batch that does not fit into the GPU's memory"""

    def find(self, case: Case) -> Iterator[Finding]:
        found = estimate(case)
        if found is None or case.gpu_memory is None or found.total <= _NEARLY * case.gpu_memory:
            return
        batch = found.batch_size
        room = _NEARLY * case.gpu_memory - found.fixed + found.test
        per_image = found.per_image
        fitting = int((room - found.test) / per_image) if per_image else 0
        if fitting >= 1 and batch:
            remedy = f"A batch_size of {fitting} fits"
            remedy += f"; iter_size: {-(-batch // fitting)} in the solver then keeps the step as it was."
        elif found.test > room:
            remedy = f"The test net alone takes {_gigabytes(found.test)}: lower its batch_size first."
        else:
            remedy = "Not even a batch of one image fits: make the input smaller, or the net."
        over = found.total > case.gpu_memory
        finding = case.error if over else case.warning
        yield finding(
            None,
            f"takes about {_gigabytes(found.total)} to train, and the GPU has {_gigabytes(case.gpu_memory)}"
            f" ({_parts(found)})",
            "out of memory (error 2 in syncedmem.cpp), in the first iteration or the first test"
            if over
            else "cuDNN's workspaces come on top: out of memory, or slow convolutions",
            remedy,
        )

    def measured(self, case: Case) -> Iterator[str]:
        found = estimate(case)
        if found is not None:
            yield f"memory: about {_gigabytes(found.total)} {found.purpose} ({_parts(found)})"

    def lacks(self, case: Case) -> Iterator[str]:
        if estimate(case) is None:
            yield "the shapes of all blobs (see net-builds)"
        if case.gpu_memory is None:
            yield "the GPU's memory (--gpu-memory GB)"


def _parts(found: Estimate) -> str:
    return ", ".join(f"{what} {_gigabytes(size)}" for what, size in found.parts.items() if size)


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB" if size >= 1e8 else f"{size / 1e6:.3g} MB"


check = Memory()
