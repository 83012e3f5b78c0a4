"""Builds every net of a folder in real Caffe and in this engine, and shows where names or shapes part.

    python tests/compare_shapes.py FOLDER [--limit N]

Looks at all files of the folder that hold layers, in both phases. Databases, lists and means that they name are
replaced by small drawn ones, and fillers by constants, since only names and shapes are compared. What real Caffe
refuses (a fork's layers, files that are missing) is counted, not compared. The exit status is 1 where a net that
real Caffe builds is another one here, or none. Needs `sudo .ci/real-caffe`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import cv2
import lmdb
import numpy as np
import real_caffe
from engine import net_shapes

import pycaffe_ext as caffe
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.model.load import read_net
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import Datum
from pycaffe_ext.proto.files import write_binary

FINE = {"same", "refused", "empty"}
SIZE = 300  # of the drawn images: larger than any crop
HAS_LAYERS = re.compile(rb"^\s*layers?\s*[:{]", re.MULTILINE)
SUBSTITUTIONS = [
    (rb'type: *"(gaussian|xavier|msra|uniform|positive_unitball)"', b'type: "constant"'),
    (rb"sparse: *\d+", b""),
    (rb"backend: *\w+", b""),
    (rb'(source: *"images")', rb"\1 backend: LMDB"),
    (rb"prefetch: *\d+", b""),
]


def draw_files() -> None:
    """A database of one image, a list, windows and a mean, in the current folder."""
    pixels = np.full((3, SIZE, SIZE), 127, np.uint8)
    datum = Datum(channels=3, height=SIZE, width=SIZE, data=pixels.tobytes(), label=0)
    with lmdb.open("images", map_size=1 << 22) as database, database.begin(write=True) as writing:
        writing.put(b"0", datum.SerializeToString())
    cv2.imwrite("grey.png", pixels.transpose(1, 2, 0))
    Path("list.txt").write_text("grey.png 0\n")
    window = f"grey.png\n3\n{SIZE}\n{SIZE}\n2\n1 0.9 0 0 99 99\n0 0.1 9 9 80 80\n"
    Path("windows.txt").write_text(f"# 0\n{window}")
    write_binary("mean.binaryproto", array_to_blob(np.zeros((1, 3, SIZE, SIZE)), legacy=True))


def lay_out(source: Path, target: Path) -> None:
    """The net, with the names of the drawn files instead of its own."""
    target.write_bytes(source.read_bytes())
    text = target.read_bytes()
    with suppress(CaffeError):
        for layer in read_net(target).layer:
            for name, drawn in (
                (layer.data_param.source, "images"),
                (layer.image_data_param.source, "list.txt"),
                (layer.window_data_param.source, "windows.txt"),
                (layer.transform_param.mean_file, "mean.binaryproto"),
            ):
                if name:
                    text = re.sub(rb"([\"'])" + re.escape(name.encode()) + rb"\1", f'"{drawn}"'.encode(), text)
            if layer.image_data_param.root_folder:
                text = text.replace(layer.image_data_param.root_folder.encode(), b"")
    for pattern, replacement in SUBSTITUTIONS:
        text = re.sub(pattern, replacement, text)
    target.write_bytes(text)


def compare(name: str, way: str, expected: object) -> str:
    """What became of a net: refused by real Caffe, empty there, same, or the first difference."""
    if isinstance(expected, str):
        return "refused"
    if not any(net["layers"] for net in expected):  # type: ignore[attr-defined]
        return "empty"  # V1 layers inside a solver, which real Caffe overlooks
    try:
        ours = net_shapes.describe_file(caffe, name, way)
    except CaffeError as error:
        return f"only in real Caffe: {error}"
    finally:
        gc.collect()
    for found, wanted in zip(ours, expected, strict=True):  # type: ignore[call-overload]
        for part, values in wanted.items():
            if found[part] != values:
                pair = next(((a, b) for a, b in zip(found[part], values, strict=False) if a != b), "one is longer")
                return f"other {part}: {pair}"
    return "same"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, metavar="N", help="the first N files only")
    options = parser.parse_args()
    found = [path for path in sorted(options.folder.resolve().rglob("*")) if path.is_file()]
    nets = [path for path in found if HAS_LAYERS.search(path.read_bytes())][: options.limit]
    outcomes: Counter[str] = Counter()
    with real_caffe.folder() as real:
        os.chdir(real.path)
        draw_files()
        names = {f"{i}.prototxt": path for i, path in enumerate(nets)}
        for name, path in names.items():
            lay_out(path, Path(name))
        real.python(Path(net_shapes.__file__), *names, timeout=3600)
        for name, ways in json.loads(Path("shapes.json").read_text()).items():
            for way, expected in ways.items():
                outcome = compare(name, way, expected)
                outcomes[outcome.partition(":")[0]] += 1
                if outcome not in FINE:
                    print(f"{names[name]} ({way}): {outcome}", flush=True)
        os.chdir("/")
    print(f"{len(nets)} files in both phases: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common()))
    return 1 if set(outcomes) - FINE else 0


if __name__ == "__main__":
    sys.exit(main())
