"""A net taken apart for operations that go beyond one layer: who makes what, who takes it, which shape it has.

Both phases count: a blob has the makers and the users that it has in training and in testing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from ..errors import CaffeError, NetError
from ..model.phases import meets
from ..model.rules import Param, Shape
from ..model.shapes import infer
from ..model.upgrade import upgrade_net
from ..model.view import LayerView, NetView
from ..proto.caffe_pb2 import TEST, TRAIN, LayerParameter, NetParameter, NetState
from ..text import Document
from .graph import is_sink
from .inputs import is_data, top_shape
from .schema import read_net

INPUT = -1
"""Stands for the net itself as the maker of its input fields."""

Made = tuple[int, str]
"""A blob as a layer (by index) made it: layers in place make one name anew."""

_STATES = (NetState(phase=TEST), NetState(phase=TRAIN), NetState(phase=TEST, stage=["deploy"]))


@dataclass(eq=False)
class Part:
    """One layer: its text and its parameters, and per bottom the blobs that it may take."""

    view: LayerView
    param: Any
    takes: list[set[Made]] = field(default_factory=list)

    @property
    def index(self) -> int:
        return self.view.index

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def type(self) -> str:
        return str(self.param.type)

    @property
    def in_place(self) -> bool:
        return bool(set(self.view.top_names) & set(self.view.bottom_names))

    def error(self, problem: str) -> NetError:
        return self.view.error(problem)


class Anatomy:
    """The layers of a document in file order, with what goes from one to the other.

    Raises NetError for V0 nets, nets of both `layer` and `layers`, and layers in lists; PrototxtError where a field
    of Caffe has a value that it cannot have.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.view = NetView(document)
        self.parts = [Part(view, param) for view, param in zip(self.view.layers, self._params(), strict=True)]
        self._users: dict[Made, list[tuple[Part, int]]] = {}
        for part in self.parts:
            part.takes = [set() for _ in part.view.bottoms]
        for state in _STATES:
            self._connect(state)
        for part in self.parts:
            for place, made in enumerate(part.takes):
                for one in made:
                    self._users.setdefault(one, []).append((part, place))

    def _params(self) -> Sequence[Any]:
        views = self.view.layers
        for view in views:
            if view.is_v0:
                raise view.error("is of Caffe's first format (V0); --upgrade the net first")
            if view.field.is_list:
                raise view.error("is written in a list [ ]; write each layer as layer { } of its own")
            if view.is_v1 != views[0].is_v1:
                raise view.error("is of another format than the first layer; a net has either layer or layers")
        layers = upgrade_net(read_net(self.document)).layer
        return list(layers[len(layers) - len(views) :])  # before them: an Input layer for the net's input fields

    def _connect(self, state: Any) -> None:
        makers = {scalar.value: INPUT for scalar in self.view.inputs}
        for part in self._present(state):
            for place, blob in enumerate(part.view.bottom_names):
                if blob in makers:
                    part.takes[place].add((makers[blob], blob))
            makers.update(dict.fromkeys(part.view.top_names, part.index))

    def _present(self, state: Any) -> Iterator[Part]:
        for part in self.parts:
            include, exclude = part.param.include, part.param.exclude
            if any(meets(state, rule) for rule in include) if include else not any(meets(state, r) for r in exclude):
                yield part

    def matching(self, pattern: str) -> list[Part]:
        """The layers whose name fits a shell glob. Raises UnknownNameError."""
        return [self.parts[view.index] for view in self.view.matching(pattern)]

    def users(self, part: Part, top: str) -> list[tuple[Part, int]]:
        """The layers that take a top as this layer made it, each with the place among its bottoms."""
        return self._users.get((part.index, top), [])

    def input_users(self, blob: str) -> list[tuple[Part, int]]:
        """The layers that take a blob of the net's input fields."""
        return self._users.get((INPUT, blob), [])

    def takers(self, made: Iterable[Made]) -> list[Part]:
        """The layers that take any of these blobs."""
        return [user for one in made for user, _ in self._users.get(one, [])]

    def maker(self, part: Part, place: int) -> Part | None:
        """The one layer that makes a bottom; None where none or several do, or the net's input fields."""
        made = part.takes[place]
        index = next(iter(made))[0] if len(made) == 1 else INPUT
        return None if index == INPUT else self.parts[index]

    def only_user(self, part: Part) -> Part | None:
        """The one layer that takes what this one makes, if it has one top and no other layer makes it too."""
        if len(part.view.tops) != 1:
            return None
        found = self.users(part, part.view.top_names[0])
        if len(found) != 1 or len(found[0][0].takes[found[0][1]]) != 1:
            return None
        return found[0][0]

    # Shapes

    @cached_property
    def _shapes(self) -> tuple[dict[str, Shape | None], dict[int, list[Param]], CaffeError | None]:
        """Of each blob by name, and of each layer's parameters by index, those of TEST first."""
        blobs: dict[str, Shape | None] = {}
        params: dict[int, list[Param]] = {}
        problem: CaffeError | None = None
        for state in _STATES:
            present = [part for part in self._present(state) if not is_sink(part.view)]
            try:
                found = infer(self._net(present), lambda layer: self._data_shapes(layer))
            except CaffeError as error:
                problem = problem or error
                continue
            for name, shape in found.blobs.items():
                if blobs.get(name) is None:
                    blobs[name] = shape
            for part, of_layer in zip(present, found.params[-len(present) :] if present else [], strict=True):
                if of_layer is not None:
                    params.setdefault(part.index, of_layer)
        return blobs, params, problem

    def _net(self, present: Sequence[Part]) -> Any:
        """The layers that are there; what no layer makes comes from one of no known type."""
        net = NetParameter()
        raw = upgrade_net(read_net(self.document)).layer
        net.layer.extend(raw[: len(raw) - len(self.parts)])
        made = {top for layer in net.layer for top in layer.top}
        for part in present:
            net.layer.extend(LayerParameter(top=[blob]) for blob in part.view.bottom_names if blob not in made)
            made.update(part.view.bottom_names, part.view.top_names)
        net.layer.extend(part.param for part in present)
        return net

    def _data_shapes(self, layer: Any) -> Sequence[Shape] | None:
        for part in self.parts:
            if part.name == layer.name and is_data(part.view) and part.view.top_names == list(layer.top):
                shapes = [top_shape(part.view, top) for top in part.view.top_names]
                return cast(Sequence[Shape], shapes)  # infer takes None for one that is not known
        return None

    def shape(self, blob: str) -> Shape | None:
        """The shape of a blob, as TEST has it; None where nothing says it."""
        return self._shapes[0].get(blob)

    def params(self, part: Part) -> list[Param] | None:
        """The parameters of a layer with their shapes; None where these are not known."""
        return self._shapes[1].get(part.index)

    def check_shapes(self) -> None:
        """Raises what is wrong about the shapes of the net, if anything."""
        if self._shapes[2] is not None:
            raise self._shapes[2]

    def needed_shape(self, part: Part, place: int = 0) -> Shape:
        """The shape of a bottom. Raises NetError where it is not known."""
        blob = part.view.bottom_names[place]
        shape = self.shape(blob)
        if shape is None:
            self.check_shapes()
            raise part.error(f"the shape of its bottom '{blob}' is not known; use the net's deploy form")
        return shape
