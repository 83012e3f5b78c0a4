"""A large InnerProduct layer as two small ones, by singular value decomposition of its weights.

W (num_output x inputs) is replaced by the nearest matrix of rank R: LAYER_L with R outputs and no bias, then LAYER_U
with the old outputs and bias (Girshick, Fast R-CNN, section 3.1). It pays where R < num_output inputs / (num_output +
inputs).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...text import Document
from ...text.layout import New, quoted, replace
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, needed

if TYPE_CHECKING:
    from ..anatomy import Part
    from ..weights import Weights

__all__: list[str] = []

_log = logging.getLogger(__name__)


class LowRank(Planned):
    """Large InnerProduct layers as two small ones."""

    options = (
        Option(
            "--low-rank",
            "an InnerProduct layer becomes two, LAYER_L with R outputs and LAYER_U, which come nearest to it (fc6=128)",
            "LAYER=R",
        ),
    )
    touches = frozenset()
    needs_weights = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        name, text = requests[0].pair("LAYER=R")
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise OptionError(f"--low-rank takes a whole number from 1 on behind the =, not '{text}'")
        anatomy = Anatomy(document)
        plan = Plan()
        for view in anatomy.view.named(name):
            _split(anatomy.parts[view.index], int(text), plan)
        new = {f"{name}_L", f"{name}_U"}
        for other in anatomy.parts:
            if other.name in new or f"{name}_L" in other.view.top_names:
                raise other.error(f"has a name that --low-rank {name} would give")
        return plan


def _split(part: Part, rank: int, plan: Plan) -> None:
    from ..fields import as_new, fields_of, insert_layers_before, new_layer

    if part.type != "InnerProduct":
        raise part.error(f"is {part.type}; --low-rank takes InnerProduct layers")
    message = part.param.inner_product_param
    if rank >= message.num_output:
        raise part.error(f"has num_output {message.num_output}; a rank of {rank} makes it no smaller")
    if any(spec.name for spec in part.param.param):
        raise part.error("shares its parameters with other layers (param { name }); they cannot change for one")
    view = part.view
    body = [
        one for one in as_new(fields_of(view, "inner_product_param")) if one.name not in ("num_output", "bias_term")
    ]
    body = [one for one in body if one.name not in ("bias_filler",)]
    param = New("inner_product_param", [New("num_output", str(rank)), New("bias_term", "false"), *body])
    rates = [one for one in view.message.fields if one.name in ("param", "blobs_lr", "weight_decay")]
    first = {field.name: field for field in reversed(rates)}  # the weights' alone
    rules = [one for one in view.message.fields if one.name in ("include", "exclude")]
    lower = [*as_new(list(first.values())), *as_new(rules), param]
    name = f"{part.name}_L"
    plan.edits.append(
        insert_layers_before(view, [new_layer(view, name, "InnerProduct", view.bottom_names, [name], lower)])
    )
    for scalar, text in ((view.body.scalar("name"), f"{part.name}_U"), (view.bottoms[0], name)):
        if scalar is not None:
            plan.edits += replace(scalar, quoted(text, like=scalar))
    plan.added += [name, f"{part.name}_U"]
    plan.removed.append(part.name)
    plan.acts[part.name] = _act(part, rank)


def _act(part: Part, rank: int) -> Act:
    outputs, transposed = part.param.inner_product_param.num_output, part.param.inner_product_param.transpose

    def act(weights: Weights) -> None:
        from ..arithmetic import low_rank

        weight, *bias = needed(weights, part.name)
        plain = weight.reshape(-1, outputs).T if transposed else weight.reshape(outputs, -1)
        if rank >= min(plain.shape):
            raise part.error(f"has weights of shape {plain.shape}; a rank of {rank} makes them no smaller")
        first, second, kept = low_rank(plain, rank)
        new = first.size + second.size
        _log.info(
            "layer '%s': rank %d keeps %.2f%% of the squared weights in %s of %s numbers",
            part.name, rank, 100 * kept, f"{new:,}", f"{plain.size:,}",
        )  # fmt: skip
        weights.add(f"{part.name}_L", [first.T if transposed else first], "InnerProduct", after=part.name)
        weights.add(
            f"{part.name}_U", [second.T if transposed else second, *bias], "InnerProduct", after=f"{part.name}_L"
        )
        weights.drop(part.name)

    return act


operation = LowRank()
