"""Coins: six fine-tunings of one net, which differ in what learns and in whether the mirror is on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shell import Shell

from pycaffe_ext.atomic import write_text
from pycaffe_ext.inspection import Report
from pycaffe_ext.logs.csv_log import read_log

OUT = Path("demo/coins")  # as prototxt/coins names it
PRETRAINED = "demo/emblems/emblems_iter_1100.caffemodel"
ENOUGH, CHANCE = 0.95, 0.5
_NEAR_CHANCE = 0.1  # one run's distance from chance says little below this

HEADER = ("what learns", "mirror", "accuracy on held-out coins")

NEW_LAST_LAYER = "--replace-head fc8=fc8_coins,2 --lr-mult fc8_coins=2,4 --set .name=Coins"
LEARNS = {
    "last layer": "--freeze-all --unfreeze fc8_coins",
    "conv5 and up": "--freeze-all --unfreeze-from conv5",
    "everything": "--unfreeze '*'",
}
BASES = {True: "mirror", False: "no_mirror"}  # the net by whether the mirror is on


@dataclass(frozen=True)
class Run:
    """One fine-tuning and its accuracy on held-out coins, 0 to 1."""

    learns: str
    mirror: bool
    accuracy: float


def play(shell: Shell) -> list[Run]:
    """Draws, trains on emblems, fine-tunes on coins; writes OUT/runs.csv and OUT/runs.md."""
    shell.say("A net learns ten kinds of emblem, with mirrored copies, as ImageNet nets do.")
    for name in ("emblems", "coins"):
        shell(f"python data/draw.py {name} demo/{name}/photos")
        for part in ("train", "test"):
            shell(f"make_lmdb.py demo/{name}/photos/{part} demo/{name}/{part}_lmdb --shuffle")
    shell("train.py prototxt/emblems/solver.prototxt --out demo/emblems")

    shell.say("Its last layer makes way for one of two classes: heads that face left, heads that face right.")
    shell(f"sed 's|demo/emblems|{OUT}|' prototxt/emblems/train_val.prototxt > {OUT}/mirror.prototxt")
    shell(f"surgery.py {OUT}/mirror.prototxt {NEW_LAST_LAYER} --in-place")
    shell(f"surgery.py {OUT}/mirror.prototxt --set data.transform_param.mirror=false -o {OUT}/no_mirror.prototxt")

    runs = []
    for learns, operations in LEARNS.items():
        shell.say(f"Coins: {learns} learns, mirror on and off.")
        folders = {mirror: OUT / f"{learns.replace(' ', '_')}_{base}" for mirror, base in BASES.items()}
        for mirror, folder in folders.items():
            shell(f"mkdir {folder}")
            shell(f"surgery.py {OUT}/{BASES[mirror]}.prototxt {operations} -o {folder}/train_val.prototxt")
            shell(f"sed 's|prototxt/coins|{folder}|' prototxt/coins/solver.prototxt > {folder}/solver.prototxt")
        train = "OMP_NUM_THREADS=1 train.py"
        shell.side_by_side([f"{train} {folder}/solver.prototxt --weights {PRETRAINED}" for folder in folders.values()])
        for mirror, folder in folders.items():
            tests = [row for row in read_log(folder / "coins_log.csv") if row.phase == "test"]
            runs.append(Run(learns, mirror, tests[-1].outputs["accuracy"]))
    save(runs)
    return runs


def rows(runs: list[Run]) -> list[tuple[str, str, str]]:
    """The table of runs, as text."""
    return [(run.learns, "on" if run.mirror else "off", f"{run.accuracy:.1%}") for run in runs]


def save(runs: list[Run]) -> None:
    """The table of runs as CSV, and as Markdown with what follows from it."""
    lines = [f"{run.learns},{'on' if run.mirror else 'off'},{run.accuracy:.4f}\n" for run in runs]
    write_text(OUT / "runs.csv", "learns,mirror,accuracy\n" + "".join(lines))
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in [HEADER, ("---", "---", "---:"), *rows(runs)])
    write_text(OUT / "runs.md", table + "\n" + "\n".join(conclusion(runs)) + "\n")


def conclusion(runs: list[Run]) -> list[str]:
    """What the accuracies say of the two suspects, the mirror and the frozen layers; neither is taken for granted.

    The first run's layers are the fewest that learn; each kind of run was made with and without mirror.
    """
    accuracy = {(run.learns, run.mirror): run.accuracy for run in runs}
    fewest, *more = dict.fromkeys(run.learns for run in runs)
    start, no_mirror = accuracy[fewest, True], accuracy[fewest, False]
    unfrozen = max(accuracy[learns, True] for learns in more)
    both = {learns: accuracy[learns, False] for learns in more}
    lines = [
        f"Where it starts: {fewest}, mirror on: {start:.1%}; chance is {CHANCE:.0%}.",
        f"The mirror alone: off, it is {no_mirror:.1%} ({100 * (no_mirror - start):+.1f} points).",
        f"The frozen layers alone: free, at best {unfrozen:.1%} ({100 * (unfrozen - start):+.1f} points).",
        "Both: " + ", ".join(f"{learns} {value:.1%}" for learns, value in both.items()) + ".",
    ]
    if no_mirror >= ENOUGH or unfrozen >= ENOUGH:
        alone = [name for name, value in (("mirror", no_mirror), ("frozen layers", unfrozen)) if value >= ENOUGH]
        return [*lines, f"So one change is enough to pass {ENOUGH:.0%}: the cause was the {' or the '.join(alone)}."]
    passed = next((learns for learns, value in both.items() if value >= ENOUGH), None)
    if passed is None:
        return [*lines, f"So neither is the whole cause: no run passes {ENOUGH:.0%}."]
    hopeless = all(abs(accuracy[learns, True] - CHANCE) < _NEAR_CHANCE for learns in (fewest, *more))
    why = ": with it on every run stays near chance, whatever learns" if hopeless else ""
    return [*lines, f"So both matter. The mirror must go{why}; then, to pass {ENOUGH:.0%}, {passed} must learn."]


def show(report: Report, runs: list[Run]) -> None:
    """The coins' part of the report."""
    report.heading("Coins: which way does the head look?")
    report.text(
        "A small relative of AlexNet learned to tell ten kinds of emblem apart, with mirrored copies, as ImageNet nets"
        " do. Fine-tuned on photographs of coins it is tested on coins of other designs. Six runs differ in nothing"
        " but what learns and whether the mirror is on."
    )
    report.picture(Path("demo/coins/photos/samples.jpg").read_bytes(), "Held-out coins: above facing left, below right")
    report.table(HEADER, rows(runs))
    report.text(*conclusion(runs))
    report.picture(Path("demo/emblems/photos/samples.jpg").read_bytes(), "Emblems held out from the first training")
    report.picture(Path("demo/emblems/emblems_curves.png").read_bytes(), "The first training, on emblems")
    best = max(runs, key=lambda run: run.accuracy)
    folder = OUT / f"{best.learns.replace(' ', '_')}_{'mirror' if best.mirror else 'no_mirror'}"
    report.picture((folder / "coins_curves.png").read_bytes(), f"The best fine-tuning: {best.learns} learns")
