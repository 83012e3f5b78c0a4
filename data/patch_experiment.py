"""A BagNet and its plain twin on the same drawn pictures: what each goes by where shape and texture disagree.

    python data/patch_experiment.py OUT

Six shapes filled with six textures (data/patterns). In one training set the class is said by both, in the other by the
shape alone. The BagNet sees patches of 9 x 9 pixels, its twin, of the same make with more and padded 3 x 3
convolutions, 37 x 37. Writes OUT/results.json, OUT/table.md, and pictures by the commands that it prints. What is done
already is not done again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bagnets.net import Design, body, deploy, named
from patterns.pattern import SHAPES, SIDE, picture
from shell import Shell

import pycaffe_ext as caffe
from pycaffe_ext import cli
from pycaffe_ext.atomic import write_text
from pycaffe_ext.inspection.photographs import Photographs
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.texture.cues import bias, cues_of, decide
from pycaffe_ext.inspection.texture.rank import ranks, top
from pycaffe_ext.inspection.texture.scramble import scrambled
from pycaffe_ext.net_spec import NetSpec, layers

BAGNET = Design((1, 1, 0), (2, 2, 2), (16, 32, 48), (2, 2, 1), expansion=2, classes=len(SHAPES), averaging=0.9)
DESIGNS = {"BagNet": BAGNET, "plain twin": replace(BAGNET, kernels=(2, 2, 2), padded=True)}
SETS = {"both": "shape and texture", "shape": "shape alone"}  # what says the class in training
_TRAIN, _TEST = 1800, 300
_SOLVER = """net: "{folder}/train_val.prototxt"
type: "Adam"
base_lr: 0.004
lr_policy: "multistep"
stepvalue: {step}
gamma: 0.1
momentum: 0.9
momentum2: 0.999
max_iter: {iterations}
display: 100
snapshot_prefix: "{folder}/net"
random_seed: {seed}
"""


def draw(out: Path) -> None:
    """Training sets by folders of classes, and test sets: held-out ones of each kind, and of cues in conflict."""
    for number, (name, count) in enumerate((("both", _TRAIN), ("shape", _TRAIN), ("both_test", _TEST),
                                            ("shape_test", _TEST), ("conflict", _TEST))):  # fmt: skip
        if (out / name).exists():
            continue
        aside = out / f".{name}"
        for index in range(count):
            rng = np.random.default_rng([number, index])
            shape = index % len(SHAPES)
            other = (shape + 1 + rng.integers(len(SHAPES) - 1)) % len(SHAPES)
            texture = {"both": shape, "shap": int(rng.integers(len(SHAPES)))}.get(name[:4], int(other))
            folder = aside / SHAPES[shape]
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{SHAPES[shape]}{index}-{SHAPES[texture]}{index}.png"
            path.write_bytes(cv2.imencode(".png", picture(rng, shape, texture))[1].tobytes())
        aside.rename(out / name)


def train(design: Design, name: str, source: Path, folder: Path, seed: int, iterations: int) -> None:
    """Writes net, deploy net and solver into `folder`, and the trained net_iter_N.caffemodel."""
    folder.mkdir(parents=True, exist_ok=True)
    net = NetSpec()
    transform = {"mean_value": 128, "scale": 1 / 64}
    net.data, net.label = layers.Data(ntop=2, source=str(source), batch_size=32, backend=1, transform_param=transform)
    body(net, design)
    net.loss = layers.SoftmaxWithLoss(net.fc, net.label)
    write_text(folder / "train_val.prototxt", str(named(net, name)))
    write_text(folder / "deploy.prototxt", str(deploy(design, name, SIDE, 1)))
    text = _SOLVER.format(folder=folder, step=iterations * 3 // 4, iterations=iterations, seed=seed)
    write_text(folder / "solver.prototxt", text)
    caffe.get_solver(str(folder / "solver.prototxt")).solve()


def measure(subject: Subject, out: Path) -> dict[str, Any]:
    """Accuracies on held-out pictures, whole and scrambled, and decisions where the cues are in conflict."""
    found: dict[str, Any] = {}
    for kind in ("both_test", "shape_test"):
        photographs = list(Photographs(str(out / kind)))
        labels = [SHAPES.index(cues_of(one.name)[0]) for one in photographs]
        pixels = [one.pixels for one in photographs]
        found[kind] = top(ranks(subject, pixels, labels, 50), 1)
        rng = np.random.default_rng(1)
        found[f"{kind}, scrambled"] = top(ranks(subject, [scrambled(one, 4, rng) for one in pixels], labels, 50), 1)
    categories = {name: [label] for label, name in enumerate(SHAPES)}
    found["conflict"] = bias(
        decide(subject, Photographs(str(out / "conflict")), lambda one: cues_of(one.name), categories, batch=50)
    )
    return found


def table(results: dict[str, Any]) -> list[str]:
    """Markdown: means over seeds."""
    lines = [
        "| net | the class in training is said by | cues agree | the same, scrambled 4 x 4 | textures at random"
        " | shape bias |"
    ]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    for name in DESIGNS:
        for key, words in SETS.items():
            runs = [run for run_name, run in results.items() if run_name.startswith(f"{name}, {key}, ")]
            shares = [
                np.mean([run[kind] for run in runs]) for kind in ("both_test", "both_test, scrambled", "shape_test")
            ]
            shape, texture, _ = np.sum([run["conflict"] for run in runs], axis=0)
            cells = [f"{share:.1%}" for share in shares] + [f"{shape / max(shape + texture, 1):.2f}"]
            lines.append(f"| {name} | {words} | {' | '.join(cells)} |")
    return lines


def pictures(out: Path) -> None:
    """Heat maps and patches of each net of the first seed, by the commands that users type."""
    shell = Shell()
    scaling = "--mean 128,128,128 --scale 0.015625"
    for name in DESIGNS:
        for key in SETS:
            folder = f"{out}/{name.replace(' ', '_')}_{key}_1"
            net = f"{folder}/deploy.prototxt --weights {folder}/net.caffemodel {scaling}"
            shell(f"visualize.py evidence {net} --images {out}/conflict --first 3 -o {folder}/evidence --quiet")
            shown = f"--classes {out}/names.txt --images {out}/conflict"
            shell(f"probe.py cue-conflict {net} {shown} -o {folder}/cues --quiet")
    for key in SETS:
        nets = [f"{out}/{name.replace(' ', '_')}_{key}_1" for name in DESIGNS]
        other = f"--with {nets[1]}/deploy.prototxt --with-weights {nets[1]}/net.caffemodel"
        first = f"{nets[0]}/deploy.prototxt --weights {nets[0]}/net.caffemodel {scaling} --classes {out}/names.txt"
        shell(f"probe.py agreement {first} {other} --images {out}/{key}_test -o {out}/agreement_{key}")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for all that is made")
    parser.add_argument("--iterations", type=int, default=200, metavar="N", help="default: %(default)s")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="runs of each net (default: %(default)s)")
    given = parser.parse_args(arguments)
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "names.txt", "\n".join(SHAPES) + "\n")
    draw(out)
    for key in SETS:
        if not (out / f"{key}_lmdb").exists():
            Shell()(f"make_lmdb.py {out}/{key} {out}/{key}_lmdb --shuffle")
    path = out / "results.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for seed in range(1, given.seeds + 1):
        for name, design in DESIGNS.items():
            for key in SETS:
                run = f"{name}, {key}, {seed}"
                if run not in results:
                    folder = out / f"{name.replace(' ', '_')}_{key}_{seed}"
                    title = f"{name[0].upper()}{name[1:]}, taught by {SETS[key]}"
                    train(design, title, out / f"{key}_lmdb", folder, seed, given.iterations)
                    (folder / f"net_iter_{given.iterations}.caffemodel").rename(folder / "net.caffemodel")
                    scaling = Scaling(np.array([128, 128, 128], np.float32), 1 / 64)
                    subject = Subject(folder / "deploy.prototxt", folder / "net.caffemodel", scaling=scaling)
                    results[run] = measure(subject, out)
                    write_text(path, json.dumps(results, indent=1) + "\n")
                print(run, json.dumps(results[run]), flush=True)
    write_text(out / "table.md", "\n".join(table(results)) + "\n")
    print("\n".join(table(results)))
    pictures(out)


if __name__ == "__main__":
    sys.exit(cli.run(main))
