"""The diagram itself, for Graphviz: boxes with coloured lines, a legend, and edges that show where gradients flow."""

from __future__ import annotations

from collections.abc import Sequence

from ...graphviz import Graph, Html, html_text
from ...surgery.table import learning_rows
from ...text import Document
from .boxes import Box, Line, boxes_of

FROZEN, STATISTICS, PLAIN = "#9ecae1", "#d9d9d9", "#ffffff"
_LEARNS = ((0.0, "#fee6ce"), (1.0, "#fdae6b"), (1.0001, "#f16913"))
"""By lr_mult: below 1, 1, above."""
_UNTRAINED = "#dadaeb"  # parameters of a net that does not train
_OF_KIND = {"data": "#c7e9c0", "sink": "#fcbba1"}
_GRADIENT, _NO_GRADIENT = "#333333", "#aaaaaa"
_FONT = "Helvetica,Arial,sans-serif"


def diagram(document: Document, *, direction: str = "TB") -> Graph:
    """The graph of a net, both phases in one. `direction`: TB (input above) or LR (input on the left).

    Raises what boxes_of raises.
    """
    boxes = boxes_of(document)
    name = document.root.text_of("name") or document.file
    trains = any(flows for box in boxes for _, _, flows in box.takes)
    graph = Graph(name, direction)
    graph.attributes = {
        "label": Html(f"<b>{html_text(name)}</b>: {html_text(_totals(document, trains))}"),
        "labelloc": "t",
        "fontname": _FONT,
        "fontsize": "16",
        "nodesep": "0.18",
        "ranksep": "0.3",
        "bgcolor": "white",
    }
    graph.nodes["legend"] = _node(_legend(boxes, trains))
    for box in boxes:
        labels = dict.fromkeys(blob for number, blob, _ in box.takes if _is_label(boxes, box, number))
        graph.nodes[_id(box.number)] = _node(_label(box, list(labels), trains))
    for box in boxes:
        for number, blob, flows in box.takes:
            if _is_label(boxes, box, number):
                continue
            ends = (_id(number), _id(box.number))
            label = blob if _has_several_tops(boxes, number) else ""
            graph.edges.append((*ends, label))
            graph.of_edges[ends] = {
                "color": _GRADIENT if flows or not trains else _NO_GRADIENT,
                "penwidth": "1.6" if flows else "1",
                "style": "solid" if flows or not trains else "dashed",
                "fontname": _FONT,
                "fontsize": "9",
                "arrowsize": "0.7",
            }
    return graph


def _id(number: int) -> str:
    return f"box {number}"


def _is_label(boxes: Sequence[Box], box: Box, number: int) -> bool:
    """Whether a loss takes data: written into its box, since such edges would run past the whole net."""
    return box.kind == "sink" and boxes[number].kind == "data"


def _has_several_tops(boxes: Sequence[Box], number: int) -> bool:
    drawn = [box for box in boxes if not _is_label(boxes, box, number)]
    blobs = {blob for box in drawn for taken, blob, _ in box.takes if taken == number}
    return len(blobs) > 1


def _node(label: str) -> dict[str, str]:
    return {"shape": "plain", "label": Html(label), "fontname": _FONT, "fontsize": "11"}


def _label(box: Box, labels: Sequence[str], trains: bool) -> str:
    """A table: a row for each layer, then the labels that a loss takes, or the shape of what comes out."""
    rows = [_row(line, _colour(line, box.kind, trains)) for line in box.lines]
    if labels:
        names = html_text(", ".join(labels))
        rows.append(f'<tr><td><font point-size="9" color="#555555">against {names}</font></td></tr>')
    if box.shape and box.kind != "sink":
        shape = " x ".join(map(str, box.shape))
        rows.append(f'<tr><td><font point-size="9" color="#555555">{shape}</font></td></tr>')
    phases = {line.phase for line in box.lines[:1]}
    style = ' style="dashed"' if phases != {""} else ""
    return f'<table border="1" cellborder="0" cellspacing="0" cellpadding="2"{style}>{"".join(rows)}</table>'


def _row(line: Line, colour: str) -> str:
    tag = f' <font point-size="9"><b>[{line.phase} only]</b></font>' if line.phase else ""
    text = f'<b>{html_text(line.name)}</b>{tag}<br/><font point-size="9">{html_text(line.words)}</font>'
    if line.rates:
        count = "? parameters" if line.parameters is None else f"{line.parameters:,} parameters"
        text += f'<br/><font point-size="9">{count}{html_text(_rates(line))}</font>'
    return f'<tr><td bgcolor="{colour}">{text}</td></tr>'


def _rates(line: Line) -> str:
    """Behind the number of parameters: frozen, or the lr_mult where it is not 1 for all."""
    rates = [rate for rate in line.rates if rate is not None]
    if not rates:
        return ", statistics"
    if not any(rates):
        return ", frozen"
    return "" if set(rates) == {1.0} else f", lr_mult {', '.join(f'{rate:g}' for rate in rates)}"


def _colour(line: Line, kind: str, trains: bool) -> str:
    if not line.rates:
        return _OF_KIND.get(kind, PLAIN)
    rates = [rate for rate in line.rates if rate is not None]
    if not rates:
        return STATISTICS
    if not any(rates):
        return FROZEN
    if not trains:
        return _UNTRAINED
    return next(colour for least, colour in reversed(_LEARNS) if rates[0] >= least)


def _totals(document: Document, trains: bool) -> str:
    """Shared parameters count once, and as learned where any of those who share them learns."""
    rows = learning_rows(document)[0]
    sizes: dict[str, int] = {}
    learned: set[str] = set()
    for row in rows:
        for owner, size, rate in zip(row.owners, row.sizes or (), row.rates, strict=False):
            sizes[owner] = size
            learned |= {owner} if rate else set()
    text = f"{sum(sizes.values()):,} parameters"
    if any(row.sizes is None for row in rows):
        text += " and some whose number is not known"
    frozen = sum(size for owner, size in sizes.items() if owner not in learned)
    return text + (f", {frozen:,} of them frozen" if trains and frozen else "")


def _legend(boxes: Sequence[Box], trains: bool) -> str:
    """What the colours mean, as far as they occur."""
    used = {_colour(line, box.kind, trains) for box in boxes for line in box.lines}
    meanings = [
        ("#fee6ce", "learns, lr_mult below 1"),
        ("#fdae6b", "learns, lr_mult 1"),
        ("#f16913", "learns, lr_mult above 1"),
        (FROZEN, "frozen: lr_mult 0"),
        (STATISTICS, "statistics that training gathers"),
        (_UNTRAINED, "has parameters"),
        (PLAIN, "has no parameters"),
        (_OF_KIND["data"], "data"),
        (_OF_KIND["sink"], "loss or score"),
    ]
    rows = [
        f'<tr><td bgcolor="{colour}" border="1" width="26"></td><td align="left">{meaning}</td></tr>'
        for colour, meaning in meanings
        if colour in used
    ]
    if trains:
        for sign, meaning in (("&#8212;", "a gradient flows back"), ("- -", "no gradient")):
            colour = _GRADIENT if sign != "- -" else _NO_GRADIENT
            rows.append(f'<tr><td><font color="{colour}"><b>{sign}</b></font></td><td align="left">{meaning}</td></tr>')
    return f'<table border="1" cellborder="0" cellspacing="3" cellpadding="2" color="#bbbbbb">{"".join(rows)}</table>'
