"""What numbers about a net's health mean, in words: each remark says what is wrong, where, and what to try."""

from __future__ import annotations

from math import isfinite, isnan

from .health import Health, LayerHealth, Pass, UnitHealth

SMALL_UPDATE, LARGE_UPDATE = 1e-5, 1e-1
"""Updates in parts of the weights: about 1e-3 is a common rule of thumb; beyond these something is wrong."""
STEEP = 1e3
"""Gradients that grow or shrink by more than this from the top of the net to its bottom."""
_MANY_DEAD = 0.1
_LEAP = 100


def remarks(health: Health) -> list[str]:
    """The most important first; empty for a net of which nothing is to be said."""
    found = [*_flow(health.layers), *_updates(health.layers), *_silent(health.layers)]
    return found + [_dead(unit) for unit in health.units if len(unit.dead) > _MANY_DEAD * len(unit.active)]


def leap(passes: list[Pass]) -> tuple[int, float] | None:
    """The pass whose gradient is by far larger than those before it, and how many times their median."""
    norms = [(place, one.gradient_norm) for place, one in enumerate(passes) if one.gradient_norm]
    for index in range(1, len(norms)):
        before = sorted(norm for _, norm in norms[:index] if norm)[index // 2]
        place, norm = norms[index]
        if norm and norm > _LEAP * before:
            return place, norm / before
    return None


def odd_images(passes: list[Pass]) -> list[tuple[int, list[int]]]:
    """Passes with images whose largest absolute input is more than ten times that of most images, and their places."""
    finite = sorted(largest for one in passes for largest in one.inputs if isfinite(largest))
    middle = finite[(len(finite) - 1) // 2] if finite else 0.0
    found = []
    for number, one in enumerate(passes):
        places = [place for place, largest in enumerate(one.inputs) if largest > 10 * middle or isnan(largest)]
        found += [(number, places)] if places else []
    return found


def _flow(layers: list[LayerHealth]) -> list[str]:
    with_flow = [layer for layer in layers if layer.flow]
    if len(with_flow) < 2:
        return []
    first, last = with_flow[0], with_flow[-1]
    ratio = (first.flow or 0) / (last.flow or 1)
    if ratio > STEEP:
        way, remedy = "explode", "smaller initial weights, clip_gradients, BatchNorm, or a lower base_lr"
    elif ratio < 1 / STEEP:
        way, remedy = "vanish", "larger initial weights (msra or xavier fillers), ReLU for sigmoids, or BatchNorm"
    else:
        return []
    text = f"gradients {way} on their way down: {ratio:.2g} times as large at '{first.name}' as at '{last.name}'"
    return [f"{text}. Try {remedy}."]


def _updates(layers: list[LayerHealth]) -> list[str]:
    found = []
    for layers_of_kind, how, remedy in (
        ([one for one in layers if (one.update_ratio or 0) > LARGE_UPDATE], "more than a tenth", "lower"),
        ([one for one in layers if 0 < (one.update_ratio or 0) < SMALL_UPDATE], "less than 0.00001", "raise"),
    ):
        if layers_of_kind:
            names = _names([one.name for one in layers_of_kind])
            found.append(f"each update is {how} of the weights in {names}: {remedy} base_lr or their lr_mult.")
    return found


def _silent(layers: list[LayerHealth]) -> list[str]:
    silent = [one.name for one in layers if one.rate and one.gradients and not any(one.gradients)]
    if not silent:
        return []
    return [f"no gradient reaches {_names(silent)}: what lies above is dead, cut off, or saturated."]


def _dead(unit: UnitHealth) -> str:
    share = f"{len(unit.dead)} of {len(unit.active)} units of '{unit.blob}' are dead"
    return f"{share}: above 0 for none of the {unit.images} images. A lower base_lr keeps units alive."


def _names(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")
