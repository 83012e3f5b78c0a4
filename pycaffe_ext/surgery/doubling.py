"""A slope below zero as two halves of plain ReLU: f(x) = relu(x) - slope relu(-x), per channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .anatomy import Anatomy, Part
from .fields import set_fields
from .plan import Plan, change

_MESSAGE = {"Convolution": "convolution_param", "InnerProduct": "inner_product_param"}


def double(anatomy: Anatomy, part: Part, slopes: Sequence[float], plan: Plan) -> None:
    """Plans twice the outputs for the layer before an activation, and what takes them.

    Raises NetError where the activation does not stand alone between layers of weights.
    """
    before = anatomy.maker(part, 0)
    if before is None or before.type not in _MESSAGE or anatomy.only_user(before) is not part:
        raise part.error("does not stand alone behind a Convolution or InnerProduct, whose outputs could be doubled")
    users = _users(anatomy, part)
    if before.name in plan.acts or any(user.name in plan.acts for user in users):
        raise part.error("shares a layer of weights with another one that is doubled; do them one by one")
    message = getattr(before.param, _MESSAGE[before.type])
    if before.type == "Convolution" and message.group > 1:
        raise before.error(f"has {message.group} groups; --merge-groups first")
    for one in (before, *users):
        if any(spec.name for spec in one.param.param):
            raise one.error("shares its parameters with other layers (param { name }); they cannot change for one")
    outputs = message.num_output
    slope = np.broadcast_to(np.asarray(slopes, np.float64), outputs)
    plan.edits += set_fields(before.view, _MESSAGE[before.type], {"num_output": str(2 * outputs)})
    plan.acts[before.name] = change(before.name, _both_signs(before, outputs))
    for user in users:
        plan.acts[user.name] = change(user.name, _weighed(user, slope))
    if part.type == "PReLU":
        plan.acts[part.name] = lambda weights: weights.drop(part.name)


def _users(anatomy: Anatomy, part: Part) -> list[Part]:
    """The layers of weights behind, with nothing but Dropout or Flatten between."""
    found: list[Part] = []
    for user, _ in anatomy.users(part, part.view.top_names[0]):
        if user.type == "Dropout" or (user.type == "Flatten" and user.param.flatten_param.axis == 1):
            found += _users(anatomy, user)
        elif user.type in _MESSAGE and (user.type == "InnerProduct" or user.param.convolution_param.group == 1):
            found.append(user)
        else:
            raise user.error(f"takes what '{part.name}' makes, and is no Convolution (without groups) or InnerProduct")
    if not found:
        raise part.error("is an output; twice its channels would be another output")
    return found


def _both_signs(before: Part, outputs: int) -> Callable[[list[Any]], list[Any]]:
    def both(blobs: list[Any]) -> list[Any]:
        if before.type == "InnerProduct" and before.param.inner_product_param.transpose:
            weight = blobs[0].reshape(-1, outputs)
            return [np.concatenate([weight, -weight], 1), *(np.concatenate([bias, -bias]) for bias in blobs[1:])]
        weight = blobs[0].reshape(outputs, -1) if before.type == "InnerProduct" else blobs[0]
        return [np.concatenate([weight, -weight]), *(np.concatenate([bias, -bias]) for bias in blobs[1:])]

    return both


def _weighed(user: Part, slope: Any) -> Callable[[list[Any]], list[Any]]:
    def weighed(blobs: list[Any]) -> list[Any]:
        weight = blobs[0]
        if user.type == "Convolution":
            lower = weight * slope.reshape(1, -1, *[1] * (weight.ndim - 2))
            return [np.concatenate([weight, -lower], 1), *blobs[1:]]
        message = user.param.inner_product_param
        plain = weight.reshape(-1, message.num_output).T if message.transpose else weight
        rows = plain.reshape(message.num_output, len(slope), -1)
        both = np.concatenate([rows, -rows * slope.reshape(1, -1, 1)], 1).reshape(message.num_output, -1)
        return [both.T if message.transpose else both, *blobs[1:]]

    return weighed
