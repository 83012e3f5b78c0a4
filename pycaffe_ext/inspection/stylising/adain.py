"""Style transfer in one pass: features of one picture with the statistics of another's (Huang and Belongie, "Arbitrary
Style Transfer in Real-time with Adaptive Instance Normalization", ICCV 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from ...engine.net import Net
from ...engine.solver import Solver, get_solver
from ...errors import OptionError
from ...proto import caffe_pb2
from ..descent import Term, gradient_of
from ..photographs import Photographs, Pixels
from ..subject import Array, Subject
from .decoder_net import IMAGE, decoder_net, fill_interpolations, steps_to

_TINY = 1e-5
_MATCHED = 4  # blobs whose statistics are compared


class Losses(NamedTuple):
    """Of one step: how far the picture's features are from those wanted, and its statistics from the style's."""

    content: float
    style: float


def adain(content: Array, style: Array) -> Array:
    """The features of `content`, N x C x h x w, with each channel's mean and deviation over places from `style`."""
    mean, deviation = statistics(torch.from_numpy(content))
    wanted_mean, wanted_deviation = statistics(torch.from_numpy(style))
    normal = (torch.from_numpy(content) - mean) / (deviation + _TINY)
    return np.asarray((normal * wanted_deviation + wanted_mean).numpy(), np.float32)


def statistics(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each channel over places, N x C x 1 x 1 each."""
    mean = values.mean(dim=(2, 3), keepdim=True)
    return mean, ((values - mean).square().mean(dim=(2, 3), keepdim=True) + _TINY**2).sqrt()


class DecoderTraining:
    """Teaches a decoder to make pictures of an encoder's features after `adain`; `solver.net` is the decoder."""

    def __init__(self, subject: Subject, blob: str, example: Array, *, rate: float, iterations: int, seed: int) -> None:
        """`blob`: the encoder's features; `example`: input of some pictures, N x C x H x W, for the features' size.

        Raises UnknownNameError, NetError, OptionError.
        """
        if rate <= 0 or iterations < 1:
            raise OptionError("the rate is more than 0, and iterations are at least 1")
        features = subject.activations(example, blob)
        self.subject, self.blob = subject, blob
        self.net_text = decoder_net(subject, blob, float(features.std()) or 1.0)
        steps = steps_to(subject, blob)
        places = np.linspace(0, len(steps) - 1, min(_MATCHED, len(steps))).round().astype(int)
        self.matched = [steps[place] for place in dict.fromkeys(places.tolist())]
        param = caffe_pb2.SolverParameter(
            type="Adam", base_lr=rate, momentum=0.9, momentum2=0.999, delta=1e-8, lr_policy="step", gamma=0.3,
            stepsize=max(1, iterations * 2 // 3), max_iter=iterations, random_seed=seed,
        )  # fmt: skip
        param.net_param.CopyFrom(self.net_text)
        self.solver: Solver = get_solver(param)
        fill_interpolations(self.solver.net)

    def step(self, contents: Array, styles: Array, style_weight: float) -> Losses:
        """One update, by pictures N x C x H x W as the encoder's input."""
        net, subject = self.solver.net, self.subject
        wanted_styles = _held(subject, styles, self.matched)
        wanted = adain(subject.activations(contents, self.blob), wanted_styles[self.blob].numpy())
        decode(net, wanted)
        image = np.array(net.blobs[IMAGE].data)
        found = [0.0, 0.0]
        terms = {
            blob: _term(statistics(held), style_weight, torch.from_numpy(wanted) if blob == self.blob else None, found)
            for blob, held in wanted_styles.items()
        }
        _, gradient = gradient_of(subject, image, terms)
        net.clear_param_diffs()
        net.blobs[IMAGE].diff[...] = gradient
        net._backward(len(net.layers) - 1, 0)
        self.solver.apply_update()
        return Losses(*found)


def decode(net: Net, features: Array) -> Array:
    """The pictures that a decoder makes of features N x C x h x w, as the encoder's input."""
    blob = net.blobs[net.inputs[0]]
    blob.reshape(*features.shape)
    blob.data[...] = features
    net._forward(0, len(net.layers) - 1)
    return np.array(net.blobs[IMAGE].data, np.float32)


def stylised(subject: Subject, decoder: Net, picture: Pixels, style: Pixels, strength: float = 1.0) -> Pixels:
    """A picture in the style of another, both of the size of the encoder's input.

    `strength`: 0 leaves the picture's own statistics, 1 takes the style's.
    """
    blob = decoder.inputs[0]
    own = subject.activations(subject.scaled([picture]), blob)
    other = subject.activations(subject.scaled([style]), blob)
    image = decode(decoder, strength * adain(own, other) + (1 - strength) * own)[0]
    made: Pixels = np.round(subject.scaling.undo(image)).astype(np.uint8)
    return made


def round_and_round(photographs: Photographs, rng: np.random.Generator) -> Iterator[Pixels]:
    """The pictures, in another order each time round; those of a database in its own, for it is read forward."""
    count = len(photographs)
    while True:
        for index in range(count) if photographs.is_read_forward else rng.permutation(count):
            yield photographs[int(index)].pixels


def _held(subject: Subject, shown: Array, blobs: Sequence[str]) -> dict[str, torch.Tensor]:
    subject.run_to(shown, blobs[-1], keep=False)
    return {blob: subject.net.blobs[blob].tensor.detach().clone() for blob in blobs}


def _term(
    style: tuple[torch.Tensor, torch.Tensor], weight: float, content: torch.Tensor | None, found: list[float]
) -> Term:
    """Errors as shares of what is wanted (sums of squares), so that each blob counts alike; added up in `found`."""

    def error(values: torch.Tensor) -> torch.Tensor:
        parts = [_share(own, other) for own, other in zip(statistics(values), style, strict=True)]
        found[1] += float(sum(part.detach() for part in parts))
        total = weight * (parts[0] + parts[1])
        if content is not None:
            distance = _share(values, content)
            found[0] += float(distance.detach())
            total = total + distance
        return total

    return error


def _share(values: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = (values - wanted).square().sum() / wanted.square().sum().clamp(min=1e-30)
    return found
