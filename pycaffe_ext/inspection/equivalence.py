"""Whether two nets compute the same: both are run on the same inputs, and their outputs compared."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine.net import Net
from ..errors import DataError, NetError

Array = npt.NDArray[Any]
Weights = str | PathLike[str] | bytes | None
Feed = Callable[[Mapping[str, Array]], Mapping[str, Array]]
Meet = Callable[[str, Array], Array]


_TEST = 1  # Caffe's number of the phase


class Row(NamedTuple):
    """An output: its name in both nets, its shape, and the largest difference as a part of its largest value."""

    before: str
    after: str
    shape: tuple[int, ...]
    difference: float


@dataclass(frozen=True)
class Equivalence:
    """How far two nets part: by output, over all inputs."""

    rows: tuple[Row, ...]

    @property
    def largest(self) -> float:
        return max(row.difference for row in self.rows)


def compare(
    before: str,
    before_weights: Weights,
    after: str,
    after_weights: Weights,
    inputs: Sequence[Mapping[str, Array]] | None = None,
    *,
    draw: Feed | None = None,
    feed: Feed | None = None,
    meet: Meet | None = None,
    seeds: Sequence[int] = (0, 1),
) -> Equivalence:
    """Runs two nets (prototxt, with Input layers) in the TEST phase on random inputs and on `inputs`.

    Weights are a caffemodel's path or content; what they lack is drawn, alike for both, where names and shapes agree.
    Random inputs are drawn per seed, uniformly from -1 to 1 and from 0 to 255; `draw` makes them like real ones.
    `inputs`: arrays by blob name, whose shapes the nets then take. Outputs go together by name, renamed ones by their
    order. What goes into a last Softmax or Sigmoid stands for what comes out, where differences are squashed (or, of
    large numbers, blown up). `feed` makes
    the second net's inputs of the first's, `meet` an output of the second what the first has (name, array).
    Raises CaffeError where a net cannot be run, and NetError where their outputs do not go together.
    """
    nets = [_net(text, weights) for text, weights in ((before, before_weights), (after, after_weights))]
    found: dict[tuple[str, str], Row] = {}
    pairs = _pairs(*nets)
    _draw_missing(*nets)
    shapes = {name: nets[0].blobs[name].shape for name in nets[0].inputs}
    drawn: list[Mapping[str, Array]] = [one for seed in seeds for one in _random(shapes, seed)]
    if draw is not None:
        drawn = [draw(one) for one in drawn]
    for one in [*drawn, *(inputs or ())]:
        given = {name: np.asarray(array, np.float32) for name, array in one.items()}
        _run(nets[0], given)
        _run(nets[1], feed(given) if feed else given)
        for names in pairs:
            row = _row(nets, names, meet)
            if names not in found or row.difference > found[names].difference:
                found[names] = row
    return Equivalence(tuple(found.values()))


def _net(text: str, weights: Weights) -> Net:
    """A net whose parameters are nan where the weights have none for them."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.prototxt")
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        net = Net(path, _TEST)
        net.keep_passes = False
        for _, blob in _parameters(net):
            blob.data[...] = np.nan
        if isinstance(weights, bytes):
            weights_path = os.path.join(folder, "net.caffemodel")
            with open(weights_path, "wb") as binary:
                binary.write(weights)
            net.copy_from(weights_path)
        elif weights is not None:
            net.copy_from(weights)
    return net


def _parameters(net: Net) -> list[tuple[tuple[str, int], Any]]:
    return [((name, index), blob) for name, blobs in net.params.items() for index, blob in enumerate(blobs)]


def _draw_missing(before: Net, after: Net) -> None:
    """Parameters that the weights lack: drawn for the first net, the same for the second."""
    kinds = {layer.name: layer.type for layer in before.layers}
    random = np.random.default_rng(0)
    given: dict[tuple[str, int], Array] = {}
    for (name, index), blob in _parameters(before):
        if np.isnan(blob.data).all():
            blob.data[...] = _drawn(kinds[name], index, blob.data.shape, random)
            given[name, index] = blob.data
    for key, blob in _parameters(after):
        if blob.data.size and np.isnan(blob.data).all():
            if key not in given or given[key].shape != blob.data.shape:
                raise NetError(key[0], "has no weights after the operation; nothing says what it should compute")
            blob.data[...] = given[key]


