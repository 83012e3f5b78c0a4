"""Learning rate policies: the rate at an iteration, from the fields of a SolverParameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NetError, UnknownNameError

Policy = Callable[[Any, int, int], float]


def _positive(param: Any, *names: str) -> None:
    for name in names:
        if getattr(param, name) <= 0:
            raise NetError("", f"lr_policy '{param.lr_policy}' needs {name} > 0, got {getattr(param, name)}")


def _power(base: float, exponent: float) -> float:
    """As C has it: infinite where Python overflows, NaN where it would turn complex."""
    return float(np.float_power(base, exponent))


def _step(param: Any, iteration: int, step: int) -> float:
    return _power(param.gamma, step)


def _inv(param: Any, iteration: int, step: int) -> float:
    base = np.float32(1) + np.float32(param.gamma) * np.float32(iteration)
    return _single(_power(float(base), -param.power))


def _poly(param: Any, iteration: int, step: int) -> float:
    done = np.float32(iteration) / np.float32(param.max_iter)
    return _single(_power(float(np.float32(1) - done), param.power))


def _sigmoid(param: Any, iteration: int, step: int) -> float:
    _positive(param, "stepsize")
    ahead = np.float32(iteration) - np.float32(param.stepsize)
    exponent = np.float32(-param.gamma) * ahead
    return float(1 / (1 + np.float32(np.exp(np.float64(exponent)))))


def _single(value: float) -> float:
    """As a float32 holds it, in which Caffe computes these three policies; the others in double precision."""
    return float(np.float32(value))


_policies: dict[str, Policy] = {
    "fixed": lambda param, iteration, step: 1.0,
    "step": _step,
    "exp": lambda param, iteration, step: _power(param.gamma, iteration),
    "inv": _inv,
    "multistep": _step,
    "poly": _poly,
    "sigmoid": _sigmoid,
}
_without_negative_gamma = {"step", "exp", "inv", "multistep", "sigmoid"}


def step_at(param: Any, iteration: int, step: int) -> int:
    """current_step, which `step` derives from the iteration and `multistep` counts up one at a time."""
    if param.lr_policy == "step":
        _positive(param, "stepsize")
        return int(iteration // param.stepsize)
    if param.lr_policy == "multistep" and step < len(param.stepvalue) and iteration >= param.stepvalue[step]:
        return step + 1
    return step


def rate_at(param: Any, iteration: int, step: int) -> float:
    """base_lr times the policy's factor, rounded to float32 as Caffe holds it. Raises UnknownNameError, NetError."""
    if param.lr_policy not in _policies:
        raise UnknownNameError("lr_policy", param.lr_policy, _policies)
    if param.gamma < 0 and param.lr_policy in _without_negative_gamma:
        raise NetError("", f"lr_policy '{param.lr_policy}' needs gamma >= 0, got {param.gamma}")
    with np.errstate(all="ignore"):
        return float(np.float32(param.base_lr * _policies[param.lr_policy](param, iteration, step)))
