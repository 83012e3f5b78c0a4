"""The net of one phase out of a train_val, and a train_val out of two nets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ...errors import OptionError, PrototxtError
from ...model.view import LayerView, NetView
from ...text import Document, Edit, Field
from ...text.layout import New, insert_after, remove, remove_block
from ..operation import Operation, Option, Request

__all__ = ["merge_phases", "one_phase"]

_PHASES = ("TRAIN", "TEST")
_RULES = ("include", "exclude")


def one_phase(document: Document, phase: str) -> Iterator[Edit]:
    """Keeps the layers that are in the net in a phase (level 0, no stages), without their include and exclude rules.

    Raises NetError for a layer with both kinds of rules.
    """
    for layer in NetView(document).layers:
        if not _is_in(layer, phase):
            yield remove_block(document, layer.field)
            continue
        for name in _RULES:
            for field in layer.message.named(name):
                yield remove(document, field)


def _is_in(layer: LayerView, phase: str) -> bool:
    from ...model.phases import meets
    from ...proto.caffe_pb2 import NetState, NetStateRule, Phase
    from ...proto.files import parse_text

    text = layer.document.text
    state = NetState(phase=Phase.Value(phase))
    met = {}
    for name in _RULES:
        rules = layer.message.messages(name)
        try:
            parsed = [parse_text(text[rule.start + 1 : rule.end - 1], NetStateRule()) for rule in rules]
        except PrototxtError as error:
            raise layer.error(f"has no rule of phase, level and stage in {name}: {error}") from error
        met[name] = [meets(state, rule) for rule in parsed]
    if met["include"] and met["exclude"]:
        raise layer.error("has both include and exclude rules; keep those of one kind")
    return any(met["include"]) if met["include"] else not any(met["exclude"])


def merge_phases(document: Document, test: Document) -> Iterator[Edit]:
    """One net of two: `document` as it is in training, `test` as it is in testing; what both have stands once.

    Layers are the same if all their fields are. Raises NetError where one has rules already.
    """
    mine, theirs = NetView(document).layers, NetView(test).layers
    if not mine or not theirs:
        raise OptionError(f"{(test if mine else document).file}: there are no layers")
    for layer in (*mine, *theirs):
        if layer.is_v1 != mine[0].is_v1 or layer.is_v0:
            raise layer.error("is of another format; --upgrade the older net first")
        if layer.message.named("include") or layer.message.named("exclude"):
            raise layer.error("has include or exclude rules already; these nets are to be for one phase each")
    for tag, start, end, other_start, other_end in _opcodes(mine, theirs):
        if tag == "equal":
            continue
        for layer in mine[start:end]:
            yield _with_rule(layer, "TRAIN")
        text = "".join(_for_test(layer) + document.newline for layer in theirs[other_start:other_end])
        if text and end < len(mine):
            yield Edit(mine[end].field.start, mine[end].field.start, text)
        elif text:
            stop = mine[-1].field.stop
            yield Edit(stop, stop, document.newline + text.rstrip())


def _opcodes(mine: Sequence[LayerView], theirs: Sequence[LayerView]) -> list[tuple[str, int, int, int, int]]:
    from ..differences import fields_of_layer

    old, new = ([tuple(fields_of_layer(layer).items()) for layer in layers] for layers in (mine, theirs))
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _with_rule(layer: LayerView, phase: str) -> Edit:
    fields: list[Field] = [field for name in ("name", "type", "bottom", "top") for field in layer.message.named(name)]
    last = max(fields, key=lambda field: field.stop)
    rule = New("include", [New("phase", phase)], one_line=True)
    return insert_after(layer.document, last, [rule], layer.message.fields)


def _for_test(layer: LayerView) -> str:
    field = layer.field
    after = layer.document.apply([_with_rule(layer, "TEST")])
    grown = len(after.text) - len(layer.document.text)
    return after.text[field.start : field.end + grown]


class Phases(Operation):
    """Phases merged or split."""

    options = (
        Option("--phase", "the net of one phase, its rules resolved", "TRAIN|TEST"),
        Option("--phases", "with 'split': both of these, with --out-dir DIR, as NET_train and NET_test", "split"),
        Option("--merge-test", "this net for TRAIN and another for TEST as one net with include rules", "OTHER"),
    )
    touches = frozenset({"layer.include", "layer.include.*", "layer.exclude", "layer.exclude.*"})

    def parts(self, request: Request) -> Sequence[tuple[str, Request]]:
        if request.flag != "--phases":
            return ()
        if request.value != "split":
            raise OptionError(f"--phases takes split, not '{request.value}'; to merge two nets use --merge-test OTHER")
        return [(phase.lower(), Request("--phase", phase)) for phase in _PHASES]

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        flag, value = requests[0]
        if flag == "--merge-test":
            return merge_phases(document, Document.read(value))
        if value not in _PHASES:
            raise OptionError(f"--phase takes TRAIN or TEST, not '{value}'")
        return one_phase(document, value)

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        flag, value = requests[0]
        mine = NetView(document).layers
        if flag == "--phase":
            return (), [layer.name for layer in mine if not _is_in(layer, value)]
        theirs = NetView(Document.read(value)).layers
        codes = _opcodes(mine, theirs)
        return [layer.name for tag, _, _, i, j in codes if tag != "equal" for layer in theirs[i:j]], ()


operation = Phases()
