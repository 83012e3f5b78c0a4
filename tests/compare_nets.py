"""Runs one net in real Caffe and in this engine, and shows where their numbers part.

    python tests/compare_nets.py DEPLOY [WEIGHTS] [--phase TEST] [--scale 1] [--tolerance 1e-4]

Inputs are drawn at random; so are the weights where none are given. Each blob's line tells the largest difference
as a part of real Caffe's largest value; the exit status is 1 where a blob is above the tolerance.
Needs `sudo .ci/real-caffe`.
"""

from __future__ import annotations

import argparse
import inspect
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import real_caffe
from difference import largest_difference

import pycaffe_ext


def run_real(caffe: Any, phase: str, *weights: str) -> None:
    """What real Caffe does in its folder: net.prototxt with these weights, inputs.npz in, every blob to blobs.npz."""
    net = caffe.Net("net.prototxt", getattr(caffe, phase))
    for file in weights:
        net.copy_from(file)
    for name, array in np.load("inputs.npz").items():
        net.blobs[name].data[...] = array
    net.forward()
    np.savez("blobs", **{name.replace("/", "|"): blob.data for name, blob in net.blobs.items()})


def draw_weights(net: Any, random: np.random.RandomState) -> None:
    """Weights that keep values in range: by their fan-in; positive statistics and scales, small biases."""
    kinds = {layer.name: layer.type for layer in net.layers}
    for name, blobs in net.params.items():
        for i, blob in enumerate(blobs):
            shape = blob.data.shape
            if kinds[name] == "BatchNorm":
                blob.data[...] = random.uniform(0.5, 1.5, shape) if i else random.normal(0, 0.3, shape)
            elif kinds[name] in ("Scale", "PReLU") and i == 0:
                blob.data[...] = random.uniform(0.3, 1.2, shape)
            elif len(shape) > 1:
                blob.data[...] = random.normal(0, np.sqrt(2 / max(1, np.prod(shape[1:]))), shape)
            else:
                blob.data[...] = random.normal(0, 0.1, shape)


def compare(deploy: Path, weights: Path | None, *, phase: str = "TEST", scale: float = 1) -> dict[str, float]:
    """The largest difference of every blob, in the order of the net. Raises AssertionError where real Caffe fails."""
    random = np.random.RandomState(0)
    with real_caffe.folder() as real:
        shutil.copy(deploy, real.path / "net.prototxt")
        net = pycaffe_ext.Net(deploy, getattr(pycaffe_ext, phase))
        draw_weights(net, random)
        net.save(real.path / "drawn.caffemodel")  # first for both: what a file of weights leaves out is alike
        files = ["drawn.caffemodel"]
        if weights:
            shutil.copy(weights, real.path / "given.caffemodel")
            net.copy_from(weights)
            files.append("given.caffemodel")
        inputs = {name: random.uniform(-scale, scale, net.blobs[name].data.shape) for name in net.inputs}
        np.savez(real.path / "inputs.npz", **inputs)
        code = f"from typing import Any\nimport caffe\nimport numpy as np\n{inspect.getsource(run_real)}"
        real.python(f"{code}\nrun_real(caffe, {phase!r}, *{files})", timeout=3600)
        net.forward(**{name: array.astype(np.float32) for name, array in inputs.items()})
        with np.load(real.path / "blobs.npz") as blobs:
            return {
                name: largest_difference(net.blobs[name].data, array) if name in net.blobs else np.inf
                for key, array in blobs.items()
                for name in [key.replace("|", "/")]
            }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deploy", type=Path)
    parser.add_argument("weights", type=Path, nargs="?")
    parser.add_argument("--phase", choices=["TEST", "TRAIN"], default="TEST")
    parser.add_argument("--scale", type=float, default=1, help="inputs are drawn from -SCALE to SCALE")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    differences = compare(options.deploy, options.weights, phase=options.phase, scale=options.scale)
    for name, difference in differences.items():
        print(f"{difference:10.2e}  {name}")
    above = [name for name, difference in differences.items() if not difference <= options.tolerance]
    print(
        f"largest {max(differences.values()):.2e}; first above {options.tolerance:g}: {above[0] if above else 'none'}"
    )
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
