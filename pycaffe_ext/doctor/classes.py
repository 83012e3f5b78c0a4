"""Where a net takes labels for classes: which loss or metric, how many classes, whose labels."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.view import LayerView
from .case import Case
from .data_source import DataSource
from .phase_net import PhaseNet, class_axis, walk_back

SOFTMAX_LOSSES = ("SoftmaxWithLoss", "InfogainLoss")
_TYPES = (*SOFTMAX_LOSSES, "MultinomialLogisticLoss", "HingeLoss", "Accuracy")
# what changes neither the number of classes nor its axis
_KEEPS_CLASSES = (
    *("Softmax", "ReLU", "PReLU", "ELU", "Sigmoid", "TanH", "BNLL", "Clip", "Swish", "Dropout"),
    *("Crop", "Pooling", "BatchNorm", "Scale", "Bias", "Power", "Split", "Eltwise"),
)


@dataclass(frozen=True)
class ClassUse:
    """A loss or metric over classes. `classes`: how many scores there are; `ignore`: the label that does not count.

    `labels`: what the labels are read from, None where that is no data layer; `scores`, `label_blob`: its bottoms.
    """

    net: PhaseNet
    place: int
    classes: int | None
    ignore: int | None
    labels: DataSource | None

    @property
    def layer(self) -> LayerView:
        return self.net.layers[self.place]

    @property
    def scores(self) -> str:
        return self.layer.bottom_names[0]

    @property
    def label_blob(self) -> str:
        return self.layer.bottom_names[1]

    @property
    def is_map(self) -> bool:
        """Whether there is a label for each place of a score map; labels of single images else."""
        shape = self.net.shape(self.scores)
        return self.labels is not None and not self.labels.is_single_label and (shape is None or len(shape) > 2)

    @property
    def head(self) -> LayerView | None:
        """The layer with num_output whose scores these are."""
        for place in walk_back(self.net, self.place, self.scores, lambda layer: layer.type in _KEEPS_CLASSES):
            if _num_output(self.net.layers[place]):
                return self.net.layers[place]
        return None


def class_uses(case: Case, net: PhaseNet) -> list[ClassUse]:
    """The losses and metrics over classes in a phase whose labels come from the data, in file order."""
    uses = []
    for place, layer in enumerate(net.layers):
        if layer.type in _TYPES and len(layer.bottoms) >= 2:
            data = net.data_of(place, layer.bottom_names[1])
            source = case.source(net.layers[data]) if data is not None else None
            uses.append(ClassUse(net, place, _classes(case, net, place), _ignored(layer), source))
    return uses


def _classes(case: Case, net: PhaseNet, place: int) -> int | None:
    layer = net.layers[place]
    shape, axis = net.shape(layer.bottom_names[0]), class_axis(case.message_of(layer))
    if shape is not None and -len(shape) <= axis < len(shape):
        return shape[axis]
    if axis != 1:
        return None
    for before in walk_back(net, place, layer.bottom_names[0], lambda one: one.type in _KEEPS_CLASSES):
        if number := _num_output(net.layers[before]):
            return number
    return None


def _num_output(layer: LayerView) -> int:
    for message in ("inner_product_param", "convolution_param"):
        found = layer.scalar_in(message, "num_output")
        if found is not None and found.number:
            return int(found.number)
    return 0


def _ignored(layer: LayerView) -> int | None:
    for message in ("loss_param", "accuracy_param"):
        found = layer.scalar_in(message, "ignore_label")
        if found is not None and found.number is not None:
            return int(found.number)
    return None
