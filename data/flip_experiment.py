"""Which way does the face look? What a net fine-tuned on it learns, by what is unfrozen and whether the mirror is on.

An ImageNet SqueezeNet (its deploy prototxt and caffemodel) is fine-tuned on portraits that face left and right, each
beside its mirror image under the other label: the last layer alone, from the layer that `probe.py symmetry` advises
on, or all layers; with the data layer's mirror on and off; for several seeds, each with its own held-out people. The
advice is measured on training portraits only. Each kind of run has the base_lr, of RATES, that does best with the
first seed, without the mirror, on portraits held out for that (not those of its test).

Everything lies in OUT, and a run that is there already is not made again: start it once more to go on.

    python data/flip_experiment.py OUT --net SqueezeNet_deploy.prototxt --weights squeezenet.caffemodel \\
        --images CelebAMask/images --masks CelebAMask/masks
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shell import Shell

from pycaffe_ext import cli
from pycaffe_ext.atomic import write_bytes, write_text
from pycaffe_ext.inspection.figures import COLOURS, new_figure, png
from pycaffe_ext.logs.csv_log import read_log

SIDE, BATCH, TEST_BATCH, TESTED, CHECKED = 115, 16, 20, 70, 40
RATES = (0.001, 0.0003, 0.0001)
LEARNS = ("last layer", "advised", "everything")
SOLVER = """\
train_net: "{folder}/train_val.prototxt"
test_net: "{folder}/check.prototxt"
test_net: "{folder}/train_val.prototxt"
test_iter: {check_iter}
test_iter: {test_iter}
test_interval: {iterations}
test_initialization: false
base_lr: {rate}
momentum: 0.9
weight_decay: 0.0002
lr_policy: "step"
gamma: 0.1
stepsize: {step}
display: 10
average_loss: 10
max_iter: {iterations}
random_seed: {seed}
snapshot_after_train: false
snapshot_prefix: "{folder}/run"
"""


def prepare(shell: Shell, options: argparse.Namespace, seed: int) -> dict[str, Any]:
    """The data and nets of one seed, and the advice, in OUT/seed_N."""
    folder = options.out / f"seed_{seed}"
    if not (folder / "symmetry.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shell(f"rm -rf {folder}/faces {folder}/*_lmdb")
        shell(
            f"python {Path(__file__).with_name('flip_faces.py')} {options.images} {options.masks} {folder}/faces"
            f" --test {TESTED} --check {CHECKED} --seed {seed}"
        )
        for part in ("train", "check", "test"):
            shell(
                f"make_lmdb.py {folder}/faces/{part} {folder}/{part}_lmdb --resize {SIDE}x{SIDE}"
                f" --mirror-classes left:right --shuffle --seed {seed}"
            )
        transform = f"crop_size: {SIDE} mean_value: 104 mean_value: 117 mean_value: 123"
        shell(
            f"surgery.py {options.net} --insert-after pool_final=Softmax:prob"
            f" --to-train-val {folder}/train_lmdb,{folder}/test_lmdb --transform '{transform}'"
            f" --batch {BATCH},{TEST_BATCH} -o {folder}/imagenet.prototxt"
        )
        shell(
            f"probe.py symmetry {folder}/imagenet.prototxt --weights {options.weights}"
            f" --input-shape 1,3,{SIDE},{SIDE} --images {folder}/faces/train --swaps left,right -o {folder}"
        )
    found: dict[str, Any] = json.loads((folder / "symmetry.json").read_text())
    return found


def fine_tune(shell: Shell, options: argparse.Namespace, seed: int, learns: str, mirror: bool, rate: float) -> Any:
    """One run: its accuracy on portraits held out for the test, and on those held out to choose by."""
    base = options.out / f"seed_{seed}"
    folder = base / f"{learns.replace(' ', '_')}_{'mirror' if mirror else 'no_mirror'}_{rate:g}"
    folder.mkdir(exist_ok=True)
    layer = json.loads((base / "symmetry.json").read_text())["advice"]["layer"]
    rates = {
        "last layer": "--freeze-all --unfreeze facing",
        "advised": f"--freeze-all --unfreeze-from {layer}",
        "everything": "--unfreeze '*'",
    }
    shell(
        f"surgery.py {base}/imagenet.prototxt --remove relu_conv_final --replace-head conv_final=facing,2"
        f" --lr-mult facing=10,20 {rates[learns]} --set data.transform_param.mirror={str(mirror).lower()}"
        f" -o {folder}/train_val.prototxt > {folder}/surgery.txt"
    )
    shell(f"sed 's|/test_lmdb|/check_lmdb|' {folder}/train_val.prototxt > {folder}/check.prototxt")
    values = {
        "folder": folder, "seed": seed, "rate": rate, "iterations": options.iterations,
        "step": options.iterations * 3 // 4,
        "check_iter": 2 * CHECKED // TEST_BATCH, "test_iter": 2 * TESTED // TEST_BATCH,
    }  # fmt: skip
    write_text(folder / "solver.prototxt", SOLVER.format_map(values))
    shell(f"train.py {folder}/solver.prototxt --weights {options.weights} --quiet")
    check, test = [row for row in read_log(folder / "run_log.csv") if row.phase == "test"][-2:]
    return {
        "seed": seed, "learns": learns, "mirror": mirror, "rate": rate, "from": layer if learns == "advised" else None,
        "accuracy": test.outputs["accuracy"], "check": check.outputs["accuracy"], "check_loss": check.outputs["loss"],
    }  # fmt: skip


def best_rate(runs: Sequence[Any], learns: str) -> float:
    """Of the first seed's runs without mirror the best on the portraits to choose by; of equals, by their loss."""
    found = [run for run in runs if (run["seed"], run["learns"], run["mirror"]) == (0, learns, False)]
    return float(max(found, key=lambda run: (run["check"], -run["check_loss"]))["rate"])


