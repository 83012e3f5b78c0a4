"""How much memory training takes, from shapes alone.

Of 4 bytes each: the tops of the training net, in-place ones once per name as in Caffe (Split, Reshape and Flatten
share their bottom's); the diffs of those that the backward pass reaches; the batches that data layers read ahead;
what layers keep from forward for backward (masks, BatchNorm's normalised bottom, ...); columns of im2col, for
convolutions larger than 1 x 1 (what cuDNN does without, at the price of its workspaces); parameters, with a diff and
the solver's history for those that learn; and the tops of the test net, whose parameters are shared. Not in it:
cuDNN's workspaces, the CUDA context (about 0.3 to 0.5 GB), the allocator's slack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

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
        blobs, columns, kept = _tops(case, case.test), _columns(case.test), _kept(case.test)
        params = _params(case.test)
        if blobs is None or params is None:
            return None
        parameters = FLOAT * sum(params.values())
        parts = {"blobs": blobs, "layers' own": kept, "im2col": columns, "parameters": parameters}
        return Estimate("to predict", parts)
    net = case.train
    blobs, params, test = _tops(case, net), _params(net), _tops(case, case.test)
    if blobs is None or params is None or test is None:
        return None
    diffs, ahead, columns = _diffs(net), _ahead(case, net), _columns(net)
    learned = FLOAT * sum(count for (place, index), count in params.items() if rate_of(net.layers[place], index))
    solver = case.solver.message.type if case.solver is not None else "SGD"
    parts = {
        "blobs": blobs,
        "their diffs": diffs,
        "batches read ahead": ahead + _ahead(case, case.test),
        "layers' own": _kept(net) + _kept(case.test),
        "im2col": columns + _columns(case.test),
        "parameters": FLOAT * sum(params.values()),
        "their diffs and history": learned * (1 + _HISTORY.get(solver, 1)),
        "test net": test,
    }
    growing = blobs + diffs + ahead + _kept(net)
    batch = max((case.source(layer).batch_size for layer in net.layers if is_data(layer)), default=0)
    tests = test + _ahead(case, case.test) + _kept(case.test)
    return Estimate("to train", parts, sum(parts.values()) - growing, batch, growing, tests)


def _tops(case: Case, net: PhaseNet) -> int | None:
    """Bytes of all blobs; None where one's shape is not known."""
    shared = {top for layer in net.layers if layer.type in _VIEWS for top in layer.top_names}
    names = {name for layer in net.layers for name in layer.top_names} | {one.value for one in case.net.inputs}
    shapes = [net.shape(name) for name in names - shared]
    known = [shape for shape in shapes if shape is not None]
    return FLOAT * sum(map(prod, known)) if len(known) == len(shapes) and shapes else None


def _diffs(net: PhaseNet) -> int:
    """Bytes of the diffs that backward writes: of every blob that something learned lies before."""
    with_diff: set[str] = set()
    for place, layer in enumerate(net.layers):
        learns = any(rate_of(layer, index) for index in range(len(net.params[place] or ())))
        if learns or any(blob in with_diff for blob in layer.bottom_names):
            with_diff.update(layer.top_names)
    total = sum(prod(net.shape(name) or ()) for name in with_diff)
    # a blob that several layers take has a diff for each of them (Split), which are added up
    takers: dict[tuple[int | None, str], int] = {}
    for place, layer in enumerate(net.layers):
        for blob in layer.bottom_names:
            if blob in with_diff and blob not in layer.top_names:
                key = (net.maker(place, blob), blob)
                takers[key] = takers.get(key, 0) + 1
    split = sum(count * prod(net.shape(blob) or ()) for (_, blob), count in takers.items() if count > 1)
    return FLOAT * (total + split)


def _ahead(case: Case, net: PhaseNet) -> int:
    total = 0
    for layer in net.layers:
        if layer.type in _PREFETCHES:
            param = case.source(layer).param
            batches = getattr(param, "prefetch", _AHEAD) if param is not None else _AHEAD
            total += int(batches) * sum(prod(net.shape(top) or ()) for top in layer.top_names)
    return FLOAT * total


def _kept(net: PhaseNet) -> int:
    """Bytes of what layers hold beside blobs and parameters."""
    total = 0
    for layer in net.layers:
        if not layer.bottoms or not layer.tops:
            continue
        if layer.type == "Pooling":
            method = layer.scalar_in("pooling_param", "pool")
            is_max = method is None or method.value == "MAX"
            total += is_max * prod(net.shape(layer.top_names[0]) or ())
        elif layer.type in _KEEPS and (layer.type != "Scale" or layer.bottom_names[0] == layer.top_names[0]):
            total += _KEEPS[layer.type] * prod(net.shape(layer.bottom_names[0]) or ())
    return FLOAT * total


def _columns(net: PhaseNet) -> int:
    """im2col's buffer of each convolution: one image's worth, of weights' inner sizes x places."""
    total = 0
    for place, layer in enumerate(net.layers):
        params = net.params[place]
        if layer.type not in ("Convolution", "Deconvolution") or not params:
            continue
        shape = params[0].shape
        places = net.shape((layer.top_names if layer.type == "Convolution" else layer.bottom_names)[0])
        if places is not None and prod(shape[2:]) > 1:
            group = layer.scalar_in("convolution_param", "group")
            groups = int(group.number or 1) if group is not None else 1
            total += prod(shape[1:]) * groups * prod(places[2:])
    return FLOAT * total


def _params(net: PhaseNet) -> dict[tuple[int, int], int] | None:
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
