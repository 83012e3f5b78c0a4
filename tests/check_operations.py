#!/usr/bin/env python3
"""Whether operations do what they may and no more on real files: check_operations.py FOLDER...

Every prototxt in the folders gets each operation of CASES, on a layer of its own that fits. The result is checked by
`perform` itself (only the fields meant differ, protobuf still reads it), and here once more from outside: it re-parses,
every comment outside of removed layers is there, and layers that the operation does not name are field for field as
they were. Where the operation refuses a net, it does so with one of the package's errors; these are counted.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pycaffe_ext import cli
from pycaffe_ext.errors import CaffeError, FileError, PrototxtError
from pycaffe_ext.model.view import LayerView, NetView
from pycaffe_ext.surgery import Request, operations, perform
from pycaffe_ext.surgery.differences import differences
from pycaffe_ext.surgery.roles import roles_of
from pycaffe_ext.text import Document

Choice = Callable[[list[LayerView]], Sequence[LayerView]]


def with_outputs(layers: list[LayerView]) -> Sequence[LayerView]:
    """The last layer with num_output."""
    return [one for one in layers if one.type in ("InnerProduct", "Convolution") and roles_of(one)][-1:]


def first(layers: list[LayerView]) -> Sequence[LayerView]:
    """The first layer with a bottom and a top."""
    return [one for one in layers if one.bottoms and one.tops and one.name][:1]


def middle(layers: list[LayerView]) -> Sequence[LayerView]:
    """A layer in the middle that has one bottom and one top."""
    found = [one for one in layers if len(one.bottoms) == len(one.tops) == 1 and one.name]
    return found[len(found) // 2 :][:1]


def any_layer(layers: list[LayerView]) -> Sequence[LayerView]:
    return layers[:1]


# flag, value with {} for the layer's name, and how the layer is chosen
CASES: list[tuple[str, str, Choice]] = [
    ("--freeze-all", "", any_layer),
    ("--lr-mult", "{}=10,20", with_outputs),
    ("--decay-mult", "{}=0.5,0", with_outputs),
    ("--lr-decay-by-depth", "0.8", any_layer),
    ("--bn-freeze", "", any_layer),
    ("--rename", "{}=new name", first),
    ("--num-output", "{}=7", with_outputs),
    ("--replace-head", "{}=new_head,7", with_outputs),
    ("--keep-classes", "{}=0", with_outputs),
    ("--insert-after", "{}=ReLU:new", first),
    ("--insert-after", "{}=Pooling:new", first),
    ("--insert-before", "{}=Dropout:new", middle),
    ("--remove", "{}", middle),
    ("--replace-type", "{}=ELU", middle),
    ("--set", "{}.convolution_param.stride=3", with_outputs),
    ("--set", "{}.loss_weight=0.5", first),
    ("--unset", "{}.top", first),
    ("--prefix", "left_", any_layer),
    ("--up-to", "{top}", middle),
    ("--from", "{top}", middle),
    ("--phase", "TRAIN", any_layer),
    ("--upgrade", "", any_layer),
    ("--format", "", any_layer),
    ("--to-deploy", "", any_layer),
    ("--to-train-val", "train_lmdb,test_lmdb", any_layer),
]
# what changes all over, and has checks of its own
FREE = ("--to-deploy", "--upgrade", "--format", "--prefix", "--to-train-val")


def problems(document: Document, request: Request, touched: str) -> Iterator[str]:
    """What is wrong with what an operation did. Raises CaffeError where it refuses."""
    after = perform(document, [request])
    Document.from_bytes(after.to_bytes())
    old = [one.text.rstrip() for one in document.comments]
    new = [one.text.rstrip() for one in after.comments]
    if len(new) > len(old) or (request.flag not in _REMOVES and old != new):
        yield f"has {len(new)} comments instead of {len(old)}"
    if request.flag in FREE:
        return
    operation = next(one for one in operations() if request.flag in [option.flag for option in one.options])
    added, removed = operation.layers(document, [request])
    new_names = {touched, *added}
    names = Counter(layer.name for layer in NetView(document).layers)
    for one in differences(document, after):
        name = one.layer.rpartition(" (")[0].removeprefix("'").removesuffix("'")
        if request.flag in _REMOVES and names[name] > 1:
            continue  # which of the layers of one name are left, their order does not say
        if one.kind == "field" and one.path not in _MEANT.get(request.flag, ()) and name not in new_names:
            yield f"{one.layer}: {one.path} was {one.before}, is {one.after}"
        if one.kind.startswith("only") and name not in {*new_names, *removed, _new_name(request)}:
            yield f"{one.layer} is {one.kind} net"


def _new_name(request: Request) -> str:
    """The name that a layer gets from OLD=NEW[,N]."""
    return request.value.rpartition("=")[2].partition(",")[0]


_RATES = ("param.lr_mult", "param.decay_mult", "blobs_lr", "weight_decay", "batch_norm_param.use_global_stats")
_REMOVES = ("--remove", "--up-to", "--from", "--phase", "--to-deploy", "--to-train-val")
_LEARNING = ("--freeze-all", "--lr-mult", "--decay-mult", "--lr-decay-by-depth", "--bn-freeze")
_REWIRING = ("--rename", "--replace-head", "--insert-after", "--insert-before", "--remove")
_MEANT = dict.fromkeys(_LEARNING, _RATES) | dict.fromkeys(_REWIRING, ("bottom", "top", "input"))
_MEANT["--phase"] = ("include.phase", "exclude.phase", "include.stage", "exclude.stage", "include", "exclude")


def check(path: Path, done: dict[str, Counter[str]]) -> int:
    """Tries all cases on one file and counts them in `done`; how many failed."""
    try:
        document = Document.read(path)
    except PrototxtError:
        return 0
    failed = 0
    layers = NetView(document).layers
    for flag, value, choose in CASES:
        counts = done[f"{flag} {value}"]
        for layer in choose(layers):
            request = Request(flag, value.format(layer.name, top=(layer.top_names or [""])[0]))
            try:
                found = list(problems(document, request, layer.name))
            except CaffeError as error:
                counts["refused"] += 1
                found = [str(error)] if "fault of this program" in str(error) else []
            except Exception as error:
                found = [f"{type(error).__name__}: {error}"]
            else:
                counts["done"] += 1
            failed += bool(found)
            for problem in found[:2]:
                print(f"FAILED: {path}: {flag} {request.value}: {problem}", flush=True)
    return failed


def main(folders: Sequence[str]) -> int:
    logging.disable(logging.WARNING)
    if not folders:
        raise FileError("FOLDER", "is missing: check_operations.py FOLDER...")
    done: dict[str, Counter[str]] = {f"{flag} {value}": Counter() for flag, value, _ in CASES}
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file())
    failed = files = 0
    try:
        for path in paths:
            failed += check(path, done)
            files += 1
    except KeyboardInterrupt:
        print("interrupted")
    print(f"files: {files} of {len(paths)}")
    for name, counts in done.items():
        print(f"{name:45} done {counts['done']:5}, refused {counts['refused']:5}")
    print(f"failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
