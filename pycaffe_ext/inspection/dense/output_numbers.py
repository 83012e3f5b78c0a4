"""What the numbers of an output give away: whether its softmax is missing or applied twice, or its scores are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_SURE = 0.9  # a net that has learned anything gives some pixel so much

Numbers = npt.NDArray[np.floating[Any]]


class OutputNumbers:
    """Gathers what is needed from outputs and logits, both K x h x w, image by image."""

    def __init__(self) -> None:
        self.classes = self.pixels = 0
        self._lowest, self._sum_error, self._equal = np.inf, 0.0, 0
        self._inner_lowest, self._inner_highest = np.inf, -np.inf
        self._score_lowest, self._zero_scores = np.inf, 0

    def add(self, output: Numbers, logits: Numbers) -> None:
        """One image's numbers."""
        values = np.asarray(output, np.float64).reshape(len(output), -1)
        self.classes, self.pixels = len(values), self.pixels + values.shape[1]
        self._lowest = min(self._lowest, float(values.min()))
        self._sum_error = max(self._sum_error, float(np.abs(values.sum(axis=0) - 1).max()))
        self._equal += int((np.ptp(values, axis=0) < 1e-6).sum())
        if self._lowest <= 0:  # the softmax of probabilities is nowhere 0
            self._inner_lowest = -np.inf
        elif self._is_probability:
            inner = before_softmax(values)
            self._inner_lowest = min(self._inner_lowest, float(inner.min()))
            self._inner_highest = max(self._inner_highest, float(inner.max()))
        self._score_lowest = min(self._score_lowest, float(logits.min()))
        self._zero_scores += int((logits == 0).sum())

    @property
    def _is_probability(self) -> bool:
        return self._lowest >= 0 and self._sum_error < 1e-3

    @property
    def softmax(self) -> str:
        """ "missing", "once", "twice", or "unknown" where the net is too unsure of all pixels to tell."""
        if not self._is_probability:
            return "missing"
        if self._inner_lowest < -1e-3 or self._equal == self.pixels:
            return "once"
        return "twice" if self._inner_highest > _SURE else "unknown"

    @property
    def are_scores_cut(self) -> bool:
        """Whether no logit is negative and many are exactly 0, as behind a ReLU."""
        return self._score_lowest == 0 and self._zero_scores > 0.01 * self.pixels * self.classes

    def findings(self, output: str, logits: str) -> list[str]:
        """Sentences for the user, first about the softmax."""
        limit = np.e / (np.e + self.classes - 1)
        found = [
            {
                "missing": f"'{output}' holds scores, not probabilities: there is no softmax behind the last layer. "
                "The class that is chosen is the same without it; heat maps below are of the softmax of the scores.",
                "once": f"'{output}' holds probabilities: the softmax was applied once.",
                "twice": f"The softmax was applied twice: '{output}' is the softmax of numbers that are probabilities "
                f"themselves, so none can exceed {limit:.3g} (e / (e + {self.classes} - 1)). Take one away; if the net "
                "was trained like that, its gradients were small: train it again.",
                "unknown": f"'{output}' holds probabilities that are all so close to each other that one softmax "
                "looks like two: the net is unsure everywhere.",
            }[self.softmax]
        ]
        if self._equal:
            share = self._equal / self.pixels
            found.append(f"{share:.1%} of the pixels have the same number for every class: the net says nothing there.")
        if self.are_scores_cut:
            share = self._zero_scores / (self.pixels * self.classes)
            found.append(
                f"No number of '{logits}' is negative, and {share:.1%} are exactly 0: a ReLU cuts the scores. A class "
                "whose score is cut gets no gradient there and can stay dead; remove the ReLU and train again."
            )
        return found


def before_softmax(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The numbers of sum 1 whose softmax (over axis 0) is given, all of it above 0.

    Softmax leaves out a constant: q = log p + (1 - sum of log p) / K.
    """
    logs = np.log(probabilities)
    return np.asarray(logs + (1 - logs.sum(axis=0)) / len(logs))


def as_probabilities(output: Numbers) -> Numbers:
    """The output K x h x w itself where its numbers are probabilities, else their softmax."""
    if output.min() >= 0 and np.abs(output.sum(axis=0) - 1).max() < 1e-3:
        return output
    powers = np.exp(output - output.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0))
