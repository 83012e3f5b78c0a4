"""Random cases of layers with windows: convolution, im2col, pooling, SPP."""

from __future__ import annotations

from random import Random

from .random_layers import Case, case, flag, maybe, sizes


def spatial(random: Random, name: str, axes: int, values: list[int]) -> str:
    """A field of a window: absent, one number for all axes, one per axis, or _h and _w."""
    how = random.choice(["one", "one", "each", "hw" if axes == 2 and name != "dilation" else "each", "absent"])
    if how == "absent" and name != "kernel":
        return ""
    given = f"{name}_size" if name == "kernel" else name
    if how == "each":
        wrong = axes + 1 if random.random() < 0.03 else axes
        return "".join(f" {given}: {random.choice(values)}" for _ in range(wrong))
    if how == "hw":
        return f" {name}_h: {random.choice(values)} {name}_w: {random.choice(values)}"
    return f" {given}: {random.choice(values)}"


def windows(random: Random, axes: int) -> str:
    fields = spatial(random, "kernel", axes, [1, 2, 3, 3, 4])
    fields += spatial(random, "stride", axes, [1, 1, 2, 3]) + spatial(random, "pad", axes, [0, 1, 2])
    return fields + (spatial(random, "dilation", axes, [1, 2]) if random.random() < 0.4 else "")


@case("Convolution", "Deconvolution", "Im2col")
def convolution(random: Random, kind: str) -> Case:
    axes = random.choice([2, 2, 2, 2, 1, 3, 4, 0])
    group = random.choice([1, 1, 1, 2, 3])
    channels = group * random.randint(1, 3) + (random.random() < 0.03)
    leading = 1 if random.random() < 0.85 else 2
    least = 4 if kind != "Deconvolution" else 1
    shape = (*sizes(random, leading, high=3), channels, *sizes(random, axes, least, 8 if axes < 3 else 5))
    fields = windows(random, axes) + flag(random, "force_nd_im2col", 0.3)
    if leading != 1 or random.random() < 0.2:
        fields += f" axis: {leading - random.choice([0, len(shape)])}"
    if kind == "Im2col":
        return {"bottoms": [shape], "text": f"convolution_param {{{fields} }}"}
    fields += f" num_output: {group * random.randint(1, 3)}{flag(random, 'bias_term', 0.4)}"
    fields += f" group: {group}" if group > 1 else ""
    fields += maybe(random, 0.1, "engine: CAFFE")
    count = 1 if random.random() < 0.85 else 2
    case = {"bottoms": [shape] * count, "tops": count, "text": f"convolution_param {{{fields} }}"}
    return case | {"passes": random.randint(1, 2)}


@case("Pooling", "SPP")
def pooling(random: Random, kind: str) -> Case:
    axes = 4 if random.random() < 0.95 else random.choice([2, 3, 5])
    shape = (*sizes(random, 2, high=3), *sizes(random, axes - 2, high=9))
    method = random.choice(["MAX", "AVE"])
    values = random.choice(["normal", ("integers", -2, 2)])
    if kind == "SPP":
        text = f"spp_param {{ pyramid_height: {random.randint(1, 3)} pool: {method} }}"
        return {"bottoms": [(shape, values)], "text": text}
    fields = f"pool: {method}"
    if random.random() < 0.15:
        fields += " global_pooling: true" + maybe(random, 0.1, "kernel_size: 3")
    else:
        for name, choices in (("kernel", [1, 2, 3, 4]), ("stride", [1, 2, 3]), ("pad", [0, 0, 1, 2])):
            if name == "kernel" or random.random() < 0.6:
                given = f"{name}_size" if name == "kernel" else name
                both = f"{name}_h: {random.choice(choices)} {name}_w: {random.choice(choices)}"
                fields += f" {both}" if random.random() < 0.3 else f" {given}: {random.choice(choices)}"
    fields += maybe(random, 0.3, f"round_mode: {random.choice(['CEIL', 'FLOOR'])}")
    tops = 2 if method == "MAX" and random.random() < 0.3 else 1
    return {"bottoms": [(shape, values)], "tops": tops, "text": f"pooling_param {{ {fields} }}"}