def _drawn(kind: str, index: int, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Numbers that keep values in range: weights by their fan-in, factors about 1, small shifts."""
    if kind == "BatchNorm":
        return random.normal(0, 0.3, shape) if index == 0 else random.uniform(0.5, 1.5, shape)
    if len(shape) > 1:
        return random.normal(0, sqrt(2 / max(1, prod(shape[1:]))), shape)
    return random.uniform(0.3, 1.2, shape) if index == 0 else random.normal(0, 0.1, shape)


def _random(shapes: Mapping[str, tuple[int, ...]], seed: int) -> Iterator[dict[str, Array]]:
    """Two sets of inputs: around 0, and as pixels are."""
    random = np.random.default_rng(seed)
    for low, high in ((-1, 1), (0, 255)):
        yield {name: random.uniform(low, high, shape).astype(np.float32) for name, shape in shapes.items()}


def _run(net: Net, given: Mapping[str, Array]) -> None:
    unknown = [name for name in given if name not in net.inputs]
    if unknown or len(given) < len(net.inputs):
        raise DataError(f"inputs {', '.join(given)} are given to a net whose inputs are {', '.join(net.inputs)}")
    for name, array in given.items():
        net.blobs[name].reshape(*array.shape)
    net.reshape()
    for name, array in given.items():
        net.blobs[name].data[...] = array
    net.forward()


def _pairs(before: Net, after: Net) -> list[tuple[str, str]]:
    """Names of the blobs to compare: outputs, or what goes into a last Softmax or Sigmoid that makes one."""
    old, new = (_in_order(net, net.outputs) for net in (before, after))
    pairs = [(name, name) for name in old if name in new]
    rest = [[name for name in names if (name, name) not in pairs] for names in (old, new)]
    if len(rest[0]) != len(rest[1]):
        raise NetError("", f"the outputs do not go together: {', '.join(old)} before, {', '.join(new)} after")
    pairs += zip(*rest, strict=True)
    return [_squashed(before, after, pair) or pair for pair in pairs]


def _squashed(before: Net, after: Net, names: tuple[str, str]) -> tuple[str, str] | None:
    """The bottoms of the layers that make two outputs, where both are the same squashing function."""
    found = []
    for net, name in zip((before, after), names, strict=True):
        maker = next(layer for layer in reversed(net.layers) if name in net.top_names[layer.name])
        splits = {top: net.bottom_names[one.name][0] for one in net.layers if one.type == "Split"
                  for top in net.top_names[one.name]}  # fmt: skip
        bottom = next(iter(net.bottom_names[maker.name]), "")
        found.append((maker.type, splits.get(bottom, bottom)))
    (kind, one), (other_kind, other) = found
    is_same = kind == other_kind and kind in ("Softmax", "Sigmoid")
    return (one, other) if is_same and (one, other) != names else None


def _in_order(net: Net, names: Sequence[str]) -> list[str]:
    return [name for name in net.blobs if name in names]


def _row(nets: Sequence[Net], names: tuple[str, str], meet: Meet | None) -> Row:
    old, new = (net.blobs[name].data for net, name in zip(nets, names, strict=True))
    if meet is not None:
        new = meet(names[1], new)
    if new.size != old.size:
        raise NetError("", f"output '{names[0]}' has shape {old.shape} before, '{names[1]}' {new.shape} after")
    difference = float(np.abs(old - new.reshape(old.shape)).max(initial=0))
    scale = float(np.abs(old).max(initial=0)) or 1.0
    share = difference / scale
    return Row(*names, tuple(old.shape), share if np.isfinite(share) else float("inf"))
