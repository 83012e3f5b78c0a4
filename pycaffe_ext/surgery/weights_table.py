"""What became of the weights, as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .weights import Change, Weights


def weights_table(weights: Weights) -> str:
    """One line for each layer whose blobs changed, and how many did not."""
    changes = weights.changes()
    lines = [_line(change) for change in changes if change.kind != "kept"]
    if not lines:
        return f"weights: all {len(changes)} layers are kept"
    lines.insert(0, ("layer", "weights", "shapes"))
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    text = [f"{name:{widths[0]}}  {kind:{widths[1]}}  {shapes}".rstrip() for name, kind, shapes in lines]
    counts = Counter(change.kind for change in changes)
    kinds = ("kept", "renamed", "new shape", "new values", "new", "dropped")
    return "\n".join([*text, "", ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind])])


def _line(change: Change) -> tuple[str, str, str]:
    name = change.name if change.was in ("", change.name) else f"{change.was} -> {change.name}"
    before, after = shapes_text(change.before), shapes_text(change.after)
    shapes = before if change.before == change.after or not change.after else after
    return name, change.kind, f"{before} -> {after}" if change.kind == "new shape" else shapes


def shapes_text(shapes: Sequence[tuple[int, ...]]) -> str:
    """Shapes such as "64 x 3 x 7 x 7, 64"."""
    return ", ".join(" x ".join(map(str, shape)) or "1 number" for shape in shapes) or "none"
