"""Random cases of each layer type: shapes, parameters, phases; mostly sound ones, now and then odd ones.

CASES maps a type to functions of a Random that give a case as tests/golden/cases has them (golden/README.md).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Case = dict[str, Any]
CASES: dict[str, Callable[[Random], Case]] = {}


def case(*kinds: str) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    """Registers a generator for these types; it is given the type too."""

    def register(make: Callable[..., Case]) -> Callable[..., Case]:
        for kind in kinds:
            CASES[kind] = lambda random, kind=kind: make(random, kind)
        return make

    return register


def sizes(random: Random, axes: int, low: int = 1, high: int = 6) -> tuple[int, ...]:
    """Sizes from `low` to `high`; now and then one is 0."""
    found = [random.randint(low, high) for _ in range(axes)]
    if found and random.random() < 0.02:
        found[random.randrange(axes)] = 0
    return tuple(found)


def some_axes(random: Random, least: int = 1, most: int = 5) -> int:
    return min(most, max(least, random.choice([1, 2, 2, 3, 4, 4, 4, 5])))


def axis_of(random: Random, axes: int, least: int = 0) -> int:
    """An axis, from the front or from the end; now and then one that is not there."""
    axis = random.randint(least, max(least, axes - 1))
    if random.random() < 0.03:
        return random.choice([axes, axes + 1, -axes - 1])
    return axis - axes if random.random() < 0.4 else axis


def maybe(random: Random, chance: float, text: object) -> str:
    return f" {text}" if random.random() < chance else ""


def flag(random: Random, name: str, chance: float = 0.5) -> str:
    return maybe(random, chance, f"{name}: {random.choice(['true', 'false'])}")


def number(random: Random) -> float:
    return round(random.choice([0, 1, -1, 2, 0.5, random.uniform(-3, 3)]), 3)


@case("AbsVal", "BNLL", "ELU", "ReLU", "Sigmoid", "Swish", "TanH", "Threshold", "Power", "Exp", "Log", "Clip", "PReLU")
def neuron(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random, 0 if random.random() < 0.05 else 1))
    text = {
        "ELU": lambda: f"elu_param {{{maybe(random, 0.7, f'alpha: {number(random)}')} }}",
        "ReLU": lambda: f"relu_param {{{maybe(random, 0.6, f'negative_slope: {number(random)}')} }}",
        "Swish": lambda: f"swish_param {{{maybe(random, 0.7, f'beta: {number(random)}')} }}",
        "Threshold": lambda: f"threshold_param {{{maybe(random, 0.7, f'threshold: {number(random)}')} }}",
        "Power": lambda: f"power_param {{ {_affine(random)}{maybe(random, 0.6, _power(random))} }}",
        "Exp": lambda: f"exp_param {{ {_affine(random)}{maybe(random, 0.5, _base(random))} }}",
        "Log": lambda: f"log_param {{ {_affine(random, 2.5)}{maybe(random, 0.5, _base(random))} }}",
        "Clip": lambda: f"clip_param {{ min: {number(random)} max: {number(random)} }}",
        "PReLU": lambda: f"prelu_param {{{flag(random, 'channel_shared')} }}",
    }.get(kind, str)()
    values = "positive" if kind in ("Log", "Power") else random.choice(["normal", ("integers", -2, 2)])
    # in place below a slope that changes signs, real Caffe's gradient is not the derivative: docs/layers.md
    in_place = kind == "ReLU" and "-" not in text and random.random() < 0.4
    return {"bottoms": [(shape, values)], "text": text, "in_place": in_place}


def _affine(random: Random, shift: float = 0) -> str:
    shifted = f"shift: {abs(number(random)) + shift}" if shift or random.random() < 0.5 else ""
    return f"{shifted}{maybe(random, 0.5, f'scale: {abs(number(random))}')}"


def _power(random: Random) -> str:
    return f"power: {random.choice([0, 1, 2, 3, -1, 0.5, 1.5])}"


def _base(random: Random) -> str:
    return f"base: {random.choice([-1, 2, 10, 0.5, 1, 0])}"


@case("Dropout", "Silence", "Split")
def passing(random: Random, kind: str) -> Case:
    tops = {"Dropout": 1, "Silence": 0, "Split": random.randint(1, 3)}[kind]
    bottoms = [sizes(random, some_axes(random)) for _ in range(random.randint(1, 2) if kind == "Silence" else 1)]
    text = f"dropout_param {{ dropout_ratio: {random.uniform(0, 1):.2f} }}" if kind == "Dropout" else ""
    return {"bottoms": bottoms, "tops": tops, "text": text, "phase": "TEST" if kind == "Dropout" else "TRAIN"}


@case("InnerProduct")
def inner_product(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    fields = f"num_output: {random.randint(1, 5)}{flag(random, 'bias_term')}{flag(random, 'transpose')}"
    fields += maybe(random, 0.5, f"axis: {axis_of(random, len(shape))}")
    return {"bottoms": [shape], "text": f"inner_product_param {{ {fields} }}", "passes": random.randint(1, 2)}


@case("Embed")
def embed(random: Random, kind: str) -> Case:
    count = random.randint(1, 6)
    fields = f"num_output: {random.randint(1, 4)} input_dim: {count}{flag(random, 'bias_term')}"
    bottom = (sizes(random, some_axes(random, most=3)), ("labels", count))
    return {"bottoms": [bottom], "text": f"embed_param {{ {fields} }}", "force_backward": False}


@case("Scale", "Bias")
def affine(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    name = f"{kind.lower()}_param"
    fields = maybe(random, 0.7, f"axis: {axis_of(random, len(shape))}")
    fields += flag(random, "bias_term") if kind == "Scale" else ""
    if random.random() < 0.4:
        start = random.randrange(len(shape))
        second = shape[start : random.randint(start, len(shape))]
        fields = f"axis: {start - random.choice([0, len(shape)])}"
        fields += flag(random, "bias_term") if kind == "Scale" else ""
        return {"bottoms": [shape, second], "text": f"{name} {{ {fields} }}", "passes": random.randint(1, 2)}
    fields += maybe(random, 0.6, f"num_axes: {random.choice([-1, 0, 1, 1, 2, 3])}")
    in_place = random.random() < 0.3
    return {"bottoms": [shape], "text": f"{name} {{{fields} }}", "in_place": in_place, "passes": random.randint(1, 2)}


@case("BatchNorm")
def batch_norm(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random), low=3)  # of two numbers the gradient is rounding noise
    fields = flag(random, "use_global_stats") + maybe(random, 0.4, f"eps: {random.choice([1e-5, 0.01, 1])}")
    fields += maybe(random, 0.4, f"moving_average_fraction: {random.choice([0, 0.5, 0.9, 1])}")
    params = ["normal", "positive", random.choice(["positive", ("integers", 0, 0)])]
    phase = random.choice(["TRAIN", "TEST"])
    case = {"bottoms": [shape], "text": f"batch_norm_param {{{fields} }}", "params": params, "phase": phase}
    return case | {"in_place": random.random() < 0.3, "passes": random.randint(1, 2)}


@case("LRN")
def lrn(random: Random, kind: str) -> Case:
    region = random.choice(["ACROSS_CHANNELS", "WITHIN_CHANNEL"])
    fields = f"local_size: {random.choice([1, 3, 3, 5, 7, 2])} norm_region: {region}"
    for name, values in (("alpha", [1, 0.5, 5]), ("beta", [0.75, 0.5, 1]), ("k", [1, 2])):
        fields += maybe(random, 0.5, f"{name}: {random.choice(values)}")
    axes = 4 if random.random() < 0.9 else some_axes(random)
    return {"bottoms": [sizes(random, axes)], "text": f"lrn_param {{ {fields} }}"}


@case("MVN")
def mvn(random: Random, kind: str) -> Case:
    fields = flag(random, "normalize_variance") + flag(random, "across_channels")
    fields += maybe(random, 0.3, f"eps: {random.choice([1e-9, 0.01, 1])}")
    shape = sizes(random, 4 if random.random() < 0.7 else some_axes(random), low=3)
    return {"bottoms": [shape], "text": f"mvn_param {{{fields} }}"}


@case("Softmax")
def softmax(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    text = f"softmax_param {{{maybe(random, 0.7, f'axis: {axis_of(random, len(shape))}')} }}"
    return {"bottoms": [(shape, ("normal", random.choice([1, 3])))], "text": text}


@case("RNN", "LSTM")
def recurrent(random: Random, kind: str) -> Case:
    steps, streams, outputs = random.randint(1, 4), random.randint(1, 3), random.randint(1, 4)
    states = 1 if kind == "RNN" else 2
    cont = ((steps, streams), ("integers", 0, 1))
    bottoms: list[Any] = [(steps, streams, *sizes(random, random.randint(1, 2))), cont]
    if random.random() < 0.4:
        bottoms.append((streams, *sizes(random, random.randint(1, 2))))
    exposed = random.random() < 0.4
    bottoms += [(1, streams, outputs)] * (states * exposed)
    fields = f"num_output: {outputs} expose_hidden: {'true' if exposed else 'false'}"
    case = {"bottoms": bottoms, "tops": 1 + states * exposed, "text": f"recurrent_param {{ {fields} }}"}
    return case | {"params": [("normal", 0.5)] * 6, "passes": random.randint(1, 2), "learned": [0]}


@case("LSTMUnit")
def lstm_unit(random: Random, kind: str) -> Case:
    streams, cells = random.randint(1, 4), random.randint(1, 4)
    cont = ((1, streams), ("integers", 0, 1))
    return {"bottoms": [(1, streams, cells), (1, streams, 4 * cells), cont], "tops": 2, "learned": [0, 1]}