def final(runs: Sequence[Any]) -> list[Any]:
    """A run per seed, kind and mirror: those at the chosen rates."""
    return [run for run in runs if run["rate"] == best_rate(runs, run["learns"])]


def summary(runs: Sequence[Any]) -> str:
    """The table of runs in Markdown: mean and range over the seeds."""
    lines = ["| what learns | mirror | held-out accuracy, mean | each seed |", "| --- | --- | ---: | --- |"]
    for learns in LEARNS:
        for mirror in (True, False):
            found = [run["accuracy"] for run in runs if run["learns"] == learns and run["mirror"] == mirror]
            each = ", ".join(f"{value:.1%}" for value in found)
            lines.append(f"| {learns} | {'on' if mirror else 'off'} | {np.mean(found):.1%} | {each} |")
    return "\n".join(lines) + "\n"


def chart(runs: Sequence[Any], layers: Sequence[str]) -> bytes:
    """A dot for each run, a bar for their mean."""
    figure = new_figure(7.5, 4.2)
    panel = figure.subplots()
    for column, mirror in enumerate((True, False)):
        for place, learns in enumerate(LEARNS):
            found = [100 * run["accuracy"] for run in runs if run["learns"] == learns and run["mirror"] == mirror]
            x = place + (column - 0.5) * 0.36
            label = f"mirror {'on' if mirror else 'off'}" if not place else None
            panel.bar(x, np.mean(found), 0.32, color=COLOURS[column], alpha=0.55, label=label)
            panel.plot([x] * len(found), found, "o", color="0.15", markersize=4)
            panel.annotate(f"{np.mean(found):.0f}%", (x, 3), ha="center", fontsize=9)
    panel.axhline(50, color="0.4", linestyle="--", linewidth=1)
    panel.annotate("chance", (2.42, 50), (0, 3), textcoords="offset points", fontsize=8, color="0.3")
    panel.set_xlim(-0.55, 2.72)
    advised = f"advised\n({' or '.join(dict.fromkeys(layers))} and up)"
    panel.set_xticks(range(3), ["last layer", advised, "everything"], fontsize=9)
    panel.set_xlabel("what learns", fontsize=9)
    panel.set_ylabel("accuracy on held-out portraits (%)", fontsize=9)
    panel.set_ylim(0, 102)
    seeds = len({run["seed"] for run in runs})
    panel.set_title(f"Which way does the face look? SqueezeNet, {seeds} seeds (dots) each", fontsize=11)
    panel.legend(fontsize=9, loc="upper left", frameon=False)
    return png(figure)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    for name in ("net", "weights", "images", "masks"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3, help="so many (default: %(default)s)")
    parser.add_argument("--iterations", type=int, default=200, help="of each run (default: %(default)s)")
    options = parser.parse_args(arguments)
    shell = Shell()
    os.makedirs(options.out, exist_ok=True)
    file = options.out / "runs.json"
    runs: list[Any] = json.loads(file.read_text()) if file.exists() else []

    def play(seed: int, learns: str, mirror: bool, rate: float) -> None:
        kind = (seed, learns, mirror, rate)
        if any((run["seed"], run["learns"], run["mirror"], run["rate"]) == kind for run in runs):
            return
        shell.say(f"Seed {seed}: {learns} learns, mirror {'on' if mirror else 'off'}, rate {rate:g}.")
        runs.append(fine_tune(shell, options, *kind))
        print(f"accuracy {runs[-1]['accuracy']:.1%}, to choose by {runs[-1]['check']:.1%}", flush=True)
        write_text(file, json.dumps(runs, indent=1) + "\n")

    layers = []
    for seed in range(options.seeds):
        shell.say(f"Seed {seed}: portraits, nets, advice.")
        layers.append(str(prepare(shell, options, seed)["advice"]["layer"]))
        for learns in LEARNS:
            for rate in () if seed else RATES:
                play(seed, learns, False, rate)
            for mirror in (False, True):
                play(seed, learns, mirror, best_rate(runs, learns))
    runs = final(runs)
    write_text(options.out / "runs.md", summary(runs))
    write_bytes(options.out / "runs.png", chart(runs, layers))
    print(summary(runs))


if __name__ == "__main__":
    sys.exit(cli.run(main))
