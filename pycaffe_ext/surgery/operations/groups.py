"""Grouped convolutions without groups: as one dense convolution, or as one convolution per group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...text import Document, Edit
from ...text.layout import New, quoted, replace
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, change, needed

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__: list[str] = []

_PARAM = "convolution_param"


class Groups(Planned):
    """Grouped convolutions without groups."""

    options = (
        Option(
            "--merge-groups",
            "grouped convolutions that fit become one without groups, whose weights are zero where no group looked",
            "PATTERN",
        ),
        Option(
            "--split-groups",
            "grouped convolutions that fit become a Slice, one convolution per group (conv2_1, conv2_2, ...) and a"
            " Concat",
            "PATTERN",
        ),
    )
    touches = frozenset({"layer.convolution_param.*"})
    equivalent = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        request = requests[0]
        anatomy = Anatomy(document)
        matching = anatomy.matching(request.value)
        found = [part for part in matching if part.type == "Convolution" and part.param.convolution_param.group > 1]
        if not found:
            raise matching[0].error(f"is no Convolution with groups; {request.flag} has nothing to do")
        plan = Plan()
        for part in found:
            if request.flag == "--merge-groups":
                _merge(part, plan)
            else:
                _split(anatomy, part, plan)
        return plan


def _merge(part: Part, plan: Plan) -> None:
    from ..fields import set_fields

    message = part.param.convolution_param
    plan.edits += set_fields(part.view, _PARAM, {"group": None})

    def dense(blobs: list[Any]) -> list[Any]:
        from ..arithmetic import dense_weight

        return [dense_weight(blobs[0], message.group), *blobs[1:]]

    plan.acts[part.name] = change(part.name, dense)


def _split(anatomy: Anatomy, part: Part, plan: Plan) -> None:
    """The layer gives way to Slice, convolutions and Concat; the first of these keeps what the layer's text says."""
    from ..fields import insert_layers_after, insert_layers_before, new_layer, set_fields

    view, message = part.view, part.param.convolution_param
    if len(view.bottoms) != 1 or len(view.tops) != 1:
        raise part.error(f"has {len(view.bottoms)} bottoms; --split-groups takes a layer of one bottom and one top")
    if message.axis != 1:
        raise part.error(f"has its channels on axis {message.axis}; --split-groups takes axis 1")
    if any(spec.name for spec in part.param.param):
        raise part.error("shares its parameters with other layers (param { name }); they cannot be split for one")
    group, outputs = message.group, message.num_output // message.group
    names = [f"{part.name}_{number}" for number in range(1, group + 1)]
    slices = [f"{part.name}_slice_{number}" for number in range(1, group + 1)]
    concat = f"{part.name}_concat"
    _check_free(anatomy, part, [f"{part.name}_slice", *names, concat], [*slices, *names])
    head = new_layer(view, f"{part.name}_slice", "Slice", view.bottom_names, slices, _rules(part))
    plan.edits.append(insert_layers_before(view, [head]))
    plan.edits += _renamed(part, names[0], slices[0])
    plan.edits += set_fields(view, _PARAM, {"group": None, "num_output": str(outputs)})
    others = [
        new_layer(view, name, "Convolution", [piece], [name], _body(part, outputs))
        for name, piece in zip(names[1:], slices[1:], strict=True)
    ]
    others.append(new_layer(view, concat, "Concat", names, view.top_names, _rules(part)))
    plan.edits.append(insert_layers_after(view, others))
    plan.added += [f"{part.name}_slice", *names, concat]
    plan.removed.append(part.name)
    plan.acts[part.name] = _split_weights(part.name, names)


def _check_free(anatomy: Anatomy, part: Part, names: Sequence[str], blobs: Sequence[str]) -> None:
    used = {one.name for one in anatomy.parts} & set(names) or set(anatomy.view.blobs) & set(blobs)
    if used:
        raise part.error(f"cannot be split: the net has a '{min(used)}' already")


def _renamed(part: Part, name: str, bottom: str) -> Iterator[Edit]:
    """Name and top, and the bottom, of the layer whose text stays."""
    for scalar, text in (
        (part.view.body.scalar("name"), name),
        (part.view.bottoms[0], bottom),
        (part.view.tops[0], name),
    ):
        if scalar is not None:
            yield from replace(scalar, quoted(text, like=scalar))


def _body(part: Part, outputs: int) -> list[New]:
    """All but name, type, bottom and top, for a single group."""
    from ..fields import as_new

    kept = as_new([one for one in part.view.message.fields if one.name not in ("name", "type", "bottom", "top")])
    return [one._replace(content=_of_one(one.content, outputs)) if one.name == _PARAM else one for one in kept]


def _of_one(content: str | Sequence[New], outputs: int) -> list[New]:
    fields = [one for one in content if isinstance(one, New) and one.name != "group"]
    return [one._replace(content=str(outputs)) if one.name == "num_output" else one for one in fields]


def _rules(part: Part) -> list[New]:
    """The include and exclude rules."""
    from ..fields import as_new

    return as_new([one for one in part.view.message.fields if one.name in ("include", "exclude")])


def _split_weights(name: str, names: Sequence[str]) -> Act:
    def act(weights: Weights) -> None:
        if name not in weights:
            return
        pieces = [array.reshape(len(names), -1, *array.shape[1:]) for array in needed(weights, name)]
        behind = name
        for number, new in enumerate(names):
            weights.add(new, [piece[number] for piece in pieces], "Convolution", after=behind)
            behind = new
        weights.drop(name)

    return act


operation = Groups()
