"""A solver that trains in milliseconds, for tests of jobs."""

from __future__ import annotations

from pathlib import Path

NET = """
name: "Toy"
layer {
  name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param {
    shape { dim: 4 dim: 2 dim: 5 dim: 3 } shape { dim: 4 }
    data_filler { value: 0.5 } data_filler { value: 2 }
  }
}
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { lr_mult: %(conv_rate)s } param { lr_mult: %(conv_rate)s }
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } }
}
layer {
  name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: %(classes)s weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""

SOLVER = {
    "net": '"net.prototxt"',
    "test_iter": 2,
    "test_interval": 3,
    "base_lr": 0.1,
    "lr_policy": '"step"',
    "gamma": 0.5,
    "stepsize": 4,
    "display": 2,
    "max_iter": 8,
    "snapshot": 4,
    "snapshot_prefix": '"toy"',
    "solver_mode": "CPU",
    "random_seed": 1,
}


def write(folder: Path, *, classes: int = 3, conv_rate: float = 1, **settings: object) -> str:
    """Writes net.prototxt and solver.prototxt; returns the solver's name within the folder.

    `settings` are solver fields, as text.
    """
    (folder / "net.prototxt").write_text(NET % {"classes": classes, "conv_rate": conv_rate})
    (folder / "solver.prototxt").write_text(
        "\n".join(f"{name}: {value}" for name, value in (SOLVER | settings).items())
    )
    return "solver.prototxt"
