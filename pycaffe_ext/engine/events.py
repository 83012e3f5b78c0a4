"""What a solver tells those who listen, as it happens, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Output:
    """One number of a net's output blob; `loss_weight` is 0 where the blob is no loss."""

    name: str
    value: float
    loss_weight: float


@dataclass(frozen=True)
class Stepped:
    """One iteration is done: its loss (over iter_size passes) before the update, and the rate used.

    `displayed`: the solver's `display` falls on this iteration; only then `outputs` holds the net's outputs.
    `clipped_norm`: the norm of all gradients where it was above clip_gradients.
    """

    iteration: int
    loss: float
    smoothed_loss: float
    rate: float
    displayed: bool
    outputs: tuple[Output, ...]
    clipped_norm: float | None = None


@dataclass(frozen=True)
class Testing:
    """A test of net number `net` begins after `iteration` updates."""

    iteration: int
    net: int


@dataclass(frozen=True)
class Tested:
    """A test is done: means over test_iter batches; `loss` where test_compute_loss asks for it."""

    iteration: int
    net: int
    outputs: tuple[Output, ...]
    loss: float | None


@dataclass(frozen=True)
class Snapshotted:
    """A snapshot is on disk, whole."""

    iteration: int
    weights: str
    state: str


@dataclass(frozen=True)
class LastPass:
    """After max_iter one more pass forward was run, without an update, to show the loss (where `display` asks)."""

    iteration: int
    smoothed_loss: float


@dataclass(frozen=True)
class Finished:
    """Training is over: at max_iter, or early when it was asked to stop."""

    iteration: int
    early: bool


class Request(Enum):
    """What may be asked of a running solver: Caffe's solver actions."""

    NONE = 0
    STOP = 1
    SNAPSHOT = 2


Event = Stepped | Testing | Tested | Snapshotted | LastPass | Finished
