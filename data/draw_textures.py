"""Draws pictures of textures alone, 128 x 128 pixels each: styles for `visualize.py stylise`.

python data/draw_textures.py OUT
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from patterns.pattern import TEXTURES
from patterns.weave import weave

from pycaffe_ext import cli
from pycaffe_ext.atomic import creating_folder


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to make; it must not exist yet")
    parser.add_argument("--count", type=int, default=24, metavar="N", help="so many (default: %(default)s)")
    given = parser.parse_args(arguments)
    with creating_folder(given.out) as folder:
        for index in range(given.count):
            texture = index % len(TEXTURES)
            pixels = weave(np.random.default_rng(index), texture)
            (folder / f"{TEXTURES[texture]}{index}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


if __name__ == "__main__":
    sys.exit(cli.run(main))
