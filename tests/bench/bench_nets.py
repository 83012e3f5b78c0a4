"""Nets of prototxt/ on real Caffe (OpenBLAS) and on ours, on the same machine, by turns.

    python tests/bench/bench_nets.py [NET ...] [--rounds 3]

Per net: one training step (solver.step) at the batch size below, `Net.forward` of the deploy net at batch 1 and 16,
each the least of `rounds`, and the peak memory of the process. Needs `sudo .ci/real-caffe`.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import real_caffe

from pycaffe_ext.model.load import read_net
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.files import write_text

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SIZES = {"lenet": (64, 1, 28), "caffenet": (32, 3, 227), "zfnet": (16, 3, 224), "vgg16": (4, 3, 224)}
SOLVER = 'net: "train.prototxt" base_lr: 1e-6 lr_policy: "fixed" momentum: 0.9 weight_decay: 5e-4 display: 0'


def write_job(folder: Path, name: str) -> None:
    """The training net on constant data, and deploy nets of two batch sizes."""
    batch, channels, size = SIZES[name]
    net = read_net(ROOT / f"prototxt/{name}/train_val.prototxt")
    layers = [layer for layer in net.layer if layer.type != "Data"]
    del net.layer[:]
    data = net.layer.add(name="data", type="DummyData", top=["data", "label"])
    for shape in ((batch, channels, size, size), (batch,)):
        data.dummy_data_param.shape.add(dim=shape)
        data.dummy_data_param.data_filler.add(type="constant", value=1)
    net.layer.extend(layers)
    write_text(folder / "train.prototxt", net)
    (folder / "solver.prototxt").write_text(f'{SOLVER} snapshot_prefix: "x"')
    for count in (1, 16):
        deploy = read_net(ROOT / f"prototxt/{name}/deploy.prototxt")
        deploy.layer[0].input_param.shape[0].CopyFrom(caffe_pb2.BlobShape(dim=(count, channels, size, size)))
        write_text(folder / f"deploy_{count}.prototxt", deploy)


def main() -> None:
    """Prints a table, and the geometric means of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(SIZES)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    ratios: dict[str, list[float]] = {}
    print(f"{'net':10}{'what':12}{'real Caffe':>12}{'ours':>12}{'times':>8}")
    for name in arguments.nets or SIZES:
        with real_caffe.folder() as real:
            write_job(real.path, name)
            rounds = str(arguments.rounds)
            theirs = json.loads(real.python(HERE / "net_job.py", "real", rounds, timeout=1800).stdout)
            command = [sys.executable, HERE / "net_job.py", "ours", rounds]
            ours = json.loads(subprocess.run(command, cwd=real.path, check=True, capture_output=True).stdout)
        for what, value in theirs.items():
            ratio = value / ours[what]
            ratios.setdefault(what, []).append(ratio)
            unit = "" if "MB" in what else " s"
            print(f"{name:10}{what:12}{value:10.3f}{unit:2}{ours[what]:10.3f}{unit:2}{ratio:8.2f}", flush=True)
    for what, values in ratios.items():
        print(f"{'mean':10}{what:12}{math.prod(values) ** (1 / len(values)):>32.2f}")


if __name__ == "__main__":
    main()
