"""Gradient ascent: objectives against autograd, steps and limits, dreams and maximised units that do grow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from inspection.conftest import SmallNet

from pycaffe_ext.errors import OptionError
from pycaffe_ext.inspection.backprojection import backproject
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.units.ascent import ascend, like, limits, units, whole_blob
from pycaffe_ext.inspection.units.dreaming import blurred, dream, maximise, noise, resized, scaling_of_any_size

ACTIVATIONS = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(np.float32)
GUIDE = np.random.default_rng(1).normal(size=(4, 2, 6)).astype(np.float32)


def nearest(values: torch.Tensor) -> torch.Tensor:
    guide = torch.from_numpy(GUIDE).flatten(1)
    return (values.flatten(2).transpose(1, 2) @ guide).amax(2).sum(1)


@pytest.mark.parametrize(
    ("objective", "by_hand"),
    [
        (whole_blob, lambda values: (values**2).sum((1, 2, 3)) / 2),
        (units([1, 3]), lambda values: torch.stack([values[0, 1].mean(), values[1, 3].mean()])),
        (units([1, 3], middle=True), lambda values: torch.stack([values[0, 1, 1, 2], values[1, 3, 1, 2]])),
        (like(GUIDE), nearest),
    ],
)
def test_objectives_and_their_gradients(objective: object, by_hand: object) -> None:
    values = torch.from_numpy(ACTIVATIONS).requires_grad_()
    reached = by_hand(values)  # type: ignore[operator]
    (expected,) = torch.autograd.grad(reached.sum(), values)
    found, gradient = objective(ACTIVATIONS)  # type: ignore[operator]
    assert found == pytest.approx(reached.detach().numpy(), rel=1e-5)
    assert gradient == pytest.approx(expected.numpy(), rel=1e-5)


def test_units_that_are_single_numbers() -> None:
    found, gradient = units([2, 0], middle=True)(ACTIVATIONS[:, :, 0, 0])
    assert found.tolist() == [ACTIVATIONS[0, 2, 0, 0], ACTIVATIONS[1, 0, 0, 0]]
    assert gradient.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


def test_a_step_is_so_many_grey_levels_along_the_gradient(small_net: SmallNet) -> None:
    subject = small_net.subject()
    images = subject.batch([noise(23, 19, np.random.default_rng(2)).astype(np.uint8)] * 2)
    objective = units([1, 5])
    gradient = backproject(subject, images, "conv2", lambda held: objective(held)[1])
    found, grown = ascend(
        subject, images, "conv2", objective, steps=1, rate=1.5, rng=np.random.default_rng(0), jitter=0
    )
    moved = (found - images) / subject.scaling.scale
    assert abs(moved).mean(axis=(1, 2, 3)) == pytest.approx([1.5, 1.5], rel=1e-3)
    size = abs(gradient).mean(axis=(1, 2, 3), keepdims=True)
    assert moved == pytest.approx(1.5 * gradient / size, rel=1e-3, abs=1e-3)
    assert grown.tolist() == [objective(subject.activations(images, "conv2"))[0].tolist()]


def test_pixels_stay_pixels(small_net: SmallNet) -> None:
    subject = small_net.subject()
    images = subject.batch([noise(23, 19, np.random.default_rng(2)).astype(np.uint8)])
    found, _ = ascend(subject, images, "fc", units([1]), steps=3, rate=500, rng=np.random.default_rng(0), jitter=3)
    lowest, highest = limits(subject.scaling, (3, 23, 19))
    assert (found >= lowest - 1e-5).all() and (found <= highest + 1e-5).all()
    ends = subject.scaling.undo(lowest), subject.scaling.undo(highest)
    assert [end.min() for end in ends] == pytest.approx([0, 255], abs=1e-3)


def test_what_a_relu_has_silenced_can_grow_before_it(small_net: SmallNet) -> None:
    subject = small_net.subject()
    subject.net.params["conv2"][1].data[...] = -100
    images = subject.batch([noise(23, 19, np.random.default_rng(2)).astype(np.uint8)])
    rng = np.random.default_rng(0)
    still, _ = ascend(subject, images, "conv2", units([1]), steps=2, rate=2, rng=rng)
    assert (still == images).all()
    _, grown = ascend(subject, images, "conv2", units([1]), steps=2, rate=2, rng=rng, in_place=False)
    assert grown[0, 0] < grown[1, 0] < 0


@pytest.mark.parametrize("options", [{"steps": 0}, {"rate": 0.0}, {"jitter": -1}])
def test_steps_that_are_none(small_net: SmallNet, options: dict[str, float]) -> None:
    arguments = {"steps": 1, "rate": 1.0, "jitter": 0, **options}
    with pytest.raises(OptionError, match="steps are at least 1"):
        ascend(
            small_net.subject(), np.zeros((1, 3, 23, 19), np.float32), "fc", whole_blob,
            rng=np.random.default_rng(0), **arguments,
        )  # type: ignore[arg-type]  # fmt: skip


def test_a_dream_grows_at_every_octave_and_has_the_pictures_size(small_net: SmallNet) -> None:
    subject = small_net.subject()  # its fc could not take this size
    pixels = np.random.default_rng(4).integers(60, 200, (47, 38, 3), np.uint8)
    calls: list[int] = []
    found, grown = dream(subject, pixels, "conv2", whole_blob, octaves=3, steps=4, jitter=2, done=calls.append)
    assert found.shape == pixels.shape and found.min() >= 0 and found.max() <= 255
    assert calls == [1, 2, 3] and grown.shape == (3, 4)
    assert (grown[:, -1] > grown[:, 0]).all()
    before = subject.activations(subject.scaling.apply(pixels, 3)[None], "conv2")
    after = subject.activations(subject.scaling.apply(found, 3)[None], "conv2")
    assert (after**2).sum() > 1.2 * (before**2).sum()
    again, _ = dream(subject, pixels, "conv2", whole_blob, octaves=3, steps=4, jitter=2)
    other, _ = dream(subject, pixels, "conv2", whole_blob, octaves=3, steps=4, jitter=2, seed=1)
    assert (again == found).all() and (other != found).any()
    with pytest.raises(OptionError, match="factor"):
        dream(subject, pixels, "conv2", whole_blob, factor=1)


def test_each_unit_grows_in_its_own_picture(small_net: SmallNet) -> None:
    subject = small_net.subject()
    start = noise(23, 19, np.random.default_rng(0))
    wanted = [2, 0, 3]
    pictures, grown = maximise(subject, start, "fc", wanted, steps=12, jitter=1, blur=0.3)
    assert pictures.shape == (3, 23, 19, 3) and grown.shape == (12, 3)
    held = subject.activations(subject.batch([picture.astype(np.uint8) for picture in pictures]), "fc")
    assert held.argmax(axis=0)[wanted].tolist() == [0, 1, 2]  # no picture gives a unit more than its own
    assert (grown[-1] > grown[0] + 1).all()


def test_sizes_and_blur() -> None:
    image = np.arange(2 * 6 * 4, dtype=np.float32).reshape(2, 6, 4)
    assert resized(image, (6, 4)) is image
    assert resized(image, (3, 2)) == pytest.approx(image.reshape(2, 3, 2, 2, 2).mean((2, 4)))
    assert blurred(image, 0) is image
    flat = np.full((3, 5, 7), 4, np.float32)
    assert blurred(flat, 1.0) == pytest.approx(flat)
    mean = np.random.default_rng(0).random((3, 8, 9)).astype(np.float32)
    assert scaling_of_any_size(Scaling(mean=mean)).mean == pytest.approx(mean.mean((1, 2)))


def test_jitter_leaves_everything_in_its_place(small_net: SmallNet) -> None:
    subject = small_net.subject()
    images = subject.batch([noise(23, 19, np.random.default_rng(2)).astype(np.uint8)])
    found, _ = ascend(subject, images, "conv2", whole_blob, steps=3, rate=1e-3, rng=np.random.default_rng(0), jitter=5)
    assert abs(found - images).max() < 1 * subject.scaling.scale
