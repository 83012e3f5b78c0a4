"""A deploy net against the net that was trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...surgery.inputs import is_data
from ...surgery.roles import roles_of
from ..case import Case
from ..check import Check
from ..classes import SOFTMAX_LOSSES
from ..finding import Finding

_PARAM = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
}
_IRRELEVANT = ("weight_filler", "bias_filler", "engine")


class DeployMatch(Check):
    """a deploy net that is not the net that was trained: other layers, sizes or no softmax"""

    def find(self, case: Case) -> Iterator[Finding]:
        if case.deploy is None:
            return
        trained, deploy = case, case.deploy
        yield from self._layers(trained, deploy)
        yield from self._input(trained, deploy)
        losses = [layer for layer in trained.train.layers if layer.type in SOFTMAX_LOSSES]
        ends = [layer for place, layer in enumerate(deploy.test.layers) if not deploy.test.takers(place)]
        if losses and ends and not any(layer.type == "Softmax" for layer in deploy.test.layers):
            yield deploy.warning(
                ends[-1],
                f"the net was trained with {losses[-1].type}, but has no Softmax here",
                "its output is scores, not probabilities",
                "Put one behind it.",
                deploy.surgery("--insert-after", f"{ends[-1].name}=Softmax:prob"),
            )

    @staticmethod
    def _layers(trained: Case, deploy: Case) -> Iterator[Finding]:
        known = {layer.name: layer for layer in trained.test.layers if roles_of(layer)}
        for layer in deploy.test.layers:
            if not roles_of(layer):
                continue
            other = known.get(layer.name)
            if other is None:
                yield deploy.error(
                    layer,
                    f"has parameters, and no layer of '{trained.file}' bears its name",
                    "its weights are not in what training saves: it starts from its filler, and predictions are chance",
                    "Make the deploy net from the train_val anew.",
                    f"surgery.py {trained.file} --to-deploy -o {deploy.file}",
                )
                continue
            for field, here, there in _differences(deploy.message_of(layer), trained.message_of(other), layer.type):
                line = trained.document.position(other.message.start)[0]
                yield deploy.error(
                    layer,
                    f"{field} is {here}, and {there} in training ({trained.file}:{line})",
                    "the weights do not fit, or mean something else",
                    "Make both alike.",
                )

    @staticmethod
    def _input(trained: Case, deploy: Case) -> Iterator[Finding]:
        data = [layer for layer in trained.test.layers if is_data(layer)][:1]
        for layer in data:
            there, here = trained.test.shape(layer.top_names[0]), deploy.test.shape(layer.top_names[0])
            if there is None or here is None or there[1:] == here[1:]:
                continue
            if trained.source(layer).raw_shape is None and there[2:] == here[2:]:
                continue  # the number of channels is guessed
            fixed = any(one.type == "InnerProduct" for one in deploy.test.layers)
            finding = deploy.error if fixed else deploy.note
            place = next((one for one in deploy.test.layers if layer.top_names[0] in one.top_names), None)
            yield finding(
                place,
                f"input '{layer.top_names[0]}' is {_size(here[1:])}, and {_size(there[1:])} in testing",
                "a fully connected layer takes images of one size: Caffe cannot load the weights"
                if fixed
                else "none, if the net is meant to see whole images of another size",
                "Give the input the size that the net was trained with (crop_size)." if fixed else "",
            )

    def measured(self, case: Case) -> Iterator[str]:
        if case.is_deploy or case.deploy is None:
            return
        for layer in [one for one in case.test.layers if is_data(one)][:1]:
            transform = getattr(case.message_of(layer), "transform_param", None)
            if transform is not None:
                yield f"whoever feeds the deploy net does what '{layer.name}' does: BGR, {_steps(transform)}"

    def lacks(self, case: Case) -> Iterator[str]:
        if case.deploy is None and not case.is_deploy:
            yield "the deploy net (--deploy D)"


def _differences(here: Any, there: Any, kind: str) -> Iterator[tuple[str, str, str]]:
    """Fields of a layer's own message that decide what its weights mean."""
    name = _PARAM.get(kind)
    if name is None or here is None or there is None:
        return
    a, b = getattr(here, name), getattr(there, name)
    for field in a.DESCRIPTOR.fields:
        if field.name not in _IRRELEVANT and getattr(a, field.name) != getattr(b, field.name):
            yield field.name, _shown(getattr(a, field.name)), _shown(getattr(b, field.name))


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, bool | int | float) else ", ".join(map(str, value)) or "none"


def _steps(transform: Any) -> str:
    mean = "the mean file's mean" if transform.mean_file else ", ".join(f"{one:g}" for one in transform.mean_value)
    taken = f"less {mean}, " if mean else ""
    return f"{taken}times {transform.scale:g}" + (
        f", {transform.crop_size} from the middle" * bool(transform.crop_size)
    )


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


check = DeployMatch()
