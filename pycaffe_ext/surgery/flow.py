"""Which layers a net needs to predict, and which only serve its training: the way of the data through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
_ACTIVATIONS = {
    "SoftmaxWithLoss": "Softmax",
    "InfogainLoss": "Softmax",
    "SigmoidCrossEntropyLoss": "Sigmoid",
}


@dataclass(frozen=True)
class Prediction:
    """A blob that a loss compares with labels: the layer that made it, and what turns it into probabilities."""

    loss: LayerView
    blob: str
    maker: int
    activation: str | None


@dataclass
class Flow:
    """Layers of a net by their index: `kept` predict; each of `activations` takes the place of its loss layer.

    `inputs`: the blobs to feed, each with the data layer that gave it, None where no layer did.
    """

    kept: set[int] = field(default_factory=set)
    activations: list[Prediction] = field(default_factory=list)
    inputs: dict[str, LayerView | None] = field(default_factory=dict)


def is_loss(layer: LayerView) -> bool:
    """A layer that says how wrong the net is: by its type's name, or by a loss_weight."""
    named = f"{layer.type} {layer.python_class}".lower()
    return "loss" in named or any(weight.number for weight in layer.message.scalars("loss_weight"))


def is_sink(layer: LayerView) -> bool:
    """A layer that only measures or swallows: losses, Accuracy and its like in forks, whatever has no tops."""
    named = f"{layer.type} {layer.python_class}".lower()
    return not layer.tops or is_loss(layer) or "accuracy" in named or "evaluat" in named


def flow_of(net: NetView) -> Flow:
    """What of a net predicts.

    A blob is learned if a layer with parameters lies before it. What a loss takes that is learned is a prediction,
    what is not is a label. Outputs are the predictions, what a metric takes, and learned blobs that nothing takes;
    kept is what leads to an output. Of losses on one label only those of the largest loss_weight count: the others
    are side heads that help training (GoogLeNet's). Losses count in whatever phase they are.
    """
    graph = _Graph(net)
    dead = {(one.maker, one.blob) for one in graph.predictions} - {(o.maker, o.blob) for o in graph.main_predictions()}
    flow = Flow()
    outputs = {maker for maker, blob in graph.metrics | graph.unused if (maker, blob) not in dead}
    for one in graph.main_predictions():
        outputs.add(one.maker)
        existing = graph.activation_after(one)
        if existing is not None:
            outputs.add(existing)
        elif one.activation and one.blob not in [other.blob for other in flow.activations]:
            flow.activations.append(one)
    flow.kept = graph.before(outputs)
    flow.inputs = _inputs(net, flow.kept)
    return flow


class _Graph:
    """The layers in file order, with who made what each one takes."""

    def __init__(self, net: NetView) -> None:
        self.net = net
        self.takes: dict[int, list[tuple[int, str]]] = {}  # layer: the makers and names of its bottoms
        self.learned: set[int] = set()
        self.predictions: list[Prediction] = []
        self.metrics: set[tuple[int, str]] = set()
        self.unused: set[tuple[int, str]] = set()  # learned blobs that nothing has taken so far
        self._origin: dict[str, str] = {}  # blob without parameters before it: the data layer's top that it is
        self._labels: dict[int, frozenset[str]] = {}
        makers: dict[str, int] = {}
        for layer in net.layers:
            taken = [(makers[blob], blob) for blob in layer.bottom_names if blob in makers]
            if is_sink(layer):
                self.unused -= set(taken)
                self._measure(layer, {blob: maker for maker, blob in taken if maker in self.learned})
            elif _is_deployed(layer) and not is_data(layer):
                self.unused -= set(taken)
                self._add(layer, taken, makers)
            self._note_origin(layer)

    def _add(self, layer: LayerView, taken: list[tuple[int, str]], makers: dict[str, int]) -> None:
        self.takes[layer.index] = taken
        makers.update(dict.fromkeys(layer.top_names, layer.index))
        if roles_of(layer) or any(maker in self.learned for maker, _ in taken):
            self.learned.add(layer.index)
            self.unused |= {(layer.index, top) for top in layer.top_names}

    def _measure(self, layer: LayerView, learned: Mapping[str, int]) -> None:
        if not is_loss(layer):
            if layer.tops:
                self.metrics |= {(maker, blob) for blob, maker in learned.items()}
            return
        blobs = layer.bottom_names
        self._labels[layer.index] = frozenset(self._origin.get(blob, blob) for blob in blobs if blob not in learned)
        for blob, maker in learned.items():
            activation = _activation(layer) if blob == blobs[0] else None
            self.predictions.append(Prediction(layer, blob, maker, activation))

    def _note_origin(self, layer: LayerView) -> None:
        """Resizing a label gives the same label; each part that Slice cuts from one is a label of its own."""
        tops = layer.top_names
        first = layer.bottom_names[0] if layer.bottoms and len(tops) == 1 else None
        self._origin.update({top: self._origin.get(first, first) if first else top for top in tops})

    def main_predictions(self) -> list[Prediction]:
        """The predictions of the losses that weigh most among those on the same labels."""
        most: dict[frozenset[str], float] = {}
        for one in self.predictions:
            labels = self._labels[one.loss.index]
            most[labels] = max(most.get(labels, 0), _loss_weight(one.loss))
        return [
            one
            for one in self.predictions
            if not self._labels[one.loss.index] or _loss_weight(one.loss) == most[self._labels[one.loss.index]]
        ]

    def activation_after(self, one: Prediction) -> int | None:
        """The layer that turns a prediction into probabilities already, if the net has one."""
        for index, taken in self.takes.items():
            if self.net.layers[index].type == one.activation and (one.maker, one.blob) in taken:
                return index
        return None

    def before(self, outputs: Iterable[int]) -> set[int]:
        """The layers that lead to these, themselves included."""
        found: set[int] = set()
        todo = list(outputs)
        while todo:
            index = todo.pop()
            if index not in found:
                found.add(index)
                todo += [maker for maker, _ in self.takes[index]]
        return found


def _inputs(net: NetView, kept: set[int]) -> dict[str, LayerView | None]:
    made = {scalar.value for scalar in net.inputs}
    sources: dict[str, LayerView] = {}
    for layer in sorted(filter(is_data, net.layers), key=_is_deployed):  # the last one counts: that of the TEST phase
        sources.update(dict.fromkeys(layer.top_names, layer))
    found: dict[str, LayerView | None] = {}
    for index in sorted(kept):
        layer = net.layers[index]
        found.update({blob: sources.get(blob) for blob in layer.bottom_names if blob not in made})
        made.update(layer.top_names)
    return found


def _activation(loss: LayerView) -> str | None:
    kind = loss.type
    if "softmax" in kind.lower():  # forks' weighted, focal and other kinds of SoftmaxWithLoss
        return "Softmax"
    return _ACTIVATIONS.get(kind)


def _loss_weight(loss: LayerView) -> float:
    weights = [weight.number or 0.0 for weight in loss.message.scalars("loss_weight")]
    return weights[0] if weights else 1.0


def _is_deployed(layer: LayerView) -> bool:
    include, exclude = layer.message.messages("include"), layer.message.messages("exclude")
    if include:
        return any(_meets(layer, rule) for rule in include)
    return not any(_meets(layer, rule) for rule in exclude)


def _meets(layer: LayerView, rule: Message) -> bool:
    try:
        return meets(_DEPLOY, parse_text(layer.document.text[rule.start + 1 : rule.end - 1], NetStateRule()))
    except PrototxtError as error:
        raise layer.document.error(rule.start, f"is no rule of phase, level and stage: {error}") from error
