"""Random layers, here and in real Caffe: the same numbers, or an error on both sides.

What ends real Caffe may run here (a blob without numbers, a gradient that nobody has written): that is noted, and
is no difference.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import real_caffe
from difference import largest_difference
from golden import take

import pycaffe_ext as caffe
from pycaffe_ext.errors import CaffeError

from . import random_layers, random_losses, random_nets, random_shapes, random_solvers, random_windows, sides  # noqa: F401

TOLERANCE = 2e-5
TOLERANCE_OF_NETS = 1e-4  # after several steps, of which each builds on the last
CASES = random_layers.CASES  # the other modules add to it


@dataclass(frozen=True)
class Outcome:
    """What came of a case: the error on either side (empty: none), and what differs (empty: nothing)."""

    kind: str
    number: int
    net: str
    real: str
    ours: str
    differs: str


def make(kind: str, number: int) -> dict[str, Any]:
    """Case `number` of a type, complete, as golden files have them; of a net or a solver only the net's text."""
    if kind in sides.NETS:
        return {"net": random_nets.net_text(np.random.RandomState(number))}
    case = CASES[kind](Random(f"{kind} {number}"))
    pairs = [
        bottom if len(bottom) == 2 and isinstance(bottom[0], tuple) else (bottom, "normal")
        for bottom in case["bottoms"]
    ]
    if number % 3 == 2 and pairs:
        return _with_reshapes(Random(f"reshapes of {kind} {number}"), kind, {**case, "bottoms": pairs})
    return take.complete(kind, {**case, "bottoms": pairs})


def _with_reshapes(random: Random, kind: str, case: dict[str, Any]) -> dict[str, Any]:
    """The case over three more shapes: other items, or another size of the last axis. Layers that must not propagate
    to some of their bottoms run forward alone."""
    shapes = [list(shape) for shape, _ in case["bottoms"]]
    labelled = any(rule[0] in ("labels", "integers") for _, rule in case["bottoms"])
    grows = labelled or kind == "Im2col"  # labels must stay in range, and a window over nothing is an error here
    turns = []
    for _ in range(3):
        axis = random.choice([0, 0, 0 if kind == "PReLU" else -1])
        first = shapes[0][axis] if shapes[0] else None
        size = random.randint(1, 7) if not grows or first is None else first + random.randint(0, 2)
        new = [list(shape) for shape in shapes]
        for shape in new:
            if shape and shape[axis] == first:
                shape[axis] = size
        turns.append(new)
    backward = case.get("backward", True) and not case.get("learned") and case.get("force_backward", True)
    case = {**case, "learned": [], "backward": backward, "files": {}, "passes": 1}
    return {**take.complete(kind, case), "reshaped": turns}


def run(asked: list[tuple[str, int]]) -> list[Outcome]:
    """The outcomes of these cases (type, number)."""
    cases = [(kind, str(number), make(kind, number)) for kind, number in asked]
    here = Path.cwd()
    with real_caffe.folder() as real, tempfile.TemporaryDirectory() as ours:
        (real.path / "cases.json").write_text(json.dumps(cases))
        (real.path / "golden").mkdir()
        shutil.copy(take.__file__, real.path / "golden" / "take.py")
        shutil.copy(random_nets.__file__, real.path)
        shutil.copy(random_solvers.__file__, real.path)
        real.python(Path(sides.__file__), timeout=3600, env={"OPENBLAS_NUM_THREADS": "1"})
        words = json.loads((real.path / "words.json").read_text())
        try:
            return [
                _outcome(real.path / f"{i}.npz", Path(ours), told, *case)
                for i, (told, case) in enumerate(zip(words, cases, strict=True))
            ]
        finally:
            os.chdir(here)


def _outcome(file: Path, folder: Path, told: str, kind: str, name: str, case: dict[str, Any]) -> Outcome:
    error, found = "", dict[str, Any]()
    os.chdir(folder)
    try:
        found = sides.run(caffe, kind, name, case, folder)
    except CaffeError as raised:
        error = str(raised)
    except Exception as raised:  # the same is wrong whatever real Caffe says
        return Outcome(kind, int(name), case["net"], told, repr(raised), "raises what is no error of ours")
    if error and not told:
        return Outcome(kind, int(name), case["net"], told, error, "an error here alone")
    differs = ""
    if not told:
        with np.load(file) as expected:
            tolerance, ignored = (
                (TOLERANCE_OF_NETS, _not_propagated(found)) if kind in sides.NETS else (TOLERANCE, set())
            )
            differs = ", ".join(_differences(found, dict(expected), tolerance, ignored))
    return Outcome(kind, int(name), case["net"], told, error, differs)


def _not_propagated(found: dict[str, Any]) -> set[str]:
    """The diffs of blobs that no layer propagates to: in real Caffe Scale has used some of them for a scratch pad."""
    return {key for key, array in found.items() if key.endswith(".diff") and "[" not in key and not array.any()}


def _differences(ours: dict[str, Any], real: dict[str, Any], tolerance: float, ignored: set[str]) -> list[str]:
    if set(ours) != set(real):
        return [f"other arrays: {sorted(set(ours) ^ set(real))}"]
    found = []
    for key in real.keys() - ignored:
        difference = largest_difference(np.nan_to_num(ours[key]), np.nan_to_num(real[key]))
        if not difference <= tolerance or (np.isnan(ours[key]) != np.isnan(real[key])).any():
            found.append(f"{key} by {difference:.1g} ({ours[key].shape}, {real[key].shape})")
    return found
