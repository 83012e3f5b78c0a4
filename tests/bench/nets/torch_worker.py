"""The hand-written sides of the nets bench: python -m tests.bench.nets.torch_worker NET eager|last|compiled TASK"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import nn

from .case import STEP, Case, cases
from .worker import images, labels, serve

Run = Callable[..., torch.Tensor]


def prepare(case: Case, variant: str, task: str) -> Callable[[], object]:
    """The call to measure: a training step, or a forward pass."""
    layout = torch.channels_last if variant == "last" else torch.contiguous_format
    model = case.module().to(memory_format=layout).train(task == STEP)
    pixels = torch.from_numpy(images(case.shape(task))).to(memory_format=layout)
    runs = torch.compile(model) if variant == "compiled" else model
    return training(case, model, runs, pixels) if task == STEP else forward(runs, pixels)


def training(case: Case, model: nn.Module, runs: Run, pixels: torch.Tensor) -> Callable[[], float]:
    """As Caffe's nets ask for it: biases learn at twice the rate and without decay."""
    wanted = torch.from_numpy(labels(case.label_shape(), case.classes)).long()
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(
        [
            {"params": [p for p in learned if p.dim() > 1]},
            {"params": [p for p in learned if p.dim() == 1], "lr": 2e-10, "weight_decay": 0},
        ],
        lr=1e-10,
        momentum=0.9,
        weight_decay=5e-4,
        fused=True,
    )

    def step() -> float:
        optimizer.zero_grad()
        loss = runs(pixels, wanted)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def forward(runs: Run, pixels: torch.Tensor) -> Callable[[], torch.Tensor]:
    def call() -> torch.Tensor:
        with torch.inference_mode():
            return runs(pixels)

    return call


if __name__ == "__main__":
    name, variant, task = sys.argv[1:]
    serve(lambda: prepare(cases()[name], variant, task))
