"""A train_val net from a deploy net: databases in, losses out, fillers where Caffe would start from zeros."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit, Field
from ...text.layout import New, quoted, remove, render
from ..fillers import FILLED, add_weight_filler
from ..operation import Operation, Option, Request

__all__ = ["to_train_val"]

_LOSSES = {"Softmax": "SoftmaxWithLoss", "Sigmoid": "SigmoidCrossEntropyLoss"}
_LABEL = "label"


def to_train_val(
    document: Document, train: str, test: str, transform: str = "", batches: tuple[int, int] = (64, 50)
) -> Iterator[Edit]:
    """Puts Data layers for two LMDBs in the place of the one input, and a loss in that of each Softmax or Sigmoid.

    Behind SoftmaxWithLoss also Accuracy for the TEST phase. `transform`: fields of transform_param, as text, for both
    phases. Layers with weights get a weight_filler (xavier) where they have none. Nothing is mirrored.
    Raises NetError for V1 nets, and where there is not one input; OptionError where no output can have a loss.
    """
    from ..fields import as_new, new_layer

    net = NetView(document)
    inputs = _inputs(net)
    outputs = _outputs(net)
    fields = as_new(Document(transform, "--transform").root.fields)
    first = inputs.layer or net.layers[0]
    data = []
    for phase, source, batch in (("TRAIN", train, batches[0]), ("TEST", test, batches[1])):
        rule = New("include", [New("phase", phase)], one_line=True)
        where = New(
            "data_param", [New("source", quoted(source)), New("batch_size", str(batch)), New("backend", "LMDB")]
        )
        more = [rule, *([New("transform_param", fields)] if fields else []), where]
        data.append(new_layer(first, inputs.blob, "Data", [], [inputs.blob, _LABEL], more))
    yield from _instead(document, inputs.fields, data)
    for layer in outputs:
        scores = layer.bottom_names[0]
        losses = [_loss(layer, scores, alone=len(outputs) == 1)]
        if layer.type == "Softmax":
            name = "accuracy" if len(outputs) == 1 else f"{scores}_accuracy"
            rule = New("include", [New("phase", "TEST")], one_line=True)
            losses.append(new_layer(layer, name, "Accuracy", [scores, _LABEL], [name], [rule]))
        yield from _instead(document, [layer.field], losses)
    for layer in net.layers:
        yield from add_weight_filler(layer)


class _Inputs(NamedTuple):
    blob: str
    fields: list[Field]
    layer: LayerView | None


def _inputs(net: NetView) -> _Inputs:
    layers = [layer for layer in net.layers if layer.type == "Input"]
    blobs = [scalar.value for scalar in net.inputs] + [top for layer in layers for top in layer.top_names]
    if not net.layers:
        raise OptionError(f"{net.document.file}: there are no layers")
    if net.layers[0].is_v1:
        raise net.layers[0].error("is of an old format (layers); --upgrade the net first")
    if len(blobs) != 1:
        raise OptionError(f"{net.document.file}: has {len(blobs)} inputs; --to-train-val takes a deploy net with one")
    if _LABEL in net.blobs:
        raise OptionError(f"{net.document.file}: has a blob '{_LABEL}' already; is this a train_val net?")
    names = ("input", "input_dim", "input_shape")
    fields = [field for field in net.document.root.fields if field.name in names] or [layers[0].field]
    return _Inputs(blobs[0], fields, layers[0] if layers else None)


def _outputs(net: NetView) -> list[LayerView]:
    taken = {blob for layer in net.layers for blob in layer.bottom_names if layer.top_names != [blob]}
    ends = [layer for layer in net.layers if layer.type in _LOSSES and not set(layer.top_names) & taken]
    if not ends:
        last = net.layers[-1]
        raise last.error(f"no Softmax or Sigmoid makes an output, so no loss is known; the last layer is a {last.type}")
    return ends


def _loss(layer: LayerView, scores: str, alone: bool) -> New:
    from ..fields import as_new, new_layer

    name = "loss" if alone else f"{scores}_loss"
    axis = [field for field in layer.message.fields if field.name == "softmax_param"]
    return new_layer(layer, name, _LOSSES[layer.type], [scores, _LABEL], [name], as_new(axis))


def _instead(document: Document, fields: Sequence[Field], new: Sequence[New]) -> Iterator[Edit]:
    """New layers where the first of the fields is; all of them go."""
    text = document.newline.join(render(document, one, document.root.fields, "") for one in new)
    yield Edit(fields[0].start, fields[0].stop, text)
    for field in fields[1:]:
        yield remove(document, field)  # a comment behind it stays


class ToTrainVal(Operation):
    """A train_val net from a deploy net."""

    options = (
        Option("--to-train-val", "data layers for two LMDBs, losses and Accuracy (train_lmdb,test_lmdb)", "TRAIN,TEST"),
        Option("--transform", "with --to-train-val: fields of both transform_param ('crop_size: 227')", "FIELDS"),
        Option("--batch", "with --to-train-val: batch sizes (default: 64,50)", "TRAIN,TEST"),
    )
    touches = frozenset(
        {"input", "input_dim", "input_shape", "input_shape.*"} | {f"layer.{name}.weight_filler.type" for name in FILLED}
    )
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        values = {request.flag: request.value for request in requests}
        if "--to-train-val" not in values:
            raise OptionError("--transform and --batch say something to --to-train-val; give them side by side")
        sources = values["--to-train-val"].split(",")
        if len(sources) != 2 or not all(sources):
            raise OptionError(f"--to-train-val takes two LMDBs, as train_lmdb,test_lmdb, not '{sources[0]}'")
        return to_train_val(document, sources[0], sources[1], values.get("--transform", ""), _batches(values))

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        net = NetView(document)
        inputs, outputs = _inputs(net), _outputs(net)
        added = [inputs.blob, inputs.blob]
        for layer in outputs:
            scores = layer.bottom_names[0]
            added.append("loss" if len(outputs) == 1 else f"{scores}_loss")
            if layer.type == "Softmax":
                added.append("accuracy" if len(outputs) == 1 else f"{scores}_accuracy")
        return added, [layer.name for layer in ([inputs.layer] if inputs.layer else []) + outputs]


def _batches(values: dict[str, str]) -> tuple[int, int]:
    sizes = values.get("--batch", "64,50").split(",")
    if len(sizes) != 2 or not all(size.isascii() and size.isdigit() and int(size) for size in sizes):
        raise OptionError(f"--batch takes two whole numbers, as 64,50, not '{values['--batch']}'")
    return int(sizes[0]), int(sizes[1])


operation = ToTrainVal()
