"""How much memory training takes, from shapes alone.

Of 4 bytes each: the tops of the training net, in-place ones once per name as in Caffe (Split, Reshape and Flatten
share their bottom's); the diffs of those that the backward pass reaches; the batches that data layers read ahead;
what layers keep from forward for backward (masks, BatchNorm's normalised bottom, ...); columns of im2col, for
convolutions larger than 1 x 1 (what cuDNN does without, at the price of its workspaces); parameters, with a diff and
the solver's history for those that learn; and the tops of the test net, whose parameters are shared. Not in it:
cuDNN's workspaces, the CUDA context (about 0.3 to 0.5 GB), the allocator's slack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ..surgery.inputs import is_data
from ..surgery.rates import rate_of
from .case import Case
from .phase_net import PhaseNet

FLOAT = 4
_VIEWS = ("Split", "Reshape", "Flatten")
_KEEPS = {"Dropout": 1, "LRN": 1, "SoftmaxWithLoss": 1, "InfogainLoss": 1, "BatchNorm": 2, "PReLU": 1, "Scale": 1}
"""How many times the size of its (first) bottom a layer keeps for itself; max pooling keeps that of its top."""
_HISTORY = {"AdaDelta": 2, "Adam": 2}
_AHEAD = 4  # batches, where data_param says nothing
_PREFETCHES = ("Data", "ImageData", "WindowData")


@dataclass(frozen=True)
class Estimate:
    """Bytes by what they are for; `fixed`: what does not grow with the batch; `batch_size`: of training."""

    purpose: str
    parts: dict[str, int] = field(default_factory=dict)
    fixed: int = 0
    batch_size: int = 0
    growing: int = 0
    """What grows with the batch of training."""
    test: int = 0
    """What the test net takes, which grows with its own batch."""

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def per_image(self) -> float:
        return self.growing / self.batch_size if self.batch_size else 0.0


def estimate(case: Case) -> Estimate | None:
    """The memory that a net takes; None where a shape in it is not known."""
    if case.is_deploy:
        of_test, params = blobs_of(case.test), parameters_of(case.test)
        if of_test is None or params is None:
            return None
        parts = {
            "blobs": _bytes(of_test),
            "layers' own": _bytes(kept_of(case.test)),
            "im2col": _bytes(columns_of(case.test)),
            "parameters": _bytes(params),
        }
        return Estimate("to predict", parts)
    net = case.train
    of_train, params, of_test = blobs_of(net), parameters_of(net), blobs_of(case.test)
    if of_train is None or params is None or of_test is None:
        return None
    blobs, test, kept = _bytes(of_train), _bytes(of_test), _bytes(kept_of(net))
    diffs, ahead, kept_in_test = _bytes(diffs_of(net)), _ahead(case, net), _bytes(kept_of(case.test))
    learned = FLOAT * sum(count for (place, index), count in params.items() if rate_of(net.layers[place], index))
    parts = {
        "blobs": blobs,
        "their diffs": diffs,
        "batches read ahead": ahead + _ahead(case, case.test),
        "layers' own": kept + kept_in_test,
        "im2col": _bytes(columns_of(net)) + _bytes(columns_of(case.test)),
        "parameters": _bytes(params),
        "their diffs and history": learned * (1 + histories(case)),
        "test net": test,
    }
    growing = blobs + diffs + ahead + kept
    batch = max((case.source(layer).batch_size for layer in net.layers if is_data(layer)), default=0)
    tests = test + _ahead(case, case.test) + kept_in_test
    return Estimate("to train", parts, sum(parts.values()) - growing, batch, growing, tests)


def histories(case: Case) -> int:
    """How many history blobs the solver keeps for each parameter that learns."""
    return _HISTORY.get(case.solver.message.type if case.solver is not None else "SGD", 1)


def _bytes(numbers: Mapping[Any, int]) -> int:
    return FLOAT * sum(numbers.values())


def blobs_of(net: PhaseNet) -> dict[int, int] | None:
    """Numbers in the tops that each layer (by place) is the first to make; of the net's inputs at place -1.

    None where a shape is not known.
    """
    shared = {top for layer in net.layers if layer.type in _VIEWS for top in layer.top_names}
    makers = {one.value: -1 for one in net.case.net.inputs}
    for place, layer in enumerate(net.layers):
        for name in layer.top_names:
            makers.setdefault(name, place)
    found: dict[int, int] = {}
    for name, place in makers.items():
        shape = net.shape(name)
        if name not in shared:
            if shape is None:
                return None
            found[place] = found.get(place, 0) + prod(shape)
    return found or None


def diffs_of(net: PhaseNet) -> dict[int, int]:
    """Numbers in the diffs that backward writes: of every blob that something learned lies before.

    A blob that several layers take has a diff for each of them (Split), which are added up.
    """
    takers: dict[tuple[int | None, str], int] = {}
    with_diff = blobs_with_diff(net)
    for place, layer in enumerate(net.layers):
        for blob in layer.bottom_names:
            if blob in with_diff and blob not in layer.top_names:
                key = (net.maker(place, blob), blob)
                takers[key] = takers.get(key, 0) + 1
    found: dict[int, int] = {}
    for blob, place in with_diff.items():
        found[place] = found.get(place, 0) + prod(net.shape(blob) or ())
    for (maker, blob), count in takers.items():
        if count > 1 and maker is not None:
            found[maker] = found.get(maker, 0) + count * prod(net.shape(blob) or ())
    return found


def blobs_with_diff(net: PhaseNet) -> dict[str, int]:
    """The blobs that the backward pass reaches, each with the place of the layer that first makes it so."""
    found: dict[str, int] = {}
    for place, layer in enumerate(net.layers):
        if learns(net, place) or any(blob in found for blob in layer.bottom_names):
            for top in layer.top_names:
                found.setdefault(top, place)
    return found


def learns(net: PhaseNet, place: int) -> bool:
    """Whether a layer has a parameter whose lr_mult is not 0."""
    return any(rate_of(net.layers[place], index) for index in range(len(net.params[place] or ())))


def _ahead(case: Case, net: PhaseNet) -> int:
    total = 0
    for layer in net.layers:
        if layer.type in _PREFETCHES:
            param = case.source(layer).param
            batches = getattr(param, "prefetch", _AHEAD) if param is not None else _AHEAD
            total += int(batches) * sum(prod(net.shape(top) or ()) for top in layer.top_names)
    return FLOAT * total


def kept_of(net: PhaseNet) -> dict[int, int]:
    """Numbers that layers hold beside blobs and parameters."""
    found: dict[int, int] = {}
    for place, layer in enumerate(net.layers):
        if not layer.bottoms or not layer.tops:
            continue
        if layer.type == "Pooling":
            method = layer.scalar_in("pooling_param", "pool")
            if method is None or method.value == "MAX":
                found[place] = prod(net.shape(layer.top_names[0]) or ())
        elif layer.type in _KEEPS and (layer.type != "Scale" or layer.bottom_names[0] == layer.top_names[0]):
            found[place] = _KEEPS[layer.type] * prod(net.shape(layer.bottom_names[0]) or ())
    return found


def columns_of(net: PhaseNet) -> dict[int, int]:
    """Numbers in im2col's buffer of each convolution: one image's worth, of weights' inner sizes x places."""
    found: dict[int, int] = {}
    for place, layer in enumerate(net.layers):
        params = net.params[place]
        if layer.type not in ("Convolution", "Deconvolution") or not params:
            continue
        shape = params[0].shape
        places = net.shape((layer.top_names if layer.type == "Convolution" else layer.bottom_names)[0])
        if places is not None and prod(shape[2:]) > 1:
            group = layer.scalar_in("convolution_param", "group")
            groups = int(group.number or 1) if group is not None else 1
            found[place] = prod(shape[1:]) * groups * prod(places[2:])
    return found


def parameters_of(net: PhaseNet) -> dict[tuple[int, int], int] | None:
    """Numbers in each parameter, by layer and its own place; a shared one once. None where one is not known."""
    found: dict[tuple[int, int], int] = {}
    shared: set[str] = set()
    for place, layer in enumerate(net.layers):
        params = net.params[place]
        if params is None:
            return None
        for index, param in enumerate(params):
            name = layer.params[index].text_of("name") if index < len(layer.params) else ""
            if not name or name not in shared:
                found[place, index] = prod(param.shape)
            shared.add(name)
    return found
