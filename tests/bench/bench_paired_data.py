"""PairedData in real Caffe: what a forward pass takes with the layer alone, with a convolution alone, and with both.

    python tests/bench/bench_paired_data.py [--rounds 8]

Batches of 8 pairs of 224x224, scaled, turned and mirrored, made by 2 threads; Caffe computes with one. Batches are made
ahead, so both together should take no longer than the longer one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

import pycaffe_ext
from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb

sys.path.insert(0, str(Path(__file__).parents[1]))
import real_caffe

SETTINGS = (
    "source: images; label_source: maps; batch_size: 8; crop_size: 224; mirror: true; random_scale: 0.7 1.4; "
    "random_rotation: 10; shuffle: true; seed: 5; mean_value: 104; threads: 2"
)
PAIRS = (
    'layer { name: "data" type: "Python" top: "data" top: "label" python_param '
    f'{{ module: "pycaffe_ext.layers" layer: "PairedData" param_str: "{SETTINGS}" }} }}'
)
ZEROS = (
    'layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param '
    "{ shape { dim: 8 dim: 3 dim: 224 dim: 224 } shape { dim: 8 dim: 1 dim: 224 dim: 224 } } }"
)
CONVOLUTION = (
    'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" '
    'convolution_param { num_output: 8 kernel_size: 5 weight_filler { type: "xavier" } } }'
)
NETS = {"PairedData alone": (PAIRS, "data"), "convolution alone": (ZEROS, "conv"), "both": (PAIRS, "conv")}
CODE = """
import sys, time, caffe
caffe.set_mode_cpu()
net = caffe.Net(sys.argv[1], caffe.TRAIN)
for _ in range(6):
    net.forward()
best = [9, 9]
for _ in range(int(sys.argv[2])):
    begin = time.time(), time.process_time()
    for _ in range(10):
        net.forward()
    best = [min(pair) for pair in zip(best, ((time.time() - begin[0]) / 10, (time.process_time() - begin[1]) / 10))]
print(*best)
"""


def main() -> None:
    """Prints a line for each net."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    with real_caffe.folder() as real:
        for name, shape, most in (("images", (256, 320, 3), 256), ("maps", (256, 320), 5)):
            with writing_lmdb(real.path / name) as writer:
                for number in range(60):
                    writer.put(b"%08d" % number, raw_datum(random.integers(0, most, shape).astype(np.uint8), 0))
        shutil.copytree(Path(pycaffe_ext.__file__).parent, real.path / "pycaffe_ext")
        for what, (data, bottom) in NETS.items():
            text = data + (CONVOLUTION if bottom == "conv" else "")
            text += f'layer {{ name: "end" type: "Silence" bottom: "{bottom}" bottom: "label" }}'
            (real.path / "net.prototxt").write_text(text)
            printed = real.python(CODE, "net.prototxt", str(options.rounds), env={"OPENBLAS_NUM_THREADS": "1"}).stdout
            seconds, used = map(float, printed.split())
            print(f"{what}: {seconds * 1e3:.1f} ms ({used * 1e3:.1f} ms of Caffe's processor time)", flush=True)


if __name__ == "__main__":
    main()
