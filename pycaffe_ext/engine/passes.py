"""Running layers: each forward with a small autograd graph from its bottoms and parameters to its tops, and backward.

Three things differ from that scheme, for they cost a pass over memory each and the memory itself: an in-place layer
that can works on the blob's own numbers, a Scale behind a BatchNorm runs as the affine part of it, and where the net
only goes forward both are part of the convolution before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import proxy

import torch

from .blob import Blob
from .folding import Fold, folds
from .heads import storage
from .layers.batch_norm import BatchNorm
from .layers.scale import Scale, broadcast

if TYPE_CHECKING:
    from .net import Net


@dataclass
class _Pass:
    """What a forward pass leaves for the backward pass: the ends of its autograd graph."""

    bottoms: list[torch.Tensor]
    params: list[torch.Tensor]
    tops: list[torch.Tensor | None]
    is_pair: bool = False
    stamps: list[tuple[int, int] | None] = field(default_factory=list)  # of bottoms and parameters, where they count


class Passes:
    """The layers of a net, run one at a time, but for groups of which the last layer does the work of all.

    Groups are pairs of BatchNorm and Scale, and folds, where a pass forward covers all of them.
    """

    def __init__(self, net: Net) -> None:
        count = range(len(net.layers))
        self._net = proxy(net)  # a net that nobody holds is freed at once, with its threads
        self._passes: list[_Pass | None] = [None for _ in count]
        self._made = [_made(net, i) for i in count]
        self._reads_blobs = [layer.reads_blobs for layer in net.layers]
        self._overwrites = [_overwrites(net, i) for i in count]
        self._rereads = [net.layers[i].rereads and not _is_in_place(net, i) for i in count]
        self._is_second = [i > 0 and _are_pair(net, i - 1) for i in count]
        self._folds = folds(net)
        self._fold_of = {i: fold for fold in self._folds for i in range(fold.first, fold.last + 1)}
        self._folded: set[Fold] = set()  # in the last pass forward

    def forget(self, start: int, end: int) -> None:
        """Frees what layers start..end made last time, so that what they make now finds room where it lay."""
        net = self._net
        for i in range(start, end + 1):
            self._passes[i] = None
            net.layers[i].forget()
            for top in self._made[i]:
                top.forget_data()
        self._folded -= {fold for fold in self._folded if start <= fold.last and fold.first <= end}

    def groups(self, start: int, end: int, *, one_by_one: bool) -> list[int | None]:
        """Of each of layers start..end the first layer of the group that it ends; None: a later one does its work."""
        firsts: list[int | None] = list(range(start, end + 1))
        if one_by_one:
            return firsts
        for i in range(start + 1, end + 1):
            if self._is_second[i]:
                firsts[i - 1 - start : i + 1 - start] = [None, i - 1]
        if not (self._net.goes_back and self._net.keep_passes):
            for fold in self._folds:
                if start <= fold.first and fold.last <= end:
                    inner = [None] * (fold.last - fold.first)
                    firsts[fold.first - start : fold.last + 1 - start] = [*inner, fold.first]
        return firsts

    def forward(self, i: int, first: int) -> Sequence[torch.Tensor | None]:
        """The tops of layer i, the last of a group from layer `first` on; None where a top stays as it is."""
        net = self._net
        fold = self._fold_of.get(i)
        if fold is not None and fold.first == first < i:
            return self._run_fold(fold)
        if first < i:
            return self._run_pair(i)
        blob = net._tops[i][0] if net._tops[i] else None
        if blob and self._overwrites[i] and not blob.is_held and net.layers[i].overwrite(blob.tensor):
            return [None]
        return self._run(i)

    def backward(self, i: int, end: int) -> int:
        """Diffs of layer i's tops to diffs of its bottoms and parameters, in a pass back to layer `end`.

        Returns the layer that it came to: i, or i - 1 where the two are a pair.
        """
        net = self._net
        if net.layers[i].backward(net._need.bottoms[i]):
            return i
        if self._reads_blobs[i]:
            self._back_by_formula(i)
            return i
        fold = self._fold_of.get(i)
        if fold in self._folded:
            self._unfold(fold)
        done = self._passes[i]
        second = i + 1 if done is None and i + 1 < len(self._passes) else i
        pair = self._passes[second]
        if pair is not None and pair.is_pair and (second > i or end == i):  # the pass back is for one of the two
            self._part(second, pair)
            done = self._passes[i]
        if done is None or (self._rereads[i] and self._has_changed(i, done)):
            # no forward pass, or its graph was freed, or other numbers: run the layer on what its bottoms hold now
            keep, net.keep_passes = net.keep_passes, True
            self._run(i)
            net.keep_passes = keep
            done = self._passes[i]
            assert done is not None
        if not net.keep_graphs:
            self._passes[i] = None
        if done.is_pair:
            self._back_through_pair(i, done)
            return i - 1
        self._back(i, done, net._bottoms[i], done.params)
        return i

    def _back_by_formula(self, i: int) -> None:
        (bottom,), (top,) = self._net._bottoms[i], self._net._tops[i]
        if self._net._need.bottoms[i][0]:
            numbers = bottom.tensor
            diff = self._net.layers[i].gradient(numbers, numbers if top is bottom else top.tensor, top.grad)
            assert diff is not None
            bottom.grad = diff

    def _leaves(self, i: int, record: bool, *, of: Sequence[torch.Tensor] | None = None) -> _Pass:
        """Layer i's bottoms (or `of`) and parameters, as the leaves of a graph if `record`; its tops are to come."""
        net = self._net
        if not record:
            now = of or [blob.tensor for blob in net._bottoms[i]]
            return _Pass(list(now), [blob.tensor for blob in net.layers[i].blobs], [])
        bottoms = []
        for at, (blob, need) in enumerate(zip(net._bottoms[i], net._need.bottoms[i], strict=True)):
            bottom = of[at].detach() if of else blob.tensor.detach()
            if blob.is_held and blob in net._tops[i]:  # the top overwrites what backward needs
                bottom = bottom.clone()
            bottoms.append(bottom.requires_grad_(need and bottom.is_floating_point()))
        params = [
            blob.tensor.detach().requires_grad_(need)
            for blob, need in zip(net.layers[i].blobs, net._need.params[i], strict=True)
        ]
        return _Pass(bottoms, params, [])

    def _records(self, i: int) -> bool:
        return bool(self._net._need.layers[i] and self._net.keep_passes and not self._reads_blobs[i])

    def _run(self, i: int, *, of: Sequence[torch.Tensor] | None = None) -> list[torch.Tensor | None]:
        """The layer's tops; with the graph behind them kept where the layer runs backward."""
        record = self._records(i)
        run = self._leaves(i, record, of=of)
        with torch.set_grad_enabled(record):
            run.tops = list(self._net.layers[i].forward(run.bottoms, run.params))
        if record:
            self._passes[i] = run
            run.stamps = self._stamps(i) if self._rereads[i] else []
        return run.tops

    def _stamps(self, i: int) -> list[tuple[int, int] | None]:
        return [blob.stamp for blob in (*self._net._bottoms[i], *self._net.layers[i].blobs)]

    def _has_changed(self, i: int, done: _Pass) -> bool:
        """Whether a bottom or parameter of layer i may hold other numbers than in that pass forward."""
        now = self._stamps(i)
        return None in now or now != done.stamps

    def _run_fold(self, fold: Fold) -> list[torch.Tensor | None]:
        """The top of all layers of a fold, with nothing kept for backward; one by one where a script writes there."""
        bottom, between = self._net._bottoms[fold.first][0], self._net._tops[fold.first][0]
        top = fold.forward(bottom.tensor)
        if top is not None:
            self._folded.add(fold)
            return [top]
        (numbers,) = self._run(fold.first)
        assert numbers is not None
        between.tensor = numbers.detach()
        return list(self.forward(fold.last, fold.first + 1))

    def _unfold(self, fold: Fold) -> None:
        """Runs the layers of a fold for what backward needs; the blob keeps its numbers."""
        self._folded.remove(fold)
        (numbers,) = self._run(fold.first)
        assert numbers is not None
        if fold.last - fold.first == 1:
            self._run(fold.last, of=[numbers])
        else:
            self._run_pair(fold.last, of=[numbers])

    def _run_pair(self, i: int, *, of: Sequence[torch.Tensor] | None = None) -> list[torch.Tensor | None]:
        """As `_run`, of layers i - 1 (BatchNorm) and i (Scale) together."""
        norm, record = self._net.layers[i - 1], self._records(i)
        run = self._leaves(i - 1, record, of=of)
        assert isinstance(norm, BatchNorm)
        affine = self._leaves(i, record, of=run.bottoms).params
        with torch.set_grad_enabled(record):
            run.tops = [norm.normalized(run.bottoms[0], run.params, *affine)]
        if record:
            self._passes[i] = _Pass(run.bottoms, affine, run.tops, is_pair=True)
        return run.tops

    def _part(self, i: int, pair: _Pass) -> None:
        """Makes a pass of each of layers i - 1 and i of what they did together."""
        norm = self._net.layers[i - 1]
        statistics = [blob.tensor.clone() for blob in norm.blobs]
        keep, self._net.keep_passes = self._net.keep_passes, True
        (between,) = self._run(i - 1, of=pair.bottoms)
        assert between is not None
        self._run(i, of=[between])
        self._net.keep_passes = keep
        for blob, before in zip(norm.blobs, statistics, strict=True):
            blob.tensor.copy_(before)  # they have counted this batch already

    def _back_through_pair(self, i: int, done: _Pass) -> None:
        net = self._net
        between, top_grad = net._tops[i - 1][0], net._tops[i][0].grad
        self._back(i, done, net._bottoms[i - 1], done.params)
        if between is not net._bottoms[i - 1][0]:
            between.grad = top_grad * broadcast(done.params[0].detach(), 1, top_grad)

    def _back(self, i: int, done: _Pass, bottoms: Sequence[Blob], params: Sequence[torch.Tensor]) -> None:
        """Through the graph of a pass, from layer i's tops to `bottoms` and layer i's parameters."""
        net = self._net
        outputs = [
            (top, blob)
            for top, blob in zip(done.tops, net._tops[i], strict=True)
            if top is not None and top.requires_grad
        ]
        wanted = [
            (blob, tensor, index if is_param else None)
            for is_param, blobs, tensors in ((False, bottoms, done.bottoms), (True, net.layers[i].blobs, params))
            for index, (blob, tensor) in enumerate(zip(blobs, tensors, strict=True))
            if tensor.requires_grad
        ]
        if not outputs or not wanted:
            return
        grads = torch.autograd.grad(
            [top for top, _ in outputs],
            [tensor for _, tensor, _ in wanted],
            [blob.grad.reshape(top.shape) for top, blob in outputs],
            retain_graph=net.keep_graphs,
            allow_unused=True,
        )
        shapes = [tuple(bottom.shape) for bottom in done.bottoms]
        lent = {storage(blob.grad): blob.lends_grad for _, blob in outputs}
        for (blob, tensor, param), grad in zip(wanted, grads, strict=True):
            # where autograd hands on a top's gradient itself, it is copied if anybody may change it in place later
            if grad is not None and storage(grad) in lent and not (param is None and lent[storage(grad)]):
                grad = grad.clone()
            if param is None:
                blob.grad = torch.zeros_like(tensor) if grad is None else grad
            elif grad is not None:  # parameters gather their gradients until clear_param_diffs
                adds = blob.has_grad and net.layers[i].accumulates(param, shapes)
                blob.grad = blob.grad + grad.reshape(blob.shape) if adds else grad  # the sum anew: it may be history


