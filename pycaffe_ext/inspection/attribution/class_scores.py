"""One score per class: which blob holds them, their probabilities, and a class by name or number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import NetError, OptionError, UnknownNameError
from ..backprojection import Array
from ..subject import Subject


@dataclass(frozen=True)
class ClassScores:
    """Of a net with one number per class and picture.

    `blob`: what the last Softmax or Sigmoid takes, else the output; `count`: of classes; `last`: the layer that says
    how scores become probabilities ("Softmax", "Sigmoid", or "" where the net has none: then softmax is taken).
    """

    blob: str
    output: str
    count: int
    last: str

    def probabilities(self, output: Array) -> Array:
        """Of what the output blob holds, N x count."""
        flat = output.reshape(len(output), self.count)
        if self.last:
            return flat
        raised = np.exp(flat - flat.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    @property
    def note(self) -> str:
        """What a caption must say of the probabilities."""
        return "" if self.last else f"The net ends in '{self.output}' without a Softmax; probabilities are its softmax."


def class_scores(subject: Subject, output: str | None = None) -> ClassScores:
    """Of the net's last output, or of the one that is named. Raises UnknownNameError; NetError where it has maps."""
    name = subject.output if output is None else subject.check_blob(output)
    maker = next(layer for layer in reversed(subject.net.param.layer) if name in layer.top)
    is_squashed = maker.type in ("Softmax", "Sigmoid") and maker.bottom[0] != name
    shape = subject.net.blobs[name].shape
    if len(shape) < 2 or any(size != 1 for size in shape[2:]) or shape[1] < 2:
        size = " x ".join(map(str, shape))
        raise NetError("", f"{subject.file}: output '{name}' is {size}; one score per class is needed, N x classes")
    return ClassScores(
        blob=str(maker.bottom[0]) if is_squashed else name,
        output=name,
        count=int(shape[1]),
        last=str(maker.type) if maker.type in ("Softmax", "Sigmoid") else "",
    )


def find_class(subject: Subject, text: str, count: int) -> int:
    """A label of `count` by its number or its name, any case, as far as one name alone has it.

    Raises OptionError, UnknownNameError.
    """
    if text.isdigit():
        if int(text) >= count:
            raise OptionError(f"--class {text}: the net has the classes 0 to {count - 1}")
        return int(text)
    names = [name.lower() for name in subject.classes]
    exact = [label for label, name in enumerate(names) if name == text.lower()]
    near = exact or [label for label, name in enumerate(names) if text.lower() in name]
    if len(near) > 1:
        found = ", ".join(f"{label} {subject.classes[label]}" for label in near[:5])
        raise OptionError(f"--class {text} may be any of {found}; give the number")
    if not near or near[0] >= count:
        hint = "" if names else " (--classes FILE gives names)"
        raise UnknownNameError("class", text, subject.classes, where=subject.file + hint)
    return near[0]


def chosen_class(subject: Subject, scores: ClassScores, text: str | None, probabilities: Array) -> int:
    """The class that `--class` names, else the likeliest of these. Raises OptionError, UnknownNameError."""
    return int(probabilities.argmax()) if text is None else find_class(subject, text, scores.count)
