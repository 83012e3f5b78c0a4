"""The layers that take a net's input: what has to change when the input does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..errors import CaffeError, UnknownNameError
from ..text import Edit
from .anatomy import Anatomy, Part
from .graph import is_sink
from .inputs import is_data
from .kinds import PER_VALUE


def sources(anatomy: Anatomy, blob: str) -> list[Part]:
    """The data and Input layers that bring a blob, none for a blob of the net's input fields.

    Raises UnknownNameError where the blob is no input of the net.
    """
    found = [part for part in anatomy.parts if not part.view.bottoms and blob in part.view.top_names]
    fields = [scalar.value for scalar in anatomy.view.inputs]
    if not found and blob not in fields:
        inputs = [top for part in anatomy.parts if not part.view.bottoms for top in part.view.top_names]
        raise UnknownNameError("input", blob, [*fields, *inputs], where=anatomy.document.file)
    return found


def users(anatomy: Anatomy, blob: str) -> list[Part]:
    """The layers that take an input, in file order, without losses and metrics."""
    found = {part.index: part for part, _ in anatomy.input_users(blob)}
    for source in sources(anatomy, blob):
        found.update({part.index: part for part, _ in anatomy.users(source, blob)})
    return [found[index] for index in sorted(found) if not is_sink(found[index].view)]


def first_layers(anatomy: Anatomy, blob: str, through: Collection[str] = PER_VALUE) -> list[Part]:
    """The Convolution and InnerProduct layers that sum over an input's channels.

    Between them and the input are only layers of the types `through`. Raises NetError for any other layer, for groups
    and for other axes, UnknownNameError where the blob is no input.
    """
    found: list[Part] = []
    todo = users(anatomy, blob)
    while todo:
        part = todo.pop(0)
        if part.type in through:
            todo += [user for top in part.view.top_names for user, _ in anatomy.users(part, top)]
        elif part in found or is_sink(part.view):
            continue
        elif part.type == "Convolution":
            if part.param.convolution_param.group != 1:
                raise part.error(f"takes '{blob}' in {part.param.convolution_param.group} groups; --merge-groups first")
            found.append(part)
        elif part.type == "InnerProduct" and part.param.inner_product_param.axis == 1:
            found.append(part)
        else:
            raise part.error(f"takes '{blob}', and it is {part.type}: what that makes of its channels cannot be undone")
    if not found:
        raise CaffeError(f"{anatomy.document.file}: no Convolution or InnerProduct layer takes '{blob}'")
    shared = next((part for part in found if any(spec.name for spec in part.param.param)), None)
    if shared is not None:
        raise shared.error("shares its parameters with other layers (param { name }); they cannot change for one")
    return found


def data_layers(anatomy: Anatomy, blob: str) -> list[Part]:
    """The layers that read a blob from somewhere, and may transform it."""
    return [part for part in sources(anatomy, blob) if is_data(part.view)]


def by_channel(anatomy: Anatomy, part: Part, weight: Any) -> Any:
    """A first layer's weights as num_output x channels x the rest. Raises NetError where channels are not known."""
    if part.type == "Convolution":
        return weight
    message = part.param.inner_product_param
    plain = weight.reshape(-1, message.num_output).T if message.transpose else weight.reshape(message.num_output, -1)
    return plain.reshape(message.num_output, anatomy.needed_shape(part)[1], -1)


def as_before(part: Part, weight: Any) -> Any:
    """What `by_channel` made, in the layout of the layer."""
    if part.type == "Convolution":
        return weight
    plain = weight.reshape(len(weight), -1)
    return plain.T if part.param.inner_product_param.transpose else plain


def with_bias(part: Part) -> Iterator[Edit]:
    """A bias for a Convolution, Deconvolution or InnerProduct without one; it is frozen where the weights are."""
    from .fields import set_fields
    from .rates import rate_of, set_rates

    name = "inner_product_param" if part.type == "InnerProduct" else "convolution_param"
    if getattr(part.param, name).bias_term:
        return
    if part.view.rates and rate_of(part.view, 0) == 0:
        yield from set_rates(part.view, {1: "0"})
    yield from set_fields(part.view, name, {"bias_term": None})
