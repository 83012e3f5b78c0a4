"""The options of a command that looks at a trained net."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from ..bvlc import Place
from ..bvlc.flags import add_place, place_of
from ..errors import DataError, OptionError

if TYPE_CHECKING:
    from .subject import Subject


def add_subject(
    parser: argparse.ArgumentParser,
    *,
    weights: bool = True,
    net_help: str = "a prototxt, deploy or train_val",
    real: bool = True,
) -> None:
    """The arguments that say which net, and how pictures go into it. `real`: whether real Caffe may run it."""
    parser.add_argument("net", metavar="NET", help=net_help)
    group = parser.add_argument_group("net")
    group.add_argument("--weights", metavar="FILE", required=weights, help="caffemodel (or .h5)")
    group.add_argument("--classes", metavar="FILE", help="class names, a line each, in the order of the labels")
    group.add_argument("--input-shape", metavar="N,C,H,W", help="of a train_val that does not say it")
    group.add_argument("--gpu", metavar="ID", type=int, help="run on this GPU (default: CPU)")
    if real:
        add_engine(parser)
    group = parser.add_argument_group("how pictures go into the net (default: as the train_val's TEST phase says)")
    group.add_argument("--mean", metavar="B,G,R|FILE", help="subtracted: numbers, a binaryproto, or an .npy file")
    group.add_argument("--scale", type=float, metavar="X", help="then multiplied by X")
    group.add_argument("--rgb", action="store_true", help="the net wants red first")
    group.add_argument(
        "--side",
        type=int,
        metavar="N",
        help="shorter side, before the middle is cut out (default: as in the train_val's database, else the input's)",
    )
    group.add_argument("--stretch", action="store_true", help="no cutting: pictures take the input's size")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what runs the net."""
    parser.add_argument(
        "--engine", choices=("torch", "caffe"), default="torch", help="what runs the net: ours, or real Caffe"
    )
    add_place(parser, "where real Caffe is, for --engine caffe")


def real_place(options: argparse.Namespace) -> Place | None:
    """Where real Caffe is if it runs the net. Raises OptionError where that is said for the torch engine."""
    if not hasattr(options, "engine"):  # a command for the torch engine alone
        return None
    place = place_of(options)
    if options.engine == "caffe":
        return place or Place()
    if place is not None:
        raise OptionError("--caffe-python, --caffe-chroot and --docker are for --engine caffe")
    return None


def open_subject(options: argparse.Namespace) -> Subject:
    """The net that `add_subject`'s arguments ask for. Raises CaffeError."""
    from .scaling import read_mean  # not above: --help need not wait for torch
    from .subject import Subject

    real = real_place(options)
    if real is None:
        use_device(options)
    classes = read_classes(options.classes) if options.classes else ()
    mean = None if options.mean is None else read_mean(options.mean)
    found = Subject(
        options.net, options.weights, classes=classes, input_shape=options.input_shape, mean=mean, real=real,
        gpu=options.gpu,
    )  # fmt: skip
    scaling = replace(found.scaling, rgb=options.rgb, stretch=options.stretch)
    if options.side is not None:
        scaling = replace(scaling, side=options.side)
    if options.scale is not None:
        scaling = replace(scaling, scale=options.scale)
    found.scaling = scaling
    return found


def use_device(options: argparse.Namespace) -> None:
    """Runs nets where --gpu says. Raises OptionError where there is no such GPU."""
    if options.gpu is not None:
        from ..engine import device

        device.set_device(options.gpu)
        device.set_mode_gpu()


def read_classes(path: str) -> list[str]:
    """Class names, one a line; a WordNet id ("n01440764 tench, ...") before a name goes, synonyms too."""
    from ..proto.files import read_bytes

    try:
        lines = read_bytes(path).decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text in UTF-8") from error
    return [_class(line) for line in lines]


def _class(line: str) -> str:
    first, _, rest = line.strip().partition(" ")
    is_wordnet = rest and len(first) == 9 and first[0] == "n" and first[1:].isdigit()
    return (rest if is_wordnet else line.strip()).split(",")[0]
