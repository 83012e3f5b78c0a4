"""Which layers a net needs to predict, and which only serve its training: the way of the data through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..model.view import LayerView, NetView
from .graph import Graph, Made, Sink, is_deployed, is_loss
from .inputs import is_data

_ACTIVATIONS = {"InfogainLoss": "Softmax", "SigmoidCrossEntropyLoss": "Sigmoid"}


@dataclass(frozen=True)
class Activation:
    """What turns a blob into probabilities ("Softmax" or "Sigmoid"), in the place of its loss layer."""

    loss: LayerView
    blob: str
    type: str


@dataclass
class Flow:
    """What of a net predicts. `kept`: layers by index. `activations`: layers to put in the place of losses.

    `inputs`: the blobs to feed, each with the data layer that gave it, None where no layer did.
    """

    kept: set[int]
    activations: list[Activation] = field(default_factory=list)
    inputs: dict[str, LayerView | None] = field(default_factory=dict)


def flow_of(net: NetView) -> Flow:
    """What of a net predicts.

    A blob is learned if a layer with parameters lies before it. What a loss takes that is learned is a prediction,
    what is not is a label. Outputs are the predictions, what a metric takes, and learned blobs that nothing takes;
    kept is what leads to an output. Of losses on one label only those of the largest loss_weight count: the others
    are side heads that help training (GoogLeNet's). Losses count in whatever phase they are. Where an output
    needs labels itself, what it takes from the net without labels is the output instead.
    """
    graph = Graph(net)
    losses = [sink for sink in graph.sinks if is_loss(sink.layer)]
    main = _main(losses)
    predictions = {made for loss in main for made in loss.predictions}
    side = {made for loss in losses for made in loss.predictions} - predictions
    measured = {made for sink in graph.sinks if sink.layer.tops for made in sink.predictions}
    need_labels = graph.with_labels()
    ends = {maker for maker, _ in (predictions | measured | graph.unused) - side}
    before_labels = {
        maker for index in graph.before(ends) & need_labels for maker, _ in graph.takes[index] if maker in graph.learned
    }
    flow = Flow(graph.before((ends | before_labels) - need_labels))
    activations: dict[Made, Activation] = {}
    for loss in main:
        kind = _activation(loss.layer)
        for maker, blob in loss.predictions:
            if kind and blob == loss.layer.bottom_names[0] and maker in flow.kept:
                activations.setdefault((maker, blob), Activation(loss.layer, blob, kind))
    for made, activation in activations.items():
        existing = [i for i, taken in graph.takes.items() if made in taken and net.layers[i].type == activation.type]
        if existing:
            flow.kept |= graph.before(existing)
        else:
            flow.activations.append(activation)
    flow.inputs = _inputs(net, flow.kept)
    return flow


def _main(losses: Sequence[Sink]) -> list[Sink]:
    """Those that weigh most among the losses on the same labels; a loss without labels stands for itself."""
    most: dict[frozenset[str], float] = {}
    for loss in losses:
        most[loss.labels] = max(most.get(loss.labels, 0), _weight(loss))
    return [loss for loss in losses if not loss.labels or _weight(loss) == most[loss.labels]]


def _weight(loss: Sink) -> float:
    weights = [weight.number or 0.0 for weight in loss.layer.message.scalars("loss_weight")]
    return weights[0] if weights else 1.0


def _activation(loss: LayerView) -> str | None:
    if "softmax" in loss.type.lower():  # forks have weighted, focal and other kinds of SoftmaxWithLoss
        return "Softmax"
    return _ACTIVATIONS.get(loss.type)


def _inputs(net: NetView, kept: set[int]) -> dict[str, LayerView | None]:
    made = {scalar.value for scalar in net.inputs}
    sources: dict[str, LayerView] = {}
    for layer in sorted(filter(is_data, net.layers), key=is_deployed):  # the last one counts: that of the TEST phase
        sources.update(dict.fromkeys(layer.top_names, layer))
    found: dict[str, LayerView | None] = {}
    for index in sorted(kept):
        layer = net.layers[index]
        found.update({blob: sources.get(blob) for blob in layer.bottom_names if blob not in made})
        made.update(layer.top_names)
    return found
