"""A ReLU or the like between the last layer that scores and its loss."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.view import LayerView
from ...surgery.rates import rate_of
from ...surgery.roles import roles_of
from ..case import Case
from ..check import Check
from ..classes import SOFTMAX_LOSSES
from ..finding import Finding
from ..phase_net import PhaseNet, walk_back

_SHAPES_ONLY = ("Split", "Reshape", "Flatten", "Crop", "Permute", "Interp", "Slice")
_HARM = {
    "ReLU": "scores below 0 become 0, with no gradient: a class can never be made less likely than 'no evidence', the"
    " loss stalls early, and classes whose scores have died never come back",
    "PReLU": "scores below 0 are shrunk by a slope that training moves towards what hides errors",
    "ELU": "no score can fall below -alpha, so that no class can be ruled out",
    "Sigmoid": "scores lie between 0 and 1: of 2 classes the surest probability is 73%, of 10 it is 23%",
    "TanH": "scores lie between -1 and 1: of 2 classes the surest probability is 88%, of 10 it is 45%",
    "BNLL": "no score can fall below 0, so that no class can be ruled out",
    "AbsVal": "scores of both signs become one",
    "Clip": "scores beyond the limits get no gradient",
    "Dropout": "scores of random classes are 0 in training, so that the loss has a floor that nothing can learn away",
}
_LOSSES = (*SOFTMAX_LOSSES, "SigmoidCrossEntropyLoss", "HingeLoss")


class ActivationBeforeLoss(Check):
    """ReLU or another activation between the last scores and their loss"""

    def find(self, case: Case) -> Iterator[Finding]:
        for net in case.phases:
            for place, loss in enumerate(net.layers):
                is_loss = loss.type in _LOSSES or (case.is_deploy and loss.type == "Softmax")
                if is_loss and loss.bottoms:
                    yield from self._of_loss(case, net, place)

    def _of_loss(self, case: Case, net: PhaseNet, place: int) -> Iterator[Finding]:
        loss, pooled = net.layers[place], False
        for before in walk_back(net, place, loss.bottom_names[0], _passes):
            layer = net.layers[before]
            if layer.type == "Pooling":
                pooled = True
            elif layer.type in _HARM and not _has_slope(layer):
                found = f"{layer.type} on the scores that '{loss.name}' ({loss.type}) takes"
                if pooled:
                    yield case.note(
                        layer,
                        f"{found}, before their average over all places",
                        "published nets do so (Network in Network, SqueezeNet) and learn; scores cannot fall below 0",
                        "Leave it where the weights were trained with it; else take it out.",
                        *_removal(case, layer),
                    )
                else:
                    yield case.error(
                        layer, found, _HARM[layer.type], _how_to_remove(case, layer), *_removal(case, layer)
                    )
                return


def _passes(layer: LayerView) -> bool:
    """Scores are still scores after it, or were none before: an activation goes on to nothing."""
    if layer.type == "Deconvolution":  # fixed bilinear interpolation
        return not any(rate_of(layer, index) for index in range(len(roles_of(layer) or ())))
    return layer.type in _SHAPES_ONLY or layer.type == "Pooling"


def _has_slope(layer: LayerView) -> bool:
    """A leaky ReLU lets scores below 0 through."""
    slope = layer.scalar_in("relu_param", "negative_slope")
    return layer.type == "ReLU" and slope is not None and bool(slope.number)


def _is_only(case: Case, layer: LayerView) -> bool:
    return len(case.net.named(layer.name)) == 1


def _how_to_remove(case: Case, layer: LayerView) -> str:
    if _is_only(case, layer):
        return "Take the layer out."
    first, last = (case.document.position(offset)[0] for offset in (layer.field.start, layer.field.end))
    others = f"another layer is named '{layer.name}' too, so no command can name this one"
    return f"Delete lines {first} to {last} by hand: {others}."


def _removal(case: Case, layer: LayerView) -> tuple[str, ...]:
    return (case.surgery("--remove", layer.name),) if _is_only(case, layer) else ()


check = ActivationBeforeLoss()
