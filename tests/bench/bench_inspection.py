"""What occlusion costs beside the forward passes it needs, and whether the strongest patches take more memory of more.

    python tests/bench/bench_inspection.py [--net prototxt/caffenet/deploy.prototxt] [--rounds 3] [--pictures 10000]

Occlusion of a 227x227 picture at 1,089 positions and 1,089 forward passes, in batches of 32 both, take turns; the best
round of each counts; on a busy machine believe the processor's time. Then the nine strongest pictures of 16 units among
drawn ones, through the coins' net: the process's largest memory after a tenth of them and after all.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pycaffe_ext.inspection.attribution.class_scores import class_scores
from pycaffe_ext.inspection.attribution.occlusion import occlude
from pycaffe_ext.inspection.photographs import Photograph
from pycaffe_ext.inspection.running import forward_only
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.units.strongest import strongest

PROTOTXT = Path(__file__).parents[2] / "prototxt"
SIDE, BATCH = 32, 32  # positions along each axis, at least


class Drawn(Sequence[Photograph]):
    """Pictures of noise, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]
        return Photograph(str(index), np.random.default_rng(index).integers(0, 256, (96, 96, 3), np.uint8))


def occlusion(net: str, rounds: int) -> None:
    subject = Subject(net)
    height, width = subject.size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    scores, blob = class_scores(subject), subject.last_maps()
    batch = np.repeat(subject.scaling.apply(pixels, subject.channels)[None], BATCH, axis=0)
    stride = width // SIDE
    count = (-(-width // stride)) * (-(-height // stride))
    subject.forward(batch, [blob])  # the first pass is slower
    times: dict[str, list[tuple[float, float]]] = {"occlusion": [], "passes": []}
    for _ in range(rounds):
        begin = _clocks()
        occlude(subject, pixels, scores, blob, square=50, stride=stride, batch=BATCH)
        times["occlusion"].append(_since(begin))
        begin = _clocks()
        with forward_only(subject):
            for start in range(0, count, BATCH):
                subject.show(batch[: min(BATCH, count - start)])
                subject.net.forward()
        times["passes"].append(_since(begin))
    print(f"{Path(net).parent.name}, {height} x {width}, {count} positions, best of {rounds}:")
    for clock, name in enumerate(("wall", "CPU")):
        ours, theirs = (min(one[clock] for one in times[what]) for what in ("occlusion", "passes"))
        print(f"{name} time: occlusion {ours:.1f} s, as many passes {theirs:.1f} s: {ours / theirs:.3f} times as long")


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begin: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _clocks()
    return wall - begin[0], cpu - begin[1]


def memory(count: int) -> None:
    subject = Subject(PROTOTXT / "coins/deploy.prototxt")
    for some in (count // 10, count):
        begin = time.perf_counter()
        strongest(subject, Drawn(some), "conv4", range(16))
        rate, most = some / (time.perf_counter() - begin), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"strongest of {some:,} pictures: {rate:.0f} pictures/s, the process's largest memory {most:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", default=str(PROTOTXT / "caffenet/deploy.prototxt"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=10_000)
    options = parser.parse_args()
    if options.pictures:
        memory(options.pictures)
    occlusion(options.net, options.rounds)


if __name__ == "__main__":
    main()
