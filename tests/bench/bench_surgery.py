"""surgery.py on a caffemodel of VGG-16's shape (528 MB, random weights) beside `cp` and `sha256sum` of it.

    python tests/bench/bench_surgery.py [--rounds 3] [--folder DIR]

By turns: cp, then sha256sum of the copy; surgery.py --rename conv1_1=first --replace-head fc8=fc8_new,20 with weights.
The least time of each, and the command's peak memory. Then ResNet-152's train_val: parse, edit and write, least of
`rounds`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pycaffe_ext.model.load import read_net
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.surgery.counts import parameter_shapes
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

ROOT = Path(__file__).resolve().parents[2]
NET = ROOT / "prototxt/vgg16/deploy.prototxt"
REQUESTS = ["--rename", "conv1_1=first", "--replace-head", "fc8=fc8_new,20"]


def make_weights(path: Path) -> None:
    """The net's layers with random blobs."""
    random = np.random.default_rng(0)
    shapes, _ = parameter_shapes(Document.read(NET))
    weights = Weights.from_bytes(read_net(NET).SerializeToString())
    for name, found in shapes.items():
        weights.set_blobs(name, [random.standard_normal(shape, np.float32) for shape in found])
    weights.write(path)


def least(times: list[float]) -> float:
    return min(times)


def resnet(blocks: tuple[int, ...]) -> Iterator[str]:
    """Text of a residual net with bottleneck blocks, as published: conv1 to fc1000, BatchNorm and Scale everywhere."""
    yield 'name: "ResNet"\n' + layer(
        "data", "Data", "", "data", '  top: "label"\n  data_param {\n    batch_size: 8\n  }\n'
    )
    yield from convolution("conv1", "data", 64, 7, 2, relu=True)
    yield layer("pool1", "Pooling", "conv1", "pool1", "  pooling_param {\n    kernel_size: 3\n    stride: 2\n  }\n")
    bottom = "pool1"
    for stage, count in enumerate(blocks):
        for block in range(count):
            name, width = f"{stage + 2}b{block}", 64 << stage
            stride = 2 if stage and not block else 1
            branch = bottom
            if not block:
                yield from convolution(f"res{name}_branch1", bottom, 4 * width, 1, stride)
                branch = f"res{name}_branch1"
            yield from convolution(f"res{name}_branch2a", bottom, width, 1, stride, relu=True)
            yield from convolution(f"res{name}_branch2b", f"res{name}_branch2a", width, 3, 1, relu=True)
            yield from convolution(f"res{name}_branch2c", f"res{name}_branch2b", 4 * width, 1, 1)
            more = f'  bottom: "res{name}_branch2c"\n'
            yield layer(f"res{name}", "Eltwise", branch, f"res{name}", more)
            yield layer(f"res{name}_relu", "ReLU", f"res{name}", f"res{name}")
            bottom = f"res{name}"
    yield layer("pool5", "Pooling", bottom, "pool5", "  pooling_param {\n    pool: AVE\n    kernel_size: 7\n  }\n")
    yield layer("fc1000", "InnerProduct", "pool5", "fc1000", "  inner_product_param {\n    num_output: 1000\n  }\n")
    yield layer("loss", "SoftmaxWithLoss", "fc1000", "loss", '  bottom: "label"\n')


def convolution(name: str, bottom: str, width: int, kernel: int, stride: int, relu: bool = False) -> Iterator[str]:
    sizes = f"    num_output: {width}\n    kernel_size: {kernel}\n    stride: {stride}\n    bias_term: false\n"
    yield layer(name, "Convolution", bottom, name, f"  convolution_param {{\n{sizes}  }}\n")
    yield layer(f"bn_{name}", "BatchNorm", name, name)
    yield layer(f"scale_{name}", "Scale", name, name, "  scale_param {\n    bias_term: true\n  }\n")
    if relu:
        yield layer(f"{name}_relu", "ReLU", name, name)


def layer(name: str, kind: str, bottom: str, top: str, more: str = "") -> str:
    first = f'  bottom: "{bottom}"\n' if bottom else ""
    return f'layer {{\n  name: "{name}"\n  type: "{kind}"\n{first}  top: "{top}"\n{more}}}\n'


def time_resnet(folder: Path, rounds: int) -> None:
    path = folder / "resnet152.prototxt"
    path.write_text("".join(resnet((3, 8, 36, 3))))
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        document = Document.read(path)
        edited = perform(document, [Request("--freeze-all"), Request("--unfreeze", "fc1000")])
        edited.write(folder / "out.prototxt")
        times.append(time.perf_counter() - start)
    size = path.stat().st_size
    print(f"ResNet-152 train_val ({size:,} bytes): parse, freeze, check and write {least(times):.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to put 1.6 GB (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        time_resnet(folder, arguments.rounds)
        make_weights(folder / "vgg.caffemodel")
        size = (folder / "vgg.caffemodel").stat().st_size
        command = [sys.executable, str(ROOT / "tools/surgery.py"), str(NET), *REQUESTS, "-o", "new.prototxt"]
        command += ["--weights", "vgg.caffemodel", "--save-weights", "new.caffemodel"]
        plain, ours, peak = [], [], 0
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            subprocess.run(["cp", "vgg.caffemodel", "copy"], cwd=folder, check=True)
            subprocess.run(["sha256sum", "copy"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            plain.append(time.perf_counter() - start)
            start = time.perf_counter()
            child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            ours.append(time.perf_counter() - start)
            child.returncode = os.waitstatus_to_exitcode(status)
            assert child.returncode == 0
            peak = max(peak, usage.ru_maxrss * 1024)
        print(f"cp, sha256sum of {size / 1e6:.0f} MB: {least(plain):.2f} s; surgery.py {least(ours):.2f} s", end="")
        print(f" ({least(ours) / least(plain):.2f} times), peak memory {peak / size:.2f} times the file")


if __name__ == "__main__":
    main()
