"""Labels that are no class of the scores they are held against."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..check import Check
from ..classes import ClassUse
from ..finding import Finding
from ..label_counts import LabelCounts, label_counts
from ..labelled import all_class_uses, unreadable_labels


class Labels(Check):
    """labels outside num_output, or that ignore_label should name"""

    def find(self, case: Case) -> Iterator[Finding]:
        for use in all_class_uses(case):
            counts = label_counts(case, use)
            if counts is None or use.classes is None or use.labels is None:
                continue
            bad = {v: n for v, n in counts.of_classes(use.ignore).items() if not 0 <= v < use.classes}
            if bad:
                yield self._outside(case, use, counts, bad)
            elif counts.entries == counts.total and use.layer.type != "Accuracy":
                yield from self._never(case, use, counts)

    @staticmethod
    def _outside(case: Case, use: ClassUse, counts: LabelCounts, bad: dict[int, int]) -> Finding:
        assert use.classes is not None and use.labels is not None
        values = list(bad)
        shown = ", ".join(map(str, values[:5])) + (", ..." if len(values) > 5 else "")
        ignored = ", and ignore_label is none of them" if use.ignore is not None else ""
        problem = (
            f"'{use.layer.name}' has {use.classes} classes (0 to {use.classes - 1}), but '{use.labels.written}' holds"
            f" label {shown}: {sum(bad.values()):,} {counts.unit}, first in entry '{counts.first[values[0]]}'{ignored}"
        )
        effect = "Caffe reads beyond the scores' memory and says nothing: the loss is nan, or wrong in each run anew"
        commands: list[str] = []
        if max(values) >= 250 and len(values) == 1:
            remedy = f"If {values[0]} means 'no label', let the loss ignore it."
            field = "accuracy_param" if use.layer.type == "Accuracy" else "loss_param"
            commands.append(case.surgery("--set", f"{use.layer.name}.{field}.ignore_label={values[0]}"))
        elif min(values) < 0:
            remedy = "Labels count from 0: make the database anew with others, or name the one to ignore in loss_param."
        else:
            remedy = "Labels count from 0. If they are right, the last layer needs more outputs."
            if use.head is not None:
                commands.append(case.surgery("--num-output", f"{use.head.name}={max(values) + 1}"))
        return case.error(use.layer, problem, effect, remedy, *commands)

    @staticmethod
    def _never(case: Case, use: ClassUse, counts: LabelCounts) -> Iterator[Finding]:
        assert use.classes is not None and use.labels is not None
        seen = counts.of_classes(use.ignore)
        never = [value for value in range(use.classes) if value not in seen]
        if use.net.name != "TRAIN" or not never:
            return
        at_end = len(seen) == never[0] and never[-1] == use.classes - 1
        which = f"{never[0]} to {never[-1]}" if at_end and len(never) > 1 else ", ".join(map(str, never[:5]))
        more = ", ..." if len(never) > 5 and not at_end else ""
        remedy = "Leave it so if the data is still to grow."
        commands = []
        if at_end and use.head is not None and len(seen) > 1:
            remedy = "Give the last layer as many outputs as there are classes (and a new name, to load other weights)."
            commands.append(case.surgery("--replace-head", f"{use.head.name}={use.head.name}_new,{len(seen)}"))
        yield case.note(
            use.layer,
            f"'{use.layer.name}' has {use.classes} classes, but '{use.labels.written}' has no label {which}{more}",
            "those classes only learn never to be said",
            remedy,
            *commands,
        )

    def lacks(self, case: Case) -> Iterator[str]:
        yield from unreadable_labels(case)
        for use in all_class_uses(case):
            if use.classes is None:
                yield f"'{use.layer.name}': the number of classes of its bottom '{use.scores}' is not known"


check = Labels()
