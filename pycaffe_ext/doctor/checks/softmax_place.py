"""Softmax where the loss has its own, and none where probabilities are wanted."""

from __future__ import annotations

from collections.abc import Iterator

from ...surgery.roles import roles_of
from ..case import Case
from ..check import Check
from ..classes import SOFTMAX_LOSSES
from ..finding import Finding
from ..phase_net import walk_back

_INSIDE = {**dict.fromkeys(SOFTMAX_LOSSES, "Softmax"), "SigmoidCrossEntropyLoss": "Sigmoid"}
_SAME = ("Split", "Reshape", "Flatten", "Crop")


class SoftmaxPlace(Check):
    """softmax before a loss that has its own; a deploy net that ends in bare scores"""

    def find(self, case: Case) -> Iterator[Finding]:
        for net in case.phases:
            for place, loss in enumerate(net.layers):
                if loss.type not in _INSIDE or not loss.bottoms:
                    continue
                for before in walk_back(net, place, loss.bottom_names[0], lambda layer: layer.type in _SAME):
                    layer = net.layers[before]
                    if layer.type == _INSIDE[loss.type]:
                        yield case.error(
                            layer,
                            f"{layer.type} before '{loss.name}': {loss.type} applies one itself",
                            "its scores lie between 0 and 1, so that gradients are small from the start: the loss"
                            " falls slowly and stops high",
                            f"Let '{loss.name}' take '{layer.bottom_names[0]}'; probabilities belong into deploy.",
                            *([case.surgery("--remove", layer.name)] if len(case.net.named(layer.name)) == 1 else []),
                        )
        if case.is_deploy:
            yield from self._bare_scores(case)

    @staticmethod
    def _bare_scores(case: Case) -> Iterator[Finding]:
        """Of a deploy net given alone, for want of its train_val, it is not known that it should."""
        net = case.test
        ends = [place for place, layer in enumerate(net.layers) if not net.takers(place) and roles_of(layer)]
        classes = [place for place in ends if net.layers[place].type == "InnerProduct"]
        if len(ends) == 1 and classes and not any(layer.type in ("Softmax", "Sigmoid") for layer in net.layers):
            layer = net.layers[classes[0]]
            yield case.note(
                layer,
                f"the net ends in '{layer.name}' ({layer.type}), without Softmax or Sigmoid",
                "its output is scores, not probabilities; their order is the same",
                "Put a Softmax behind it, if its loss in training was SoftmaxWithLoss.",
                case.surgery("--insert-after", f"{layer.name}=Softmax:prob"),
            )


check = SoftmaxPlace()
