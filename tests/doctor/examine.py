"""Nets, databases and weights for the doctor's tests, and its findings by check."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.doctor import Case, Finding, examine
from pycaffe_ext.doctor.solver_file import SolverFile
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

ROOT = Path(__file__).parent.parent.parent


def layer(name: str, type: str, bottoms: str = "", tops: str = "", fields: str = "") -> str:
    """The text of a layer; bottoms and tops are names with spaces between."""
    blobs = [f'bottom: "{blob}"' for blob in bottoms.split()] + [f'top: "{blob}"' for blob in tops.split()]
    return f'layer {{ name: "{name}" type: "{type}" {" ".join(blobs)} {fields} }}\n'


def data(source: str, tops: str = "data label", phase: str = "", transform: str = "", name: str = "") -> str:
    """A Data layer of batch 3; its name is its first top's."""
    fields = f'data_param {{ source: "{source}" batch_size: 3 backend: LMDB }}'
    fields += f" include {{ phase: {phase} }}" * bool(phase) + f" transform_param {{ {transform} }}" * bool(transform)
    return layer(name or tops.split()[0], "Data", "", tops, fields)


def given(*shapes: str) -> str:
    """Input layers: "data 2 3 8 9"."""
    found = []
    for shape in shapes:
        name, *sizes = shape.split()
        dims = " ".join(f"dim: {size}" for size in sizes)
        found.append(layer(name, "Input", "", name, f"input_param {{ shape {{ {dims} }} }}"))
    return "".join(found)


def conv(name: str, bottom: str, outputs: int, fields: str = "", kernel: int = 1) -> str:
    param = f'convolution_param {{ num_output: {outputs} kernel_size: {kernel} weight_filler {{ type: "xavier" }} }}'
    return layer(name, "Convolution", bottom, name, f"{fields} {param}")


def fc(name: str, bottom: str, outputs: int, fields: str = "") -> str:
    param = f'inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }}'
    return layer(name, "InnerProduct", bottom, name, f"{fields} {param}")


def loss(scores: str, label: str = "label", fields: str = "") -> str:
    return layer("loss", "SoftmaxWithLoss", f"{scores} {label}", "loss", fields)


def images(path: Path, labels: list[int], size: tuple[int, int] = (8, 9), channels: int = 3) -> Path:
    """A database of noise with these labels."""
    random = np.random.default_rng(1)
    shape = (*size, channels) if channels > 1 else size
    return entries(path, [(random.integers(0, 256, shape).astype(np.uint8), label) for label in labels])


def maps(path: Path, label_maps: list[Any], key: str = "{:08d}") -> Path:
    """A database of label maps."""
    return entries(path, [(np.asarray(one, np.uint8), 0) for one in label_maps], key)


def entries(path: Path, pixels: list[tuple[Any, int]], key: str = "{:08d}") -> Path:
    with writing_lmdb(path) as writer:
        for number, (image, label) in enumerate(pixels):
            writer.put(key.format(number).encode(), raw_datum(image, label))
    return path


def weights(path: Path, **blobs: list[tuple[int, ...]]) -> Weights:
    """A caffemodel with blobs of these shapes (a name may be quoted as "a/b" by **{...})."""
    made = Weights()
    for name, shapes in blobs.items():
        made.add(name, [np.ones(shape, np.float32) for shape in shapes])
    made.write(path)
    return Weights.read(path)


def report(folder: Path, net: str, solver: str = "", **options: Any) -> Any:
    """The doctor's report on a net, written as net.prototxt into the folder."""
    (folder / "net.prototxt").write_text(net)
    if solver:
        (folder / "solver.prototxt").write_text(solver)
        options["solver"] = SolverFile(folder / "solver.prototxt")
    return examine(Case(Document.read(folder / "net.prototxt"), **options))


def findings(folder: Path, check: str, net: str, solver: str = "", **options: Any) -> list[Finding]:
    """What one check finds; it must not have failed."""
    found = report(folder, net, solver, **options)
    return [finding for finding in found.findings if finding.check == check]


def assert_cured(folder: Path, finding: Finding, solver: str = "", **options: Any) -> None:
    """Runs the finding's commands, and looks whether the check then finds nothing of its severity."""
    assert finding.commands
    for command in finding.commands[:1]:
        program, *arguments = shlex.split(command)
        assert program == "surgery.py"
        subprocess.run([sys.executable, ROOT / "tools" / program, *arguments], check=True, capture_output=True)
    text = (folder / "net.prototxt").read_text()
    assert not [
        left for left in findings(folder, finding.check, text, solver, **options) if left.severity <= finding.severity
    ]
