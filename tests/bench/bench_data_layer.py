"""BatchReader and real Caffe's Data layer side by side: images per second, and whether the batches are the same.

    python tests/bench/bench_data_layer.py [--count 1000] [--rounds 3] [--workers N]

Entries are 256x256 colour images of noise, raw and as JPEG; batches of 64, crop 227, mirror, mean values, TRAIN.
The two take turns, and the best round of each counts. The last line is the machine's own limit: how many raw images a
second as many processes as cores make floats of, with pixels in memory and nothing else to do, when the results fill as
much memory as the batches that wait do (4 of 39.6 MB).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from google.protobuf import text_format

from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import encoded_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.reading import BatchReader
from pycaffe_ext.datasets.transform import Transformer
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.proto import caffe_pb2

sys.path.insert(0, str(Path(__file__).parents[1]))
import real_caffe

BATCH, SEED = 64, 1701
TRANSFORM = "crop_size: 227 mirror: true mean_value: 104 mean_value: 117 mean_value: 123"
REAL = """
import sys, time, caffe
caffe.set_mode_cpu(); caffe.set_random_seed(int(sys.argv[2]))
net = caffe.Net(sys.argv[1], caffe.TRAIN)
batches, total = int(sys.argv[3]), 0.0
for _ in range(5):
    net.forward()
begin = time.time()
for _ in range(batches):
    total += float(net.forward()['label'][0])
print(batches * net.blobs['data'].num / (time.time() - begin), net.blobs['data'].data.astype('f8').sum())
"""


def write(path: Path, count: int, kind: str) -> None:
    """An LMDB of blurred noise."""
    random = np.random.default_rng(0)
    with writing_lmdb(path) as writer:
        for number in range(count):
            noise = cv2.GaussianBlur(random.integers(0, 256, (256, 256, 3), np.uint8), (5, 5), 0)
            value = encoded_datum(encode(noise, kind), number) if kind else raw_datum(noise, number)
            writer.put(b"%08d" % number, value)


def ours(path: Path, batches: int, workers: int) -> tuple[float, float]:
    """Images per second, and the sum of the last batch."""
    # Caffe draws two seeds from its generator for a Data layer, and uses the second.
    seed = int(np.random.RandomState(SEED).randint(0, 1 << 32, 2, np.uint32)[1])
    param = text_format.Parse(TRANSFORM, caffe_pb2.TransformationParameter())
    database = open_database(path)
    reader = BatchReader(database, BATCH, Transformer(param, caffe_pb2.TRAIN, seed), workers=workers)
    for _ in range(5):
        reader.next()
    begin = time.perf_counter()
    for _ in range(batches):
        batch = reader.next()
    rate = batches * BATCH / (time.perf_counter() - begin)
    total = batch.data.astype(np.float64).sum()
    reader.close()
    database.close()
    return rate, float(total)


def floats_only(seconds: float, begin: Any, results: Any) -> None:
    """Crops of 200 images to floats, less the mean, over and over; puts images per second into `results`."""
    images = np.random.default_rng(0).integers(0, 256, (200, 3, 256, 256), np.uint8)
    out = np.zeros((4 * BATCH, 3, 227, 227), np.float32)
    mean = np.array([104, 117, 123], np.float32)[:, None, None]
    begin.wait()
    start, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds:
        for place in range(count, count + BATCH):
            one = out[place % len(out)]
            one[...] = images[place % len(images), :, 10:237, 20:247]
            one -= mean
        count += BATCH
    results.put(count / passed)


def limit(processes: int) -> float:
    """Images per second of that many processes together."""
    context = multiprocessing.get_context("spawn")
    begin, results = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=floats_only, args=(2.0, begin, results)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    total = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    return float(total)


def main() -> None:
    """Prints a line for each kind of entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with real_caffe.folder() as real:
        for kind, batches in (("", 150), ("jpg", 30)):
            name = f"{kind or 'raw'}_lmdb"
            write(real.path / name, options.count, kind)
            (real.path / "net.prototxt").write_text(
                f'layer {{ name: "data" type: "Data" top: "data" top: "label" transform_param {{ {TRANSFORM} }}'
                f' data_param {{ source: "{name}" batch_size: {BATCH} backend: LMDB }} }}'
            )
            best, sums = [0.0, 0.0], [0.0, 0.0]
            for _ in range(options.rounds):
                printed = real.python(REAL, "net.prototxt", str(SEED), str(batches)).stdout.split()
                for place, (rate, total) in enumerate(
                    [(float(printed[0]), float(printed[1])), ours(real.path / name, batches, options.workers)]
                ):
                    best[place], sums[place] = max(best[place], rate), total
            print(
                f"{kind or 'raw'} 256x256: real Caffe {best[0]:.0f} images/s, BatchReader {best[1]:.0f}: "
                f"{best[1] / best[0]:.2f} times, last batch {'the same' if sums[0] == sums[1] else 'DIFFERS'}",
                flush=True,
            )
        for count in range(1, options.workers + 1):
            rate = max(limit(count) for _ in range(3))
            print(
                f"floats alone, {count} processes: {rate:.0f} images/s, {rate * 227 * 227 * 12 / 1e9:.1f} GB/s written"
            )


if __name__ == "__main__":
    main()
