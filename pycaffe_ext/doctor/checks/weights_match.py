"""Names and shapes of a net's parameters, against those in a file of weights."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from math import prod

from ...model.view import LayerView
from ...proto.blobs import shapes_fit
from ...surgery.inputs import is_data
from ...surgery.roles import roles_of
from ...surgery.weights import Weights
from ..case import Case
from ..check import Check
from ..finding import Finding, Severity
from ..phase_net import PhaseNet

Shape = tuple[int, ...]

_ABORTS = "Caffe ends with a failed check: Cannot copy param ... shape mismatch"


class WeightsMatch(Check):
    """names and shapes that differ between the net and its weights"""

    def find(self, case: Case) -> Iterator[Finding]:
        weights = case.weights
        if weights is None:
            return
        net = case.phases[0]
        names = {layer.name for layer in net.layers}
        unused = [name for name in weights.names if name in weights and name not in names]
        missing: list[LayerView] = []
        checked: set[str] = set()
        for place, layer in enumerate(net.layers):
            if not roles_of(layer) or layer.name in checked:
                continue
            checked.add(layer.name)
            if layer.name in weights:
                yield from self._shapes(case, net, place, weights)
            else:
                missing.append(layer)
        if checked and len(missing) == len(checked):
            yield self._nothing_fits(case, weights, missing)
            return
        for layer in missing:
            wanted = _shapes(net, net.layers.index(layer))
            alike = [name for name in unused if wanted and _fit(wanted, weights, name)]
            yield self._missing(case, layer, weights, alike)
        if unused:
            shown = ", ".join(f"'{name}'" for name in unused[:5]) + (", ..." if len(unused) > 5 else "")
            yield Finding(
                Severity.NOTE,
                weights.file,
                0,
                "",
                f"holds {len(unused)} layers that the net does not have: {shown}",
                "they are left out",
                "Leave it so, if the net is meant to do without them.",
            )

    def _shapes(self, case: Case, net: PhaseNet, place: int, weights: Weights) -> Iterator[Finding]:
        layer, wanted = net.layers[place], _shapes(net, place)
        if wanted is not None and len(wanted) != len(roles_of(layer) or ()):
            wanted = None  # a fork's fields give it other parameters than Caffe's layer of the type has
        there = weights.shapes(layer.name)
        if wanted is None or len(wanted) != len(there):
            here = len(wanted) if wanted is not None else len(roles_of(layer) or ())
            if here != len(there):
                yield case.error(
                    layer,
                    f"has {here} parameters, and {len(there)} in '{weights.file}'",
                    "Caffe ends with a failed check: Incompatible number of blobs",
                    "Make bias_term as it was in training, or give the layer another name and train it anew.",
                )
                return
        if wanted is None:
            wanted = _from_text(layer, there)
        if _channels_are_guessed(case, net, place):
            wanted = [(wanted[0][0], there[0][1], *wanted[0][2:]), *wanted[1:]]
        legacy = weights.legacy(layer.name)
        for needed, blob, old in zip(wanted, there, legacy, strict=True):
            if not shapes_fit(needed, blob, legacy=old):
                yield self._mismatch(case, layer, needed, blob, weights.file)
                return

    @staticmethod
    def _mismatch(case: Case, layer: LayerView, here: Shape, there: Shape, file: str) -> Finding:
        problem = f"its weights are {_size(here)} here, and {_size(there)} in '{file}'"
        replace = case.surgery("--replace-head", f"{layer.name}={layer.name}_new,{here[0]}")
        if layer.type == "Convolution" and _is_full(there) and here[0] == there[-2] and prod(here) == prod(there):
            remedy = "They come from a fully connected layer: the first command rewrites them for the convolution."
            save = ["--weights", file, "--save-weights", "conv.caffemodel"]
            source = f"surgery.py THE_OTHER_NET --fc-to-conv {layer.name} {' '.join(save)} -o conv.prototxt"
            return case.error(layer, problem, _ABORTS, remedy, source)
        if here[1:] == there[1:] or (len(there) == 4 and here[1:] == there[-len(here) + 1 :]):
            classes = there[0] if len(here) == len(there) else there[-len(here)]
            remedy = (
                f"If the outputs are other classes, give the layer a new name, so that it starts from its filler;"
                f" if they are the same, num_output is {classes}."
            )
            return case.error(
                layer, problem, _ABORTS, remedy, replace, case.surgery("--num-output", f"{layer.name}={classes}")
            )
        if here[0] == there[0] and len(here) == len(there) == 4 and here[2:] == there[2:]:
            remedy = "The number of input channels or the group differ: see the layers before it."
            return case.error(layer, problem, _ABORTS, remedy, replace)
        if layer.type == "InnerProduct":
            remedy = "Its input has another size than in training: see crop_size or the input's shape, and pooling."
            return case.error(layer, problem, _ABORTS, remedy, replace)
        return case.error(layer, problem, _ABORTS, "Give it a new name, so that it starts from its filler.", replace)

    @staticmethod
    def _missing(case: Case, layer: LayerView, weights: Weights, alike: list[str]) -> Finding:
        """`alike`: the layers of its shapes in the weights that no layer takes."""
        near = get_close_matches(layer.name, alike, n=1, cutoff=0.5) or (alike if len(alike) == 1 else [])
        problem = f"is not in '{weights.file}'"
        effect = "it starts from its filler, and nothing says so"
        if near:
            return case.warning(
                layer,
                f"{problem}, where '{near[0]}' has its shapes and belongs to no layer",
                effect,
                "If the two are one, give it that name; if it is to be learned anew, leave it.",
                case.surgery("--rename", f"{layer.name}={near[0]}"),
            )
        filler = _filler(layer)
        if layer.type in ("Convolution", "InnerProduct") and filler in ("", "constant"):
            return case.warning(
                layer,
                f"{problem}, and its weights start from {'a constant' if filler else '0: it has no weight_filler'}",
                "all its outputs are alike, and layers before it get no gradient at first",
                "Give it a weight_filler.",
                case.surgery("--set", f"{layer.name}.{_PARAM[layer.type]}.weight_filler.type=xavier"),
            )
        return case.note(layer, problem, effect, "Leave it so if it is a new layer.")

    @staticmethod
    def _nothing_fits(case: Case, weights: Weights, missing: list[LayerView]) -> Finding:
        there = ", ".join(f"'{name}'" for name in weights.names[:3])
        return case.error(
            None,
            f"none of its {len(missing)} layers with parameters is in '{weights.file}', which holds {there}, ...",
            "the whole net starts from its fillers, and nothing says so",
            "Give the weights of this net, or rename its layers as they are named there.",
        )

    def lacks(self, case: Case) -> Iterator[str]:
        if case.weights is None:
            yield "weights (--weights W)"
        else:
            net = case.phases[0]
            unknown = [
                layer.name
                for place, layer in enumerate(net.layers)
                if roles_of(layer) and layer.name in case.weights and net.params[place] is None
            ]
            if unknown:
                yield f"inner sizes of {len(unknown)} layers ('{unknown[0]}', ...), whose input has no known shape"


_PARAM = {"Convolution": "convolution_param", "InnerProduct": "inner_product_param"}


def _shapes(net: PhaseNet, place: int) -> list[Shape] | None:
    params = net.params[place]
    return [param.shape for param in params] if params is not None else None


def _fit(wanted: list[Shape], weights: Weights, name: str) -> bool:
    blobs = list(zip(weights.shapes(name), weights.legacy(name), strict=True))
    return len(wanted) == len(blobs) and all(
        shapes_fit(a, b, legacy=old) for a, (b, old) in zip(wanted, blobs, strict=True)
    )


def _from_text(layer: LayerView, there: list[Shape]) -> list[Shape]:
    """Shapes of parameters whose bottom is not known: theirs, with this layer's num_output."""
    param = _PARAM.get(layer.type)
    written = layer.scalar_in(param, "num_output") if param else None
    if written is None or not written.number or layer.is_v0:
        return there
    number = int(written.number)
    axes = [max(0, len(shape) - (4 if param == "convolution_param" else 2)) for shape in there]
    axes = [axis if role == 0 else len(shape) - 1 for role, (axis, shape) in enumerate(zip(axes, there, strict=True))]
    return [(*shape[:axis], number, *shape[axis + 1 :]) for axis, shape in zip(axes, there, strict=True)]


def _channels_are_guessed(case: Case, net: PhaseNet, place: int) -> bool:
    """Whether its bottom is an image of a database that is not there, whose channels are taken for 3."""
    layer = net.layers[place]
    data = net.data_of(place, layer.bottom_names[0]) if layer.bottoms else None
    return (
        layer.type == "Convolution"
        and data is not None
        and is_data(net.layers[data])
        and case.source(net.layers[data]).raw_shape is None
    )


def _is_full(shape: Shape) -> bool:
    """Whether a blob is a matrix, old ones of four sizes included."""
    return len(shape) == 2 or (len(shape) == 4 and shape[:2] == (1, 1))


def _filler(layer: LayerView) -> str:
    message = layer.message.message(_PARAM.get(layer.type, ""))
    filler = message.message("weight_filler") if message is not None else None
    return filler.text_of("type", "constant") if filler is not None else ""


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape))


check = WeightsMatch()
