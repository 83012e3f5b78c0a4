"""Who makes what each layer takes, what is learned, and what measures it: the net as a deploy net would have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import PrototxtError
from ..model.phases import meets
from ..model.view import LayerView, NetView
from ..proto.caffe_pb2 import TEST, NetState, NetStateRule
from ..proto.files import parse_text
from ..text import Message
from .inputs import is_data
from .roles import roles_of

# nets for several uses in one file mark what is for this one with include or exclude { stage: "deploy" }
_DEPLOY = NetState(phase=TEST, stage=["deploy"])

Made = tuple[int, str]
"""A blob as a layer made it, by the layer's index: layers in place make one name anew."""


@dataclass(frozen=True)
class Sink:
    """A loss or metric with the learned blobs that it takes, and the data that the others come from."""

    layer: LayerView
    predictions: tuple[Made, ...]
    labels: frozenset[str]


def is_loss(layer: LayerView) -> bool:
    """A layer that says how wrong the net is: by its type's name, or by a loss_weight."""
    named = f"{layer.type} {layer.python_class}".lower()
    return "loss" in named or any(weight.number for weight in layer.message.scalars("loss_weight"))


def is_sink(layer: LayerView) -> bool:
    """A layer that only measures or swallows: losses, Accuracy and its like in forks, whatever has no tops."""
    named = f"{layer.type} {layer.python_class}".lower()
    return not layer.tops or is_loss(layer) or "accuracy" in named or "evaluat" in named


def is_deployed(layer: LayerView) -> bool:
    """Whether include and exclude rules let a layer in: phase TEST, stage "deploy"."""
    include, exclude = layer.message.messages("include"), layer.message.messages("exclude")
    if include:
        return any(_meets(layer, rule) for rule in include)
    return not any(_meets(layer, rule) for rule in exclude)


class Graph:
    """The layers of the deploy net without data layers, and the sinks of every phase.

    `takes`: the bottoms of each layer. A layer is in `learned` if it has parameters, or takes what is learned.
    `unused`: learned blobs that nothing takes. `sinks` are in file order.
    """

    def __init__(self, net: NetView) -> None:
        self.takes: dict[int, tuple[Made, ...]] = {}
        self.learned: set[int] = set()
        self.unused: set[Made] = set()
        self.sinks: list[Sink] = []
        self._makers: dict[str, int] = {}
        self._origins: dict[str, str] = {}  # what is not learned: the top of a data layer that it comes from
        self._fixed: dict[int, frozenset[str]] = {}  # the origins of a layer's bottoms that are not learned
        for layer in net.layers:
            if is_sink(layer):
                taken = self._taken(layer)
                self.unused -= set(taken)
                predictions = tuple(made for made in taken if made[0] in self.learned)
                self.sinks.append(Sink(layer, predictions, self._not_learned(layer)))
            elif is_deployed(layer) and not is_data(layer):
                self._add(layer)
            self._note_origin(layer)

    def _taken(self, layer: LayerView) -> tuple[Made, ...]:
        return tuple((self._makers[blob], blob) for blob in layer.bottom_names if blob in self._makers)

    def _not_learned(self, layer: LayerView) -> frozenset[str]:
        blobs = [blob for blob in layer.bottom_names if self._makers.get(blob) not in self.learned]
        return frozenset(self._origins.get(blob, blob) for blob in blobs)

    def _add(self, layer: LayerView) -> None:
        taken = self._taken(layer)
        self.takes[layer.index] = taken
        self._fixed[layer.index] = self._not_learned(layer)
        self.unused -= set(taken)
        self._makers.update(dict.fromkeys(layer.top_names, layer.index))
        if roles_of(layer) or any(maker in self.learned for maker, _ in taken):
            self.learned.add(layer.index)
            self.unused |= {(layer.index, top) for top in layer.top_names}

    def _note_origin(self, layer: LayerView) -> None:
        """A resized label is the same label; each part that Slice cuts from one is a label of its own."""
        tops = layer.top_names
        first = layer.bottom_names[0] if layer.bottoms and len(tops) == 1 else None
        self._origins.update({top: self._origins.get(first, first) if first else top for top in tops})

    def with_labels(self) -> set[int]:
        """Learned layers that take labels, as triplet samplers and margins do, and all that follow from them.

        Labels are what sinks take, and what is called a label, if no first layer with parameters takes it.
        """
        first = [index for index in self.learned if not any(maker in self.learned for maker, _ in self.takes[index])]
        named = {blob for blob in self._origins.values() if "label" in blob.lower() or blob.startswith("gt_")}
        labels = named.union(*(sink.labels for sink in self.sinks)).difference(*(self._fixed[index] for index in first))
        found: set[int] = set()
        for index, taken in self.takes.items():
            if index in self.learned and (self._fixed[index] & labels or any(maker in found for maker, _ in taken)):
                found.add(index)
        return found

    def before(self, layers: Iterable[int]) -> set[int]:
        """The layers that lead to these, themselves included."""
        found: set[int] = set()
        todo = list(layers)
        while todo:
            index = todo.pop()
            if index not in found:
                found.add(index)
                todo += [maker for maker, _ in self.takes[index]]
        return found


def _meets(layer: LayerView, rule: Message) -> bool:
    try:
        return meets(_DEPLOY, parse_text(layer.document.text[rule.start + 1 : rule.end - 1], NetStateRule()))
    except PrototxtError as error:
        raise layer.document.error(rule.start, f"is no rule of phase, level and stage: {error}") from error
