"""A summary as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .summary import Summary

_MOST_ROWS = 30  # of a table of classes
_MOST_NUMBERS = 6
_BAR = 24


def summary_lines(summary: Summary, names: Mapping[int, str], ignore: int | None = None) -> Iterator[str]:
    """The summary; `names`: names of labels, where known. `ignore`: a label that gets no class weight."""
    yield f"{summary.path}: {summary.entries} entries, {summary.total_bytes / 1e6:.1f} MB"
    if not summary.entries:
        return
    first, last = (key.decode(errors="backslashreplace") for key in (summary.first_key, summary.last_key))
    yield f"  keys       {first} ... {last}" + ("" if summary.numbered else "  (not numbered one by one from 0)")
    kinds = ", ".join(f"{kind} {count}" for kind, count in summary.encodings.most_common())
    yield f"  stored as  {kinds or 'no Datums'}, {summary.smallest} to {summary.largest} bytes each"
    if summary.unreadable:
        yield f"  unreadable {summary.unreadable} entries; --verify names them"
    shapes = [f"{'x'.join(map(str, shape))} ({count})" for shape, count in summary.shapes.most_common(4)]
    more = f", ... {len(summary.shapes)} shapes" if len(summary.shapes) > 4 else ""
    yield f"  shapes     {', '.join(shapes)}{more}"
    if len(summary.shapes) > 1:
        yield "             a Data layer wants one shape, or crop_size, or batch_size: 1"
    if not summary.labels:
        return
    if summary.ranges:
        spans = [f"{low:g} to {high:g}" for low, high in summary.ranges]
        more = f", ... {len(spans)} numbers" if len(spans) > _MOST_NUMBERS else ""
        yield f"  numbers    {', '.join(spans[:_MOST_NUMBERS])}{more}"
    if summary.is_label_maps:
        yield f"  label maps of {len(summary.pixels)} classes"
    else:
        order = "in mixed order" if summary.is_shuffled else "in blocks of equal labels: a Data layer does not shuffle"
        if len(summary.labels) == 1:
            yield f"  labels     {next(iter(summary.labels))} everywhere"
            return
        yield f"  labels     {len(summary.labels)} different, {order}"
    yield from _table(summary, names, ignore)


def _table(summary: Summary, names: Mapping[int, str], ignore: int | None) -> Iterator[str]:
    counts, weights = summary.class_counts(), summary.class_weights(ignore)
    total, most = sum(counts.values()), max(counts.values())
    what = "pixels" if summary.is_label_maps else "entries"
    yield f"  {'label':>7} {what:>12} {'share':>7} {'weight':>8}"
    for row, (label, count) in enumerate(counts.items()):
        if row == _MOST_ROWS and len(counts) > _MOST_ROWS + 1:
            yield f"  ... {len(counts) - _MOST_ROWS} more; --json lists all"
            break
        weight = f"{weights[label]:8.3g}" if label in weights else f"{'ignored':>8}"
        bar = "#" * round(_BAR * count / most)
        yield f"  {label:>7} {count:>12} {count / total:7.2%} {weight}  {bar:<{_BAR}} {names.get(label, '')}".rstrip()
    if len(weights) > 1:
        yield "  weight: median frequency balancing, for a loss that weighs classes (InfogainLoss: the diagonal of H)"
