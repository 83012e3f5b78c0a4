"""What learns in a net, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.view import LayerView, NetView
from ..text import Document
from .rates import rate_of
from .roles import STATISTIC, roles_of


class Row(NamedTuple):
    """A layer with parameters. `rates`: lr_mult of each, None for a running statistic that training moves.

    `sizes`: how many numbers each holds, None where that is not known; `owners`: what each is shared under.
    """

    name: str
    type: str
    rates: tuple[float | None, ...]
    sizes: tuple[int, ...] | None
    owners: tuple[str, ...]


def learning_rows(document: Document) -> tuple[list[Row], str]:
    """One row for each layer name that has parameters, and in words why some sizes are missing (or nothing)."""
    from .counts import parameter_counts  # not above: it brings protobuf

    counts, problem = parameter_counts(document)
    rows: dict[str, Row] = {}
    for layer in NetView(document).layers:
        roles = roles_of(layer)
        if roles and layer.name not in rows:
            sizes = counts.get(layer.name)
            fits = sizes is not None and len(sizes) == len(roles)
            rows[layer.name] = Row(
                layer.name,
                layer.type,
                tuple(_rate(layer, index, role) for index, role in enumerate(roles)),
                tuple(sizes) if sizes is not None and fits else None,
                tuple(_owner(layer, index) for index in range(len(roles))),
            )
    return list(rows.values()), problem


def learning_table(document: Document) -> str:
    """The rows as text: layer, type, what it learns at, number of parameters; totals and remarks below."""
    rows, problem = learning_rows(document)
    if not rows:
        return "no layer has parameters"
    lines = [("layer", "type", "lr_mult", "parameters")]
    for row in rows:
        count = "?" if row.sizes is None else f"{sum(row.sizes):,}"
        lines.append((row.name, row.type, _shown(row.rates), count))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    text = [f"{a:{widths[0]}}  {b:{widths[1]}}  {c:{widths[2]}}  {d:>{widths[3]}}" for a, b, c, d in lines]
    text += ["", _totals(rows)]
    if any(row.sizes is None for row in rows):
        text.append(f"?: not known: {problem or 'below a layer type of a fork, or data of unknown shape'}")
    return "\n".join(text)


def _rate(layer: LayerView, index: int, role: str) -> float | None:
    if role != STATISTIC:
        return rate_of(layer, index)
    return 0.0 if layer.is_true("batch_norm_param", "use_global_stats") else None


def _owner(layer: LayerView, index: int) -> str:
    names = (
        [scalar.value for scalar in layer.body.scalars("param")]
        if layer.is_v1
        else [param.text_of("name") for param in layer.params]
    )
    shared = names[index] if index < len(names) else ""
    return shared or f"{layer.name}[{index}]"


def _shown(rates: Sequence[float | None]) -> str:
    """ "1, 2" for weight and bias, one number where all are alike, and words for nothing learned."""
    learned = [rate for rate in rates if rate is not None]
    if not learned:
        return "statistics"
    if not any(learned):
        return "frozen"
    texts = [f"{rate:g}" for rate in learned]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def _totals(rows: Sequence[Row]) -> str:
    learning = sum(any(row.rates) for row in rows)
    sizes: dict[str, tuple[int, bool]] = {}
    for row in rows:
        for owner, size, rate in zip(row.owners, row.sizes or (), row.rates, strict=False):
            sizes[owner] = (size, bool(rate) or sizes.get(owner, (0, False))[1])
    learned = sum(size for size, learns in sizes.values() if learns)
    total = sum(size for size, _ in sizes.values())
    unknown = sum(row.sizes is None for row in rows)
    also = f" (and those of {unknown} layers whose size is not known)" if unknown else ""
    return f"{learning} of {len(rows)} layers learn: {learned:,} of {total:,} parameters{also}"
