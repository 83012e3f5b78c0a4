"""Measures the golden files once more and writes docs/layers.md: type by type, cases and worst difference.

python -m tests.golden.table
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "docs" / "layers.md"
sys.path.insert(0, str(HERE.parent))

from difference import largest_difference  # noqa: E402
from golden import take, trajectories  # noqa: E402

# Types that read or write files, or run scripts: the tests that hold them against real Caffe side by side.
BESIDE_REAL_CAFFE = {
    "Data": "datasets/test_data_layer_as_caffe.py",
    "HDF5Data": "engine/data_layer_cases.py",
    "HDF5Output": "engine/data_layer_cases.py",
    "ImageData": "engine/data_layer_cases.py",
    "MemoryData": "engine/data_layer_cases.py",
    "Python": "engine/python_layer_calls.py",
    "WindowData": "engine/data_layer_cases.py",
}

TEXT = """\
# Layers and solvers against real Caffe

Each layer type runs the cases of tests/golden/cases in BVLC Caffe 1.0 (CPU) and here: forward, gradients of the
bottoms, gradients of the parameters. A difference is a part of the largest value of the array; float32 resolves
6e-8. The tests allow {tolerance:g}. Where a gradient is the derivative, finite differences in float64 check it too.
`python -m tests.golden.table` writes this file. `python -m tests.differential` draws layers and small nets at random
and compares them too, with what scripts do to nets between passes.

| type | cases | of them checked by finite differences | worst difference |
|---|---:|---:|---:|
{layers}

Types that read or write files or run scripts are held against real Caffe side by side:

{beside}

## Solvers

Each solver trains one tiny net for 25 steps, with each of the seven learning rate policies, and each of these with
L1, L2, no decay, `clip_gradients`, `iter_size`, both, other momenta and deltas, and a snapshot that is restored by
either engine, half of them in either format (tests/golden/trajectories.py). What is compared is the loss of every
step, and all parameters and histories in the end.

| solver | runs | worst difference |
|---|---:|---:|
{solvers}

## Where real Caffe surprises, and we follow

- **In place over what a layer still needs.** Neurons, Softmax, LRN and MVN read their blobs again on the way back. A
  later layer in place has overwritten them by then (a ReLU before a BatchNorm on one blob), and BNLL, Log and Power in
  place do so themselves: the gradient is not the derivative. `doctor.py` warns. BatchNorm, Scale, ReLU and Dropout in
  place, in their usual order, are right.
- **Tops that are their bottom's memory**: those of Split, Reshape, Flatten, and of Concat and Slice of one blob. A
  layer in place on one of them changes it, for all who take the bottom and run later. A Parameter's top is its
  parameter, data and diff.
- **Random numbers.** After `random_seed` or `set_random_seed` a net starts with real Caffe's weights, and Dropout and
  DummyData draw its numbers (on the CPU; those of a GPU, and those without a seed, are PyTorch's).

## Where we do not follow real Caffe

- **Scratch pads.** In real Caffe HingeLoss and Scale use their bottom's diff as working memory; it is not what it was
  after a pass that propagates nothing to that bottom. Here it is. A Scale in place that goes back twice after one pass
  forward has lost what it needs there; here it has not.
- **In place where real Caffe's code cannot.** On the CPU it overwrites what it still reads: Eltwise forgets its first
  bottom, and so does LRN across channels, MVN's gradient is wrong, Pooling 1 x 1 has nothing left. Here each gives
  what it gives with a top of its own.
- **NaN** goes on through Clip, MAX pooling and the gradients of ReLU, PReLU and ELU. In real Caffe some stop it.
- **Blobs that grow.** A blob that is reshaped to more numbers holds zeros here; in real Caffe, if it has been larger
  before, what it held then; and the loss_weight of a blob that grows is forgotten there, so that its loss no longer
  counts in the backward pass.
- **What ends real Caffe runs here**: layers over blobs without numbers (a size of 0), PReLU and
  EuclideanLoss over more than 4 axes, two tops of SoftmaxWithLoss and InfogainLoss, Im2col over 0 spatial axes, a net
  that starts with a byte order mark.
- **V1 layers in `net_param`** of a solver are upgraded here. Real Caffe overlooks them and trains an empty net.
- `force_backward` in a net with Accuracy ends real Caffe; here labels and scores get no gradient from it.
"""


def measure_layer(kind: str, folder: Path) -> tuple[int, int, float]:
    """Cases, those that have a derivative to check, and the largest difference of any of their arrays."""
    import pycaffe_ext as caffe

    worst, derivatives = 0.0, 0
    cases = take.load(take.HERE / f"{kind}.npz")
    for case, given, real in cases.values():
        ours = take.run_case(caffe, folder, case, lambda key, shape, given=given: given[key])
        worst = max([worst, *(largest_difference(ours[key], real[key]) for key in real)])
        has_gradient = any(array.any() for key, array in real.items() if key.endswith(".diff"))
        derivatives += bool(case["backward"] and case["derivative"] and has_gradient)
    return len(cases), derivatives, worst


def measure_solver(kind: str) -> tuple[int, float]:
    """Runs in the current folder, and the largest difference of any."""
    import pycaffe_ext as caffe

    golden, _ = trajectories.load()
    names = [name for name in golden if name.split("-")[0] == kind]
    worst = 0.0
    for name in names:
        ours = trajectories.run(caffe, name)
        worst = max([worst, *(largest_difference(ours[key], real) for key, real in golden[name].items())])
    return len(names), worst


def rounded(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def main() -> None:
    from engine.test_golden import TOLERANCE

    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        layers = [
            f"| {kind} | {cases} | {derivatives} | {rounded(worst)} |"
            for kind in take.all_types()
            for cases, derivatives, worst in [measure_layer(kind, Path(name))]
        ]
        trajectories.write_files()
        solvers = [
            f"| {kind} | {runs} | {rounded(worst)} |"
            for kind in trajectories.SOLVERS
            for runs, worst in [measure_solver(kind)]
        ]
    beside = [f"- {kind}: tests/{file}" for kind, file in BESIDE_REAL_CAFFE.items()]
    text = TEXT.format(
        tolerance=TOLERANCE,
        layers="\n".join(layers),
        beside="\n".join(beside),
        solvers="\n".join(solvers),
    )
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