def _made(net: Net, i: int) -> list[Blob]:
    """The tops of layer i that each forward pass makes anew; those of inputs and of Python layers are the user's."""
    layer, bottoms = net.layers[i], net._bottoms[i]
    if not bottoms or layer.shares or layer.param.type == "Python":
        return []
    return [top for top in net._tops[i] if top not in bottoms]


def _overwrites(net: Net, i: int) -> bool:
    """Whether layer i may work in place on numbers that the layer which made them has no use for any more."""
    tops = net._tops[i]
    if len(tops) != 1 or tops != net._bottoms[i]:
        return False
    makers = [layer for layer, made in zip(net.layers[:i], net._tops[:i], strict=True) if tops[0] in made]
    return bool(makers) and makers[-1].top_is_free


def _is_in_place(net: Net, i: int) -> bool:
    return any(top in net._bottoms[i] for top in net._tops[i])


def _are_pair(net: Net, i: int) -> bool:
    """Whether layers i and i + 1 are a BatchNorm and a Scale that works in place on its top, channel by channel."""
    norm, scale = net.layers[i : i + 2]
    if not (isinstance(norm, BatchNorm) and isinstance(scale, Scale)):
        return False
    is_chain = net._tops[i] == net._bottoms[i + 1] == net._tops[i + 1]
    shape = net._tops[i][0].shape
    return is_chain and scale.is_per_channel(shape) and net._need.bottoms[i] == net._need.bottoms[i + 1]
