"""LeNet on Fashion-MNIST, trained by real Caffe and by ours from the same weights on the same LMDB.

    python -m tests.parity.lenet [--iterations 2000] [--out docs/lenet_fashion_mnist]

Writes OUT.json (both curves) and OUT.png (the figure in the README). Needs `sudo .ci/real-caffe` and Debian's
package dataset-fashion-mnist.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import real_caffe

from tests.parity import lenet_job

ROOT = Path(__file__).resolve().parents[2]
DATASET = Path("/usr/share/datasets/fashion-mnist")


def compare(iterations: int, every: int) -> dict[str, Any]:
    """{"real": curves, "ours": curves} of `iterations` steps; the test accuracy is taken every `every` of them."""
    import pycaffe_ext as caffe

    with real_caffe.folder() as real:
        prepare(real.path)
        home = os.getcwd()
        os.chdir(real.path)
        try:
            caffe.set_random_seed(1)
            net = caffe.Net("train_val.prototxt", caffe.TRAIN)
            net.save("start.caffemodel")
            net.close()
            ours = lenet_job.train(caffe, "solver.prototxt", "start.caffemodel", iterations, every)
        finally:
            os.chdir(home)
        arguments = ["solver.prototxt", "start.caffemodel", str(iterations), str(every), "curves.json"]
        real.python(ROOT / "tests/parity/lenet_job.py", *arguments, timeout=1800)
        return {"real": json.loads((real.path / "curves.json").read_text()), "ours": ours}


def prepare(folder: Path) -> None:
    """LMDBs made by make_lmdb.py, and the project's LeNet with its paths pointing at them."""
    images = folder / "images"
    subprocess.run([sys.executable, ROOT / "data/fashion_mnist/to_images.py", images], check=True)
    for part in ("train", "test"):
        make = [sys.executable, ROOT / "tools/make_lmdb.py", images / f"{part}.txt", folder / f"{part}_lmdb"]
        shuffle = ["--shuffle", "--seed", "1"] if part == "train" else []
        subprocess.run([*make, "--root", images, "--gray", *shuffle], check=True)
    net = (ROOT / "prototxt/lenet/train_val.prototxt").read_text().replace("data/fashion_mnist/", "")
    (folder / "train_val.prototxt").write_text(net)
    solver = (ROOT / "prototxt/lenet/solver.prototxt").read_text().replace("prototxt/lenet/", "")
    # the job tests and stops by itself
    solver = solver.replace("test_interval: 500", "test_interval: 1000000 test_initialization: false")
    (folder / "solver.prototxt").write_text(solver.replace("display: 100", "display: 0"))


def plot(curves: dict[str, Any], path: Path) -> None:
    """Loss (mean of 20 iterations) and test accuracy of both engines over the iterations."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    styles = {"real": ("BVLC Caffe 1.0", "#222222", "-", 2.8), "ours": ("pycaffe_ext (torch)", "#ff7f0e", "--", 1.4)}
    for engine, (label, colour, line, width) in styles.items():
        loss = np.array(curves[engine]["loss"])
        blocks = loss[: len(loss) // 20 * 20].reshape(-1, 20, 2).mean(1)
        left.plot(*blocks.T, color=colour, ls=line, lw=width, label=label)
        accuracy = np.array(curves[engine]["accuracy"])
        final = f"{label}: {accuracy[-1, 1]:.2%}"
        right.plot(accuracy[:, 0], 100 * accuracy[:, 1], color=colour, ls=line, lw=width, marker="o", label=final)
    left.set(title="Training loss (mean of 20 iterations)", xlabel="iteration", ylabel="softmax loss", yscale="log")
    right.set(title="Accuracy on the 10,000 test images", xlabel="iteration", ylabel="accuracy (%)")
    right.set_ylim(bottom=60)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle("LeNet on Fashion-MNIST: same solver, same initial weights, same LMDB, two engines")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--every", type=int, default=250, help="iterations between tests")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/lenet_fashion_mnist")
    arguments = parser.parse_args()
    curves = compare(arguments.iterations, arguments.every)
    arguments.out.with_suffix(".json").write_text(json.dumps(curves))
    plot(curves, arguments.out.with_suffix(".png"))
    for engine in ("real", "ours"):
        print(f"{engine}: final test accuracy {curves[engine]['accuracy'][-1][1]:.4f}")


if __name__ == "__main__":
    main()
