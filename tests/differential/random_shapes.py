"""Random cases of layers that move, join, cut or select numbers."""

from __future__ import annotations

from random import Random

from .random_layers import Case, axis_of, case, flag, maybe, number, sizes, some_axes


def legacy_or_axis(random: Random, legacy: str, axis: int) -> str:
    if axis >= 0 and random.random() < 0.2:
        return f" {legacy}: {axis}" + maybe(random, 0.05, f"axis: {axis}")
    return f" axis: {axis}" if axis != 1 or random.random() < 0.5 else ""


@case("Concat")
def concat(random: Random, kind: str) -> Case:
    first = list(sizes(random, some_axes(random)))
    axis = axis_of(random, len(first), min(1, len(first) - 1))
    bottoms = []
    for _ in range(random.randint(1, 3)):
        shape = list(first)
        if -len(first) <= axis < len(first):
            shape[axis] = random.randint(1, 4)
        if random.random() < 0.03:
            shape[random.randrange(len(shape))] += 1
        bottoms.append(tuple(shape))
    return {"bottoms": bottoms, "text": f"concat_param {{{legacy_or_axis(random, 'concat_dim', axis)} }}"}


@case("Slice")
def slicing(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random), high=8)
    axis = axis_of(random, len(shape), min(1, len(shape) - 1))
    tops = random.randint(1, 3)
    fields = legacy_or_axis(random, "slice_dim", axis)
    if random.random() < 0.6:
        size = shape[axis] if -len(shape) <= axis < len(shape) else 3
        points = sorted(random.sample(range(1, max(2, size)), min(tops - 1, max(1, size - 1))))
        fields += "".join(f" slice_point: {point}" for point in points)
    return {"bottoms": [shape], "tops": tops, "text": f"slice_param {{{fields} }}"}


@case("Eltwise")
def eltwise(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    count = random.randint(2, 4)
    operation = random.choice(["SUM", "PROD", "MAX"])
    fields = f"operation: {operation}{flag(random, 'stable_prod_grad', 0.4)}"
    if operation == "SUM" and random.random() < 0.6:
        fields += "".join(f" coeff: {number(random)}" for _ in range(count))
    values = random.choice(["normal", ("integers", -2, 2)])
    return {"bottoms": [(shape, values)] * count, "text": f"eltwise_param {{ {fields} }}"}


@case("Crop")
def crop(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random), low=2, high=7)
    axis = random.randrange(len(shape))
    other = tuple(
        random.randint(1, max(1, size)) if i >= axis else random.randint(1, 3) for i, size in enumerate(shape)
    )
    count = random.choice([0, 1, len(shape) - axis])
    offsets = "".join(f" offset: {random.randint(0, 2)}" for _ in range(count))
    given = axis - len(shape) if random.random() < 0.4 else axis
    return {"bottoms": [shape, other], "text": f"crop_param {{ axis: {given}{offsets} }}", "learned": [0]}


@case("Flatten")
def flatten(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    fields = maybe(random, 0.7, f"axis: {axis_of(random, len(shape))}")
    fields += maybe(random, 0.7, f"end_axis: {axis_of(random, len(shape))}")
    return {"bottoms": [shape], "text": f"flatten_param {{{fields} }}"}


@case("Reshape")
def reshaping(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    start = random.randint(0, len(shape))
    end = random.randint(start, len(shape))
    middle = list(shape[start:end])
    random.shuffle(middle)
    dims = [random.choice([size, size, 0]) if random.random() < 0.3 else size for size in middle]
    if random.random() < 0.5:
        dims.insert(random.randint(0, len(dims)), random.choice([-1, 1]))
    if dims and random.random() < 0.4:
        dims[random.randrange(len(dims))] = -1
    given = start - len(shape) - 1 if random.random() < 0.4 else start
    fields = f"axis: {given}" + (f" num_axes: {end - start}" if end < len(shape) or random.random() < 0.5 else "")
    dims_text = "".join(f" dim: {size}" for size in dims)
    return {"bottoms": [shape], "text": f"reshape_param {{ {fields} shape {{{dims_text} }} }}"}


@case("Tile")
def tile(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    fields = maybe(random, 0.7, f"axis: {axis_of(random, len(shape))}") + f" tiles: {random.randint(1, 3)}"
    return {"bottoms": [shape], "text": f"tile_param {{{fields} }}"}


@case("Reduction")
def reduction(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    fields = f"operation: {random.choice(['SUM', 'ASUM', 'SUMSQ', 'MEAN'])}"
    fields += maybe(random, 0.7, f"axis: {axis_of(random, len(shape))}") + maybe(
        random, 0.4, f"coeff: {number(random)}"
    )
    values = random.choice(["normal", ("integers", -2, 2)])
    return {"bottoms": [(shape, values)], "text": f"reduction_param {{ {fields} }}"}


@case("ArgMax")
def argmax(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    fields = maybe(random, 0.6, f"axis: {axis_of(random, len(shape))}") + flag(random, "out_max_val")
    fields += maybe(random, 0.5, f"top_k: {random.randint(1, 4)}")
    values = random.choice(["normal", ("integers", -2, 2)])
    return {"bottoms": [(shape, values)], "text": f"argmax_param {{{fields} }}", "backward": False}


@case("BatchReindex")
def batch_reindex(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    order = ((random.randint(1, 6),), ("integers", 0, max(0, shape[0] - 1)))
    return {"bottoms": [shape, order], "learned": [0]}


@case("Filter")
def filtering(random: Random, kind: str) -> Case:
    items = random.randint(1, 5)
    count = random.randint(1, 2)
    data = [(items, *sizes(random, random.randint(0, 3))) for _ in range(count)]
    selector = ((items, *(1,) * random.choice([0, 1, 3])), ("integers", 0, 1))
    return {"bottoms": [*data, selector], "tops": count, "learned": list(range(count))}
