"""Plays two problems from drawn pictures to a trained net, with the commands that users type.

    python data/demo.py

Coins: why a fine-tuned net cannot tell left from right, and what mends it. Faces: a class for every pixel. Runs in
the project's folder, writes into demo/ (what an earlier run left there goes first), takes four minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from coins import play as coins
from faces import play as faces
from shell import Shell

from pycaffe_ext import cli
from pycaffe_ext.inspection import Report

PROJECT = Path(__file__).resolve().parent.parent
OUT = Path("demo")


def main(arguments: Sequence[str]) -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(
        arguments
    )
    os.chdir(PROJECT)  # paths in prototxt/ count from here
    shell = Shell()
    shell(f"rm -rf {OUT} && mkdir -p {OUT}/emblems {OUT}/coins {OUT}/faces")
    runs = coins.play(shell)
    faces.play(shell)

    report = Report("pycaffe_ext: two problems, from pictures to a trained net")
    coins.show(report, runs)
    faces.show(report)
    report.heading("All commands")
    report.commands(shell.typed)
    report.write(OUT / "report.html")

    shell.say("Done. Coins:")
    for cells in [coins.HEADER, *coins.rows(runs)]:
        print(f"{cells[0]:16}{cells[1]:8}{cells[2]}")
    print("\n".join(["", *coins.conclusion(runs)]))
    print("\nLook at:")
    for path, what in (
        (OUT / "report.html", "all tables and pictures in one file"),
        (coins.OUT / "runs.md", "the six fine-tunings, and runs.csv"),
        (coins.OUT / "photos/samples.jpg", "coins"),
        (faces.OUT / "regions.png", "faces: truth, prediction, heat maps"),
        (faces.OUT / "scores.csv", "faces: accuracy and IoU"),
    ):
        print(f"  {path!s:34}{what}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
