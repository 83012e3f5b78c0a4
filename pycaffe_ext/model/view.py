"""A net as its text has it: layers with names, types, bottoms, tops and param blocks, each with its place.

Needs no schema: layer types and fields of forks are seen like all others, and `layer {}`, V1's `layers {}`
and V0's `layers { layer {} }` look the same from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache

from ..errors import NetError, UnknownNameError
from ..text import Document, Field, Message, Scalar

# V1 and V0 types are today's in capitals or small letters, with or without _, but for these
_OLD_TYPES = {
    "softmaxloss": "SoftmaxWithLoss",
    "conv": "Convolution",
    "pool": "Pooling",
    "images": "ImageData",
}


class LayerView:
    """One layer of a net's text.

    `body` is the message that holds name, type and the like: the layer itself, in V0 nets the one inside.
    """

    def __init__(self, document: Document, field: Field, message: Message, index: int) -> None:
        self.document, self.field, self.message, self.index = document, field, message, index
        self.is_v1 = field.name == "layers"
        inner = message.message("layer") if self.is_v1 else None
        self.is_v0 = inner is not None
        self.body: Message = message if inner is None else inner
        self.name: str = self.body.text_of("name")
        self.bottoms: list[Scalar] = message.scalars("bottom")
        self.tops: list[Scalar] = message.scalars("top")
        self.bottom_names = [scalar.value for scalar in self.bottoms]
        self.top_names = [scalar.value for scalar in self.tops]

    @property
    def type(self) -> str:
        """The type as today's Caffe spells it ("Convolution" for V1's CONVOLUTION); a fork's as it is."""
        written = self.body.text_of("type")
        return _type_today(written) if self.is_v1 else written

    @property
    def python_class(self) -> str:
        """The class that a Python layer runs; empty for other types."""
        found = self.scalar_in("python_param", "layer")
        return "" if found is None else found.value

    @property
    def params(self) -> list[Message]:
        """The `param {}` blocks; V1 and V0 layers have none (see `rates`)."""
        return [] if self.is_v1 else self.message.messages("param")

    @property
    def rates(self) -> list[Scalar | None]:
        """What says each parameter's lr_mult, in order: blobs_lr or param { lr_mult }; None where it is not given."""
        if self.is_v1:
            return [*self.body.scalars("blobs_lr")]
        return [param.scalar("lr_mult") for param in self.params]

    def scalar_in(self, message: str, field: str) -> Scalar | None:
        """A value such as scalar_in("convolution_param", "num_output"); V0 layers have no message around it."""
        around = self.body if self.is_v0 else self.message.message(message)
        return None if around is None else around.scalar(field)

    def is_true(self, message: str, field: str, default: bool = False) -> bool:
        """A bool such as is_true("convolution_param", "bias_term", default=True)."""
        found = self.scalar_in(message, field)
        return default if found is None else found.is_true

    def error(self, problem: str) -> NetError:
        """A NetError that names file, line and layer."""
        line, column = self.document.position(self.message.start)
        error = NetError("", f"{self.document.file}:{line}:{column}: layer '{self.name}': {problem}")
        error.layer = self.name
        return error


class NetView:
    """The layers of a document in file order. A solver, or any other prototxt, has none."""

    def __init__(self, document: Document) -> None:
        self.document = document
        found = [
            (field, value)
            for field in document.root.fields
            if field.name in ("layer", "layers")
            for value in field.values
            if isinstance(value, Message)
        ]
        self.layers = [LayerView(document, field, message, index) for index, (field, message) in enumerate(found)]
        self.inputs: list[Scalar] = document.root.scalars("input")

    @property
    def blobs(self) -> list[str]:
        """The names of all blobs, each once, in the order in which they appear."""
        return list(dict.fromkeys(scalar.value for scalar in self.blob_uses))

    @property
    def blob_uses(self) -> list[Scalar]:
        """Every place where a blob is named: the net's inputs, and all bottoms and tops in file order."""
        return [*self.inputs, *(scalar for layer in self.layers for scalar in (*layer.bottoms, *layer.tops))]

    def named(self, name: str) -> list[LayerView]:
        """The layers of exactly that name: TRAIN/TEST pairs share one. Raises UnknownNameError with near names."""
        return self._or_unknown(name, [layer for layer in self.layers if layer.name == name])

    def matching(self, pattern: str) -> list[LayerView]:
        """The layers whose name fits a shell glob (*, ?, [...]), case counts. Raises UnknownNameError."""
        found = [layer for layer in self.layers if layer.name == pattern or fnmatchcase(layer.name, pattern)]
        return self._or_unknown(pattern, found)

    def _or_unknown(self, name: str, found: Sequence[LayerView]) -> list[LayerView]:
        if not found:
            raise UnknownNameError("layer", name, [layer.name for layer in self.layers], where=self.document.file)
        return list(found)


def _type_today(written: str) -> str:
    plain = written.replace("_", "").lower()
    return _OLD_TYPES.get(plain) or _types_by_plain_name().get(plain, written)


@cache
def _types_by_plain_name() -> dict[str, str]:
    from .rules import known_types  # not above: it brings protobuf, which a command's --help can do without

    return {name.lower(): name for name in known_types()}
