"""Classes that are much rarer than others, and what a net scores that has learned nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..check import Check
from ..class_weights import median_frequency
from ..classes import SOFTMAX_LOSSES, ClassUse
from ..finding import Finding
from ..label_counts import LabelCounts, label_counts
from ..labelled import all_class_uses, unreadable_labels

_UNEVEN = 10  # the largest class holds so many times what the smallest one does
_LARGE = 0.8  # of all labels in one class
_SHOWN = 6


class ClassBalance(Check):
    """classes of very different frequency; what the constant answer would score"""

    def find(self, case: Case) -> Iterator[Finding]:
        for use, counts, seen in _trained(case):
            constant = max(seen.values()) / sum(seen.values())
            if use.layer.type == "InfogainLoss" or not (
                max(seen.values()) > _UNEVEN * min(seen.values()) or constant > _LARGE
            ):
                continue
            assert use.classes is not None and use.labels is not None
            weights = median_frequency(counts, use.classes, use.ignore)
            yield case.warning(
                use.layer,
                f"class {max(seen, key=seen.__getitem__)} is {constant:.1%} of all {counts.unit} in"
                f" '{use.labels.written}', class {min(seen, key=seen.__getitem__)} is"
                f" {min(seen.values()) / sum(seen.values()):.2%} ({counts.extent})",
                f"a net that always gives the commonest class scores {constant:.1%}, and may well stay there; rare"
                " classes are hardly learned. Look at the accuracy per class, not at the whole",
                "Weigh the classes by median frequency (InfogainLoss; Caffe has it on the CPU only): the weights are "
                + ", ".join(f"{weight:.3g}" for weight in weights[:_SHOWN])
                + (", ..." if len(weights) > _SHOWN else "")
                + ".",
                f"doctor.py {case.file} --write-class-weights class_weights.binaryproto",
            )

    def measured(self, case: Case) -> Iterator[str]:
        for use, counts, seen in _trained(case):
            assert use.labels is not None
            constant = max(seen, key=seen.__getitem__)
            share = seen[constant] / sum(seen.values())
            yield (
                f"constant answer: always class {constant} is right for {share:.1%} of the {counts.unit} in"
                f" '{use.labels.written}'"
            )

    def lacks(self, case: Case) -> Iterator[str]:
        return unreadable_labels(case)


def _trained(case: Case) -> Iterator[tuple[ClassUse, LabelCounts, dict[int, int]]]:
    """The losses of training with their labels, as far as they are classes."""
    for use in all_class_uses(case):
        if use.net.name == "TRAIN" and use.layer.type in SOFTMAX_LOSSES and use.classes:
            counts = label_counts(case, use)
            seen = counts.of_classes(use.ignore) if counts is not None else {}
            seen = {value: count for value, count in seen.items() if 0 <= value < use.classes}
            if counts is not None and len(seen) > 1:
                yield use, counts, seen


check = ClassBalance()
