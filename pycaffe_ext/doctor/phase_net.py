"""The net of one phase: its layers, who makes what each takes, and the shapes of its blobs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import CaffeError, PrototxtError
from ..model.phases import meets
from ..model.shapes import NetShapes, infer
from ..model.view import LayerView
from ..proto.caffe_pb2 import TRAIN, LayerParameter, NetParameter, NetState, NetStateRule
from ..proto.files import parse_text
from ..surgery.graph import is_loss
from ..surgery.inputs import is_data
from ..text import Message

if TYPE_CHECKING:
    from .case import Case

Shape = tuple[int, ...]
_NO_MAKER = -1
SAME_VALUES = ("Split", "Reshape", "Flatten", "Crop")
"""Types whose tops hold the values of their first bottom, or some of them."""


class PhaseNet:
    """`layers`: those that the phase lets in, in file order; places count in them. `name`: TRAIN or TEST."""

    def __init__(self, case: Case, state: NetState) -> None:
        self.case, self.state = case, state
        self.name = "TRAIN" if state.phase == TRAIN else "TEST"
        self.layers = [layer for layer in case.net.layers if _is_in(layer, state)]
        self._makers: list[dict[str, int]] = []
        made = {scalar.value: _NO_MAKER for scalar in case.net.inputs}
        for place, layer in enumerate(self.layers):
            self._makers.append({blob: made[blob] for blob in layer.bottom_names if blob in made})
            made.update(dict.fromkeys(layer.top_names, place))

    @cached_property
    def is_partial(self) -> bool:
        """Whether a layer takes what only another phase or stage makes: the net is not meant for this one."""
        elsewhere = {blob for layer in self.case.net.layers for blob in layer.top_names}
        return any(
            blob not in makers and blob in elsewhere
            for layer, makers in zip(self.layers, self._makers, strict=True)
            for blob in layer.bottom_names
            if not any(blob in one.top_names for one in self.layers)
        )

    @cached_property
    def losses(self) -> list[int]:
        """The places of the layers that say how wrong the net is."""
        return [place for place, layer in enumerate(self.layers) if layer.bottoms and is_loss(layer)]

    def maker(self, place: int, blob: str) -> int | None:
        """The place of the layer that makes a bottom of the layer at `place`; None for an input of the net, or none."""
        found = self._makers[place].get(blob, _NO_MAKER)
        return None if found == _NO_MAKER else found

    def takers(self, place: int) -> list[int]:
        """The places of the layers that take what the layer at `place` makes."""
        return [later for later in range(place + 1, len(self.layers)) if place in self._makers[later].values()]

    def before(self, place: int) -> set[int]:
        """The places of all layers that lead to this one, without itself."""
        found: set[int] = set()
        todo = [place]
        while todo:
            new = {maker for maker in self._makers[todo.pop()].values() if maker != _NO_MAKER} - found
            found |= new
            todo += new
        return found

    def data_of(self, place: int, blob: str, through: Collection[str] = SAME_VALUES) -> int | None:
        """The place of the data layer that a bottom comes from, by way of layers of these types alone, if any."""
        for maker in walk_back(self, place, blob, lambda layer: layer.type in through):
            if is_data(self.layers[maker]):
                return maker
        return None

    def shape(self, blob: str) -> Shape | None:
        return self.shapes.blobs.get(blob)

    @cached_property
    def params(self) -> list[Any]:
        """Per place the layer's parameters (name, shape, filler); None where they are not known."""
        return self._inferred[2]

    @property
    def shapes(self) -> NetShapes:
        return self._inferred[0]

    @property
    def problems(self) -> list[tuple[LayerView | None, CaffeError]]:
        """What keeps Caffe from building the net, with the layer where it is known."""
        return self._inferred[1]

    @cached_property
    def _inferred(self) -> tuple[NetShapes, list[tuple[LayerView | None, CaffeError]], list[Any]]:
        """Shapes as far as they are known: a layer that cannot be built counts as one of unknown type."""
        net, views = NetParameter(), list[LayerView | None]()
        whole = self.case.message
        if whole is not None and self.case.net.inputs and whole.layer and whole.layer[0].type == "Input":
            net.layer.append(whole.layer[0])
            views.append(None)
        for view in self.layers:
            message = self.case.message_of(view)
            if isinstance(message, LayerParameter):
                net.layer.append(message)
            else:
                net.layer.add(name=view.name, top=view.top_names)
            views.append(view)
        sources = self._source_shapes(net, views)
        problems: list[tuple[LayerView | None, CaffeError]] = []
        while (error := _problem(net, len(net.layer), sources)) is not None:
            place = _culprit(net, sources)
            problems.append((views[place], error))
            net.layer[place].type = "(not built)"
            del net.layer[place].bottom[:]
        shapes = infer(net, sources)
        params = [one for view, one in zip(views, shapes.params, strict=True) if view is not None]
        return shapes, problems, params

    def _source_shapes(self, net: NetParameter, views: list[LayerView | None]) -> Any:
        by_identity = {(layer.name, *layer.top): view for layer, view in zip(net.layer, views, strict=True)}

        def shapes(layer: LayerParameter) -> list[Shape] | None:
            view = by_identity.get((layer.name, *layer.top))
            found = self.case.source(view).top_shapes() if view is not None else []
            return found if any(found) else None  # type: ignore[return-value]  # infer takes None for each

        return shapes


def _problem(net: NetParameter, count: int, sources: Any) -> CaffeError | None:
    """Why the first `count` layers cannot be built."""
    part = NetParameter(layer=net.layer[:count])
    try:
        infer(part, sources)
    except CaffeError as error:
        return error
    return None


def _culprit(net: NetParameter, sources: Any) -> int:
    """The place of the first layer that cannot be built."""
    places = range(len(net.layer))
    return bisect_left(places, True, key=lambda place: _problem(net, place + 1, sources) is not None)


def class_axis(message: Any) -> int:
    """The axis along which a loss or metric finds its classes."""
    if message is None:
        return 1
    for name in ("softmax_param", "infogain_loss_param", "accuracy_param"):
        if message.HasField(name):
            return int(getattr(message, name).axis)
    return 1


def _is_in(layer: LayerView, state: NetState) -> bool:
    include, exclude = layer.message.messages("include"), layer.message.messages("exclude")
    if include:
        return any(_meets(layer, rule, state) for rule in include)
    return not any(_meets(layer, rule, state) for rule in exclude)


def _meets(layer: LayerView, rule: Message, state: NetState) -> bool:
    try:
        return meets(state, parse_text(layer.document.text[rule.start + 1 : rule.end - 1], NetStateRule()))
    except PrototxtError:
        return True  # a fork's rule


def walk_back(net: PhaseNet, place: int, blob: str, through: Callable[[LayerView], bool]) -> Iterator[int]:
    """The places of the layers that make a bottom, going on through each that `through` lets pass, first bottoms."""
    maker = net.maker(place, blob)
    while maker is not None:
        yield maker
        layer = net.layers[maker]
        if not layer.bottoms or not through(layer):
            return
        maker = net.maker(maker, layer.bottom_names[0])
