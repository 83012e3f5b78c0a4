"""A plan as text: the table that `train.py --dry-run` prints."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from .events import Started
from .plan import LayerPlan, Shape

_WIDTH = 120  # where there is no terminal to ask


def print_plan(started: Started) -> None:
    """Prints layers, what learns, memory and tests."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_WIDTH)
    param, plan = started.param, started.plan
    table = Table(box=box.SIMPLE_HEAD, title=f"{plan.net.name or 'Training net'} in training", title_justify="left")
    for header in ("layer", "type", "tops", "parameters", "lr_mult"):
        table.add_column(header, justify="right" if header == "parameters" else "left", overflow="fold")
    for layer in plan.net.layers:
        if layer.type != "Split":
            tops = "\n".join(map(_shape, layer.tops))
            table.add_row(layer.name, layer.type, tops, f"{layer.count:,}" if layer.count else "", _learning(layer))
    console.print(table)
    console.print(
        f"Learning: {plan.learned:,} of {plan.parameters:,} parameters; {param.type}, base_lr {param.base_lr:g}"
    )
    console.print(
        f"Training: on {started.device}, iterations {started.iteration} to {param.max_iter},"
        f" {plan.images:,} images each{f' (iter_size {param.iter_size})' if param.iter_size > 1 else ''}"
    )
    for index, (net, batches) in enumerate(zip(plan.tests, param.test_iter, strict=True)):
        console.print(
            f"Test {index}:   every {param.test_interval} iterations, {batches:,} batches of {net.batch_size:,}"
            f" images; {', '.join(net.outputs)}"
        )
    total = sum(plan.memory.values())
    parts = ", ".join(f"{what} {_bytes(size)}" for what, size in plan.memory.items())
    console.print(f"Memory:   at least {_bytes(total)} ({parts})", soft_wrap=True)


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "1"


def _learning(layer: LayerPlan) -> str:
    if layer.keeps_statistics:
        return "running statistics"
    if layer.params and not layer.learns:
        return "frozen"
    return ", ".join(f"{rate:g}" for rate in layer.lr_mults)


def _bytes(size: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size / 1e3:.3g} kB"
