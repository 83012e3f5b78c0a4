"""BatchNorm's use_global_stats: whether it normalises by what it has learned or by the batch."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.view import LayerView
from ..text import Edit, Message
from ..text.layout import New, insert_after, insert_first, remove, replace
from .rates import last_heading

BATCH_NORMS = ("BatchNorm", "BatchNormScale")


def use_global_stats(layer: LayerView) -> Iterator[Edit]:
    """Writes use_global_stats: true."""
    new = New("use_global_stats", "true")
    message = layer.message.message("batch_norm_param")
    if message is None:
        block = New("batch_norm_param", [new])
        yield insert_after(layer.document, last_heading(layer), [block], layer.message.fields)
        return
    written = message.scalar("use_global_stats")
    if written is None:
        yield insert_first(layer.document, message, new)
    elif not written.is_true:
        yield from replace(written, "true")


def use_batch_stats(layer: LayerView) -> Iterator[Edit]:
    """Takes use_global_stats: true out; Caffe's default is right in both phases."""
    text = layer.document.text
    for block in layer.message.named("batch_norm_param"):
        for message in block.values:
            if not isinstance(message, Message) or not layer.is_true("batch_norm_param", "use_global_stats"):
                continue
            for field in message.named("use_global_stats"):
                others = text[message.start + 1 : field.start] + text[field.stop : message.end - 1]
                yield remove(layer.document, field if others.strip() or block.is_list else block)
