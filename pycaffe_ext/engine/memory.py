"""Whether what is about to be made fits in memory.

Linux promises more memory than there is, and kills a process that takes it at its word; so this is asked before.
"""

from __future__ import annotations

import resource
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..allocation import kept
from ..errors import NetError
from . import device
from .blob import Blob
from .heads import Shape

if TYPE_CHECKING:
    from .net import Net
    from .solver import Solver

FLOAT = 4  # bytes
VIEWS = {"Split", "Reshape", "Flatten"}  # layer types whose tops are their bottoms' memory
_WORTH_ASKING = 1 << 26  # bytes; less than that is not worth the time
_PER_ITEM = 50  # numbers: about what Python takes for each item of a batch while it reads it
_PROC = Path("/proc")
# Of a container: its limit, what it takes, and of that what files in the cache take, which can go; versions 2 and 1
_CONTAINERS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", ""),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
)


def check_building(net: Net) -> None:
    """Raises NetError where what a net fills when it is built does not fit in memory."""
    filled = [(layer.name, blob) for layer in net.layers for blob in layer.filled]
    filled += [
        (layer.name, top)
        for layer, tops, loss_weights in zip(net.layers, net._tops, net._loss_weights, strict=True)
        for top, weight in zip(tops, loss_weights, strict=True)
        if weight  # its diff
    ]
    _make_sure(filled, "parameters", "lower num_output, or the inputs' sizes")


def check_batches(layer: str, shape: Shape, ahead: int) -> None:
    """Raises NetError where `ahead` batches of this shape do not fit in memory, ShapeError where no blob holds one."""
    batches = [(layer, Blob(*shape)) for _ in range(ahead)]
    items = [(layer, Blob(shape[0], _PER_ITEM))]
    _make_sure(batches + items, "batches that are read ahead", "lower batch_size, or data_param { prefetch }")


def check_forward(net: Net, start: int, end: int) -> None:
    """Raises NetError where the tops of layers start..end (inclusive) do not fit in memory."""
    tops = [
        (layer.name, top)
        for layer, tops in zip(net.layers[start : end + 1], net._tops[start : end + 1], strict=True)
        for top in tops
        if not top.has_data and layer.type not in VIEWS
    ]
    _make_sure(tops, "blobs", "lower batch_size, or the inputs' sizes")


def check_backward(net: Net, start: int, end: int) -> None:
    """Raises NetError where the diffs that layers start..end (start >= end) write do not fit in memory."""
    diffs = [
        (net.layers[i].name, blob)
        for i in range(end, start + 1)
        if net._need.layers[i]
        for blobs, needs in ((net._bottoms[i], net._need.bottoms[i]), (net.layers[i].blobs, net._need.params[i]))
        for blob, need in zip(blobs, needs, strict=True)
        if need and not blob.has_grad
    ]
    _make_sure(diffs, "diffs", "lower batch_size, or the inputs' sizes")


def check_update(solver: Solver) -> None:
    """Raises NetError where the history that an update writes for the first time does not fit in memory."""
    learnables = solver.net.learnables
    fresh = [
        (solver.net.layers[learnable.owner[0]].name, blob)
        for blob, learnable in zip(solver.history, learnables * solver.n_history, strict=True)
        if not blob.has_data and (learnable.lr_mult or not solver.frozen_is_still)
    ]
    _make_sure(fresh, "history blobs", "lower num_output, or train with SGD, which keeps least")


def _make_sure(blobs: Sequence[tuple[str, Blob]], what: str, remedy: str) -> None:
    """Raises NetError where numbers for `blobs`, with their layers' names, do not fit in memory together.

    On a GPU PyTorch itself refuses what does not fit.
    """
    counts = {blob: FLOAT * blob.count for _, blob in blobs}  # several layers may share one
    needed = sum(counts.values())
    if needed < _WORTH_ASKING or device.current().type != "cpu" or needed <= (free := available()):
        return
    layer, largest = max(blobs, key=lambda named: named[1].count)
    raise NetError(
        layer,
        f"the net's {what} take {_gigabytes(needed)} of memory, {_gigabytes(counts[largest])} of them one of this"
        f" layer's, but {_gigabytes(free)} are free; {remedy}",
    )


def available() -> float:
    """Bytes that the process may still take: what machine, container and `ulimit` leave, and what it has kept.

    inf where not known.
    """
    if not (_PROC / "meminfo").exists():  # not Linux
        return float("inf")
    return kept() + max(0.0, min(_of_machine(), _of_limits(), *(_of_container(*files) for files in _CONTAINERS)))


def _of_machine() -> float:
    """Memory and swap that are free or can be freed."""
    found = _numbers(_PROC / "meminfo")
    return 1024.0 * (found["MemAvailable:"] + found["SwapFree:"])


def _of_limits() -> float:
    """`ulimit -v` and `ulimit -d`, as batch systems set them."""
    free = float("inf")
    for limit, key in ((resource.RLIMIT_AS, "VmSize:"), (resource.RLIMIT_DATA, "VmData:")):
        most, _ = resource.getrlimit(limit)
        if most != resource.RLIM_INFINITY:
            free = min(free, most - 1024 * _numbers(_PROC / "self/status")[key])
    return free


def _of_container(folder: str, limit: str, taken: str, prefix: str) -> float:
    try:
        most = (Path(folder) / limit).read_text().strip()
        if most == "max":
            return float("inf")
        files = _numbers(Path(folder) / "memory.stat")
        cached = sum(files[f"{prefix}{kind}_file"] for kind in ("active", "inactive"))
        return float(int(most) - int((Path(folder) / taken).read_text()) + cached)
    except (OSError, KeyError):  # no limits of this version
        return float("inf")


def _numbers(file: Path) -> dict[str, int]:
    """The lines of a file that are a name and a number."""
    lines = [line.split() for line in file.read_text().splitlines()]
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
