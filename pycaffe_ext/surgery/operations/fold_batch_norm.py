"""BatchNorm, and a Scale behind it, folded into the layer before: the same net for prediction with fewer layers.

In the TEST phase BatchNorm is y = (x - mean / f) / sqrt(variance / f + eps), with f its third blob; Scale makes
gamma y + beta of it. Both are one factor and one shift per channel, which the weights and the bias before them can
hold. What is left learns otherwise than before: fold when training is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import NetError
from ...text import Document
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, needed

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__: list[str] = []

_MESSAGE = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
}


class FoldBatchNorm(Planned):
    """BatchNorm folded into the layer before it."""

    options = (
        Option(
            "--fold-batch-norm",
            "make BatchNorm layers that fit (without PATTERN: all that can be), and the Scale behind each, part of the"
            " Convolution, Deconvolution or InnerProduct before them",
            "[PATTERN]",
        ),
    )
    touches = frozenset(
        {
            "layer.top",
            "layer.bottom",
            "layer.param",
            "layer.param.lr_mult",
            "layer.blobs_lr",
            *(
                f"layer.{message}{end}"
                for message in ("convolution_param", "inner_product_param")
                for end in ("", ".*")
            ),
        }
    )
    equivalent = True
    needs_weights = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy

        anatomy = Anatomy(document)
        pattern = requests[0].value or "*"
        matching = anatomy.matching(pattern)
        norms = [part for part in matching if part.type == "BatchNorm"]
        if not norms:
            raise matching[0].error(f"is {matching[0].type}, no BatchNorm, and no other layer fits '{pattern}'")
        plan = Plan()
        problem: NetError | None = None
        for norm in norms:
            try:
                _fold(anatomy, norm, plan)
            except NetError as error:
                problem = problem or error
                plan.notes.append(f"not folded: {str(error).removeprefix(document.file + ':')}")
        if problem is not None and (len(norms) == 1 or not plan.acts):
            plan.notes.clear()
            raise problem
        return plan


def _fold(anatomy: Anatomy, norm: Part, plan: Plan) -> None:
    from ...text.layout import quoted, remove_block, replace
    from ..first import with_bias

    if norm.view.is_true("batch_norm_param", "scale_bias"):
        raise norm.error("has scale_bias, a fork's field; only BatchNorm as BVLC Caffe has it can be folded")
    message = norm.param.batch_norm_param
    if message.HasField("use_global_stats") and not message.use_global_stats:
        raise norm.error(
            "has use_global_stats: false, so it uses the batch's statistics even in the TEST phase; --to-deploy first"
        )
    target = _target(anatomy, norm)
    scale = _scale_behind(anatomy, norm)
    gone = [norm, scale] if scale is not None else [norm]
    for part in (target, *gone):
        if any(spec.name for spec in part.param.param):
            raise part.error("shares its parameters with other layers (param { name }); they cannot change for one")
    for part in gone:
        plan.edits.append(remove_block(anatomy.document, part.view.field))
        plan.removed.append(part.name)
    last, top = gone[-1].view.top_names[0], target.view.tops[0]
    if last != top.value:  # the target makes what the last one made, under its name, so that outputs keep theirs
        plan.edits += replace(top, quoted(last, like=top))
    plan.edits += with_bias(target)
    plan.acts[norm.name] = _act(target, norm, scale)


def _target(anatomy: Anatomy, norm: Part) -> Part:
    """The layer before. Raises NetError where its top is not for the BatchNorm alone, or has another shape."""
    target = anatomy.maker(norm, 0)
    if target is None:
        raise norm.error(f"its bottom '{norm.view.bottom_names[0]}' does not come from one layer")
    if target.type not in _MESSAGE:
        raise norm.error(f"stands behind '{target.name}', a {target.type}; it folds into {', '.join(_MESSAGE)} only")
    if len(target.view.tops) != 1:
        raise target.error(f"has {len(target.view.tops)} tops; only one can be folded into")
    users = [user for user, _ in anatomy.users(target, target.view.top_names[0])]
    if users != [norm]:
        others = ", ".join(f"'{user.name}'" for user in users if user is not norm)
        raise norm.error(f"the top of '{target.name}' is also taken by {others}, which would see other values")
    param = target.param
    if (target.type == "InnerProduct" and param.inner_product_param.axis != 1) or (
        target.type != "InnerProduct" and param.convolution_param.axis != 1
    ):
        raise target.error("has its outputs on another axis than 1, BatchNorm's axis of channels")
    return target


def _scale_behind(anatomy: Anatomy, norm: Part) -> Part | None:
    """The Scale that takes the BatchNorm's top alone, one factor per channel."""
    user = anatomy.only_user(norm)
    if user is None or user.type != "Scale" or len(user.view.bottoms) != 1 or len(user.view.tops) != 1:
        return None
    message = user.param.scale_param
    return user if message.axis == 1 and message.num_axes == 1 else None


def _act(target: Part, norm: Part, scale: Part | None) -> Act:
    message = getattr(target.param, _MESSAGE[target.type])
    group = message.group if target.type == "Deconvolution" else 1
    transposed = target.type == "Deconvolution" or (target.type == "InnerProduct" and message.transpose)
    eps, outputs = norm.param.batch_norm_param.eps, message.num_output

    def act(weights: Weights) -> None:
        import numpy as np

        from ..arithmetic import batch_norm_affine, scale_outputs

        weight, *bias = needed(weights, target.name, 1 + message.bias_term)
        if target.type == "InnerProduct":
            weight = weight.reshape(-1, outputs) if transposed else weight.reshape(outputs, -1)
        mean, variance, count = needed(weights, norm.name, 3)[:3]
        factor, shift = batch_norm_affine(mean, variance, count, eps)
        if scale is not None:
            gamma, *beta = needed(weights, scale.name, 1 + scale.param.scale_param.bias_term)
            wide = np.asarray(gamma, np.float64).reshape(-1)
            factor, shift = factor * wide, shift * wide + (beta[0].reshape(-1) if beta else 0)
        if len(factor) != outputs:
            raise norm.error(f"has {len(factor)} channels in the weights, '{target.name}' has num_output {outputs}")
        old = bias[0].reshape(-1) if message.bias_term else np.zeros(outputs)
        new = scale_outputs(weight, factor, transposed=transposed, group=group)
        weights.set_blobs(target.name, [new, (old * factor + shift).astype(np.float32)])
        for part in (norm, scale):
            if part is not None:
                weights.drop(part.name)

    return act


operation = FoldBatchNorm()
