"""What learns: lr_mult per layer, and BatchNorm's running statistics.

A layer is frozen by lr_mult 0 on each of its parameters; Caffe then skips its weight gradients, and the backward
pass below the last layer that learns. decay_mult may stay: the update is lr * lr_mult * (diff + decay * weight).
BatchNorm's statistics move without any learning rate, so freezing it takes use_global_stats: true as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request
from ..rates import rate_of, set_rates, two_rates
from ..roles import BIAS, STATISTIC, WEIGHT, roles_of, with_parameters
from ..statistics import BATCH_NORMS, use_batch_stats, use_global_stats

__all__ = ["LearningPlan", "freeze", "freeze_all", "freeze_up_to", "set_lr_mult", "unfreeze", "unfreeze_from"]

_RESTORED = {WEIGHT: "1", BIAS: "2"}  # the convention of Caffe's own nets


class LearningPlan:
    """What each layer of a net shall do; a later word on a layer overrules an earlier one.

    So "freeze all, then unfreeze conv5" leaves conv5 as it is, with the learning rates that it has. Methods
    return the plan. All raise UnknownNameError for names without a layer, NetError for layers without parameters.
    """

    def __init__(self, document: Document) -> None:
        self.net = NetView(document)
        self._wishes: dict[int, Callable[[LayerView], Iterator[Edit]]] = {}

    def freeze(self, pattern: str) -> LearningPlan:
        """Layers that fit a shell glob learn nothing."""
        return self._plan(self._matching(pattern), _freeze)

    def unfreeze(self, pattern: str) -> LearningPlan:
        """Layers that fit a shell glob learn: where lr_mult is 0 it becomes 1, for a bias 2."""
        return self._plan(self._matching(pattern), _unfreeze)

    def freeze_all(self) -> LearningPlan:
        """No layer learns."""
        return self._plan(with_parameters(self.net, self.net.layers, "the net"), _freeze)

    def freeze_up_to(self, name: str) -> LearningPlan:
        """The layers up to this one, itself included, in file order, learn nothing."""
        last = self.net.named(name)[-1]
        return self._plan(
            with_parameters(self.net, self.net.layers[: last.index + 1], f"the net up to '{name}'"), _freeze
        )

    def unfreeze_from(self, name: str) -> LearningPlan:
        """The layers from this one on, itself included, in file order, learn (see `unfreeze`)."""
        first = self.net.named(name)[0]
        return self._plan(
            with_parameters(self.net, self.net.layers[first.index :], f"the net from '{name}'"), _unfreeze
        )

    def set_lr_mult(self, pattern: str, weight: str, bias: str | None = None) -> LearningPlan:
        """Layers that fit a shell glob get these lr_mult, as text; without `bias` all parameters get `weight`."""
        layers = self._matching(pattern)
        learning = [layer for layer in layers if set(roles_of(layer) or ()) - {STATISTIC}]
        if not learning:
            raise layers[0].error(f"{layers[0].type} has only statistics, whose lr_mult has to stay 0")
        return self._plan(learning, partial(_set, weight=weight, bias=weight if bias is None else bias))

    def edits(self) -> Iterator[Edit]:
        """The edits that make it so."""
        for index in sorted(self._wishes):
            yield from self._wishes[index](self.net.layers[index])

    def _plan(self, layers: Sequence[LayerView], wish: Callable[[LayerView], Iterator[Edit]]) -> LearningPlan:
        self._wishes.update({layer.index: wish for layer in layers})
        return self

    def _matching(self, pattern: str) -> list[LayerView]:
        return with_parameters(self.net, self.net.matching(pattern), f"'{pattern}'")


def freeze(document: Document, pattern: str) -> Iterator[Edit]:
    """Layers that fit a shell glob learn nothing; BatchNorm also keeps its statistics."""
    return LearningPlan(document).freeze(pattern).edits()


def unfreeze(document: Document, pattern: str) -> Iterator[Edit]:
    """Layers that fit a shell glob learn: lr_mult 0 becomes 1, for a bias 2; others stay."""
    return LearningPlan(document).unfreeze(pattern).edits()


def freeze_all(document: Document) -> Iterator[Edit]:
    """No layer learns."""
    return LearningPlan(document).freeze_all().edits()


def freeze_up_to(document: Document, name: str) -> Iterator[Edit]:
    """The layers up to this one, itself included, in file order, learn nothing."""
    return LearningPlan(document).freeze_up_to(name).edits()


def unfreeze_from(document: Document, name: str) -> Iterator[Edit]:
    """The layers from this one on, itself included, in file order, learn."""
    return LearningPlan(document).unfreeze_from(name).edits()


def set_lr_mult(document: Document, pattern: str, weight: float, bias: float | None = None) -> Iterator[Edit]:
    """Layers that fit a shell glob get these lr_mult; without `bias` all their parameters get `weight`."""
    texts = [f"{float(rate):.9g}" for rate in (weight, bias) if rate is not None]
    return LearningPlan(document).set_lr_mult(pattern, *texts).edits()


def _freeze(layer: LayerView) -> Iterator[Edit]:
    yield from set_rates(layer, dict.fromkeys(range(len(roles_of(layer) or ())), "0"))
    if layer.type in BATCH_NORMS:
        yield from use_global_stats(layer)


def _unfreeze(layer: LayerView) -> Iterator[Edit]:
    restored = {
        index: _RESTORED[role]
        for index, role in enumerate(roles_of(layer) or ())
        if role != STATISTIC and rate_of(layer, index) == 0
    }
    yield from set_rates(layer, restored)
    if layer.type in BATCH_NORMS and not _only_in_test(layer):
        yield from use_batch_stats(layer)


def _set(layer: LayerView, weight: str, bias: str) -> Iterator[Edit]:
    texts = {WEIGHT: weight, BIAS: bias, STATISTIC: "0"}
    yield from set_rates(layer, {index: texts[role] for index, role in enumerate(roles_of(layer) or ())})


def _only_in_test(layer: LayerView) -> bool:
    rules = layer.message.messages("include")
    return bool(rules) and all(rule.text_of("phase") == "TEST" for rule in rules)


class Learning(Operation):
    """What learns, and how fast."""

    options = (
        Option("--freeze", "layers that fit learn nothing", "PATTERN"),
        Option("--unfreeze", "layers that fit learn: lr_mult 0 becomes 1, for a bias 2", "PATTERN"),
        Option("--freeze-all", "no layer learns"),
        Option("--freeze-up-to", "layers up to this one, in file order, learn nothing", "LAYER"),
        Option("--unfreeze-from", "layers from this one on, in file order, learn", "LAYER"),
        Option("--lr-mult", "lr_mult of weights and biases; W alone is for both", "PATTERN=W[,B]"),
    )
    touches = frozenset({"layer.param.lr_mult", "layer.blobs_lr", "layer.batch_norm_param.use_global_stats"})
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        plan = LearningPlan(document)
        for request in requests:
            match request.flag:
                case "--freeze":
                    plan.freeze(request.value)
                case "--unfreeze":
                    plan.unfreeze(request.value)
                case "--freeze-all":
                    plan.freeze_all()
                case "--freeze-up-to":
                    plan.freeze_up_to(request.value)
                case "--unfreeze-from":
                    plan.unfreeze_from(request.value)
                case "--lr-mult":
                    pattern, rates = request.pair("PATTERN=W[,B]")
                    plan.set_lr_mult(pattern, *two_rates(request, rates))
        return plan.edits()


operation = Learning()
