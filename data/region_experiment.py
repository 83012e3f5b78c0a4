"""Why does a net for eyes, nose and mouth see nothing but background? Its faults, measured one by one on real faces.

    python data/region_experiment.py CelebAMask-HQ-mini/train OUT

FACES holds images/ and masks/ (palette PNGs with CelebAMask-HQ's 19 classes). Both become LMDBs of 96 x 96 pixels with
label maps at 1/4. Then the net as asked about, the sound one, the first with each fault taken away and the second with
each put in are trained, several seeds each, and scored on held-out faces by OUT/results.json, OUT/regions.png (the
chart) and OUT/table.md. What is done already is not done again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from regions.chart import chart, table
from regions.net import CLASSES, MEAN, Faults, deploy_net, train_net, variants
from shell import Shell

import pycaffe_ext as caffe
from pycaffe_ext import cli
from pycaffe_ext.atomic import write_bytes, write_text
from pycaffe_ext.inspection.dense.evaluation import evaluate
from pycaffe_ext.inspection.dense.pairs import Pairs
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject

_RELABEL = "4:1,5:1,2:2,10:3,11:3,12:3,*:0"  # eyes; nose; mouth and both lips; all else
_SOLVER = """net: "{folder}/train_val.prototxt"
base_lr: 0.05
lr_policy: "fixed"
momentum: 0.9
weight_decay: 0.0005
max_iter: {iterations}
snapshot: {every}
snapshot_prefix: "{folder}/net"
random_seed: {seed}
"""


def databases(faces: Path, out: Path) -> None:
    """OUT/train_lmdb, OUT/test_lmdb and their label maps, and the weights for the loss."""
    if not (out / "test_labels_lmdb").exists():
        maps = f"--label-maps {faces}/masks --label-out '{out}/{{}}_labels_lmdb' --label-scale 1/4 --num-classes 4"
        rest = f"--resize 96x96 --relabel '{_RELABEL}' --shuffle --split train=0.8,test=0.2"
        Shell()(f"make_lmdb.py {faces}/images '{out}/{{}}_lmdb' {maps} {rest}")
    if not (out / "weights.binaryproto").exists():
        net = train_net(Faults(unweighted_loss=True), *_sources(out))
        write_text(out / "unweighted.prototxt", str(net))
        Shell()(f"doctor.py {out}/unweighted.prototxt --write-class-weights {out}/weights.binaryproto || [ $? = 1 ]")


def measure(faults: Faults, seed: int, out: Path, folder: Path, iterations: int) -> list[dict[str, Any]]:
    """Trains one net; its scores at each quarter."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "train_val.prototxt", str(train_net(faults, *_sources(out))))
    write_text(folder / "deploy.prototxt", str(deploy_net(faults)))
    every = iterations // 4
    text = _SOLVER.format(folder=folder, iterations=iterations, every=every, seed=seed)
    write_text(folder / "solver.prototxt", text)
    caffe.get_solver(str(folder / "solver.prototxt")).solve()
    pairs = Pairs(str(out / "test_lmdb"), str(out / "test_labels_lmdb"))
    mean = np.array([] if faults.no_mean else MEAN, np.float32)
    found = []
    for iteration in range(every, iterations + 1, every):
        weights = folder / f"net_iter_{iteration}.caffemodel"
        subject = Subject(folder / "deploy.prototxt", weights, scaling=Scaling(mean, 1 / 256), classes=CLASSES)
        scores = evaluate(subject, pairs).scores
        found.append({"iteration": iteration, "confusion": scores.confusion.tolist()})
    return found


def _sources(out: Path) -> tuple[str, str, str]:
    return str(out / "train_lmdb"), str(out / "train_labels_lmdb"), str(out / "weights.binaryproto")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path, metavar="FACES", help="folder with images/ and masks/")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for all that is made")
    parser.add_argument("--iterations", type=int, default=400, metavar="N", help="default: %(default)s")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each net (default: %(default)s)")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    databases(given.faces, given.out)
    path = given.out / "results.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for seed in range(1, given.seeds + 1):
        for name, faults in variants().items():
            runs = results.setdefault(name, {})
            if str(seed) not in runs:
                folder = given.out / f"{name.replace(', ', '_').replace(' ', '_')}_{seed}"
                runs[str(seed)] = measure(faults, seed, given.out, folder, given.iterations)
                write_text(path, json.dumps(results) + "\n")
            print(f"seed {seed}, {name}: {table({name: {str(seed): runs[str(seed)]}})[-1]}", flush=True)
    results = {name: results[name] for name in variants()}
    write_text(given.out / "table.md", "\n".join(table(results)) + "\n")
    write_bytes(given.out / "regions.png", chart(results))
    print("\n".join(table(results)))


if __name__ == "__main__":
    sys.exit(cli.run(main))
