#!/usr/bin/env python3
"""make_lmdb.py: images, and label maps, into LMDBs that Caffe reads."""

from __future__ import annotations

import argparse
import contextlib
import gc
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pycaffe_ext import cli
from pycaffe_ext.allocation import keep_memory
from pycaffe_ext.datasets import option_values as values
from pycaffe_ext.datasets.option_checks import check
from pycaffe_ext.errors import OptionError

if TYPE_CHECKING:  # what takes time to import waits until the options are known to be right
    from pycaffe_ext.datasets.making import Part
    from pycaffe_ext.datasets.recipes import Recipe
    from pycaffe_ext.datasets.sources import Listing

DESCRIPTION = """\
Makes an LMDB of Caffe Datums from images: the same keys and values as convert_imageset, byte for byte.

SOURCE is a folder with one folder per class (labels count the sorted names; labels.txt is written into OUT's
folder), or a list file with lines "path label", or one of the sources below. With --label-maps it may also be a
folder of images at any depth, and a second LMDB gets their label maps, under the same keys in the same order.
"""

EXAMPLES = """\
examples:
  make_lmdb.py photos/train train_lmdb --resize 256x256 --shuffle
  make_lmdb.py train.txt train_lmdb --root /data/images --resize 256x256 --encoded jpg
  make_lmdb.py photos {}_lmdb --split train=0.8,val=0.1,test=0.1 --resize 256x256 --balance max
  make_lmdb.py faces/images image_lmdb --label-maps faces/masks --label-out label_lmdb --label-scale 1/4 \\
      --palette faces/palette.txt --num-classes 5 --ignore 255
  make_lmdb.py CamVid image_lmdb --subset train --label-out label_lmdb --net train_val.prototxt --blob conv_last
  make_lmdb.py people.csv image_lmdb --columns image=file,label=age+height --label-out number_lmdb
  make_lmdb.py mnist mnist_train_lmdb --subset train
  make_lmdb.py faces.npz faces_h5 --format hdf5

Label maps are sampled, never blended: at --label-scale 1/4 label pixel (y, x) is pixel (4y + 2, 4x + 2) of the map.
A map that is a quarter of its image's size already stays as it is then.
--net takes scale, offset and size from the net: place y of the blob lies over pixel scale * y + shift of the image.
Several numbers per entry (--labels, --columns label=A+B) go to --label-out as K x 1 x 1 floats. Values that are no
bytes (floats, 16 bit with --deep) become float_data.
A run that was killed leaves nothing under OUT; the same command with --resume goes on where it stopped.
Exit status: 0 done, 1 done but --skip-bad left entries out (they are in OUT.skipped.txt), 2 error (nothing is
written then).
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the command. Raises CaffeError."""
    options = _parser(arguments).parse_args(arguments)
    check(options)

    import cv2

    from pycaffe_ext.datasets.making import Making, run_name
    from pycaffe_ext.datasets.making_text import tell_plan, tell_reports, tell_source
    from pycaffe_ext.datasets.sources import open_source
    from pycaffe_ext.datasets.targets.folder_target import Run
    from pycaffe_ext.progress import counting

    cv2.setNumThreads(1)  # images are worked on side by side; threads within each would only be in the way
    # what OpenCV cannot read is reported here, with the file's name
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    listing = open_source(
        options.source,
        kind=options.kind,
        root=options.root,
        classes=options.label_maps is None,
        **{name: vars(options)[name] or default for name, default in _SOURCE_OPTIONS.items()},
    )
    labels = _labels(options, listing)
    parts = _parts(options, listing)
    recipe = _recipe(options, listing, labels)
    if recipe.maps and not options.skip_bad:
        for entry in listing.entries:  # a missing one is told at once, not after hours
            recipe.maps.maps.find(entry.name) if recipe.maps.maps else listing.check(entry)
    kept = {"workers", "resume", "overwrite", "dry_run"}
    name = run_name({option: value for option, value in vars(options).items() if option not in kept}, parts)
    run = Run(name, options.overwrite, options.append, options.resume)
    making = Making(recipe, run, options.format, labels, options.workers, options.skip_bad)
    making.check(parts)
    tell_source(listing)
    if options.dry_run:
        tell_plan(parts, making)
        return 0
    if options.resume and not making.goes_on(parts):
        print("--resume: no run of this command was cut off here; it begins at the first entry", file=sys.stderr)
    gc.freeze()  # what is imported and listed stays; looking through it for garbage again and again takes time
    begin = time.monotonic()
    with counting("writing", sum(len(part.listing.entries) for part in parts)) as progress:
        reports = making.write(parts, progress)
    tell_reports(reports, parts, making, time.monotonic() - begin)
    sys.stdout.flush()
    making.forget(parts)
    return 1 if any(report.skipped for report in reports) else 0


_SOURCE_OPTIONS = {"subset": None, "columns": {}, "labels": None, "every": None}


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = cli.Parser(
        prog="make_lmdb.py", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if {"-h", "--help"} & set(arguments):
        from pycaffe_ext.datasets.sources import sources

        kinds = "\n".join(f"  {source.kind:<15}{source.what}" for source in sources().values())
        parser.epilog = f"sources, told apart by what SOURCE is, or said by --source:\n{kinds}\n\n{EXAMPLES}"
    parser.add_argument("source", metavar="SOURCE", help="folder, list file with lines 'path label', or see below")
    parser.add_argument("out", metavar="OUT", help="the LMDB to make (with --split: its name with {} in it)")
    add = parser.add_argument_group("source").add_argument
    add("--source", dest="kind", metavar="KIND", help="what SOURCE is (default: what it looks like)")
    add("--root", metavar="DIR", help="where a list's paths begin (default: its own folder)")
    add("--subset", metavar="NAME", help="of a set that comes in parts: train, val, test, ...")
    add("--columns", type=values.columns, metavar="NAMES", help="columns or arrays: image=NAME,label=NAME[+NAME...]")
    add("--labels", type=int, metavar="N", help="lines of a list end in N numbers, which may be fractions")
    add("--every", type=int, metavar="N", help="every N-th frame of a video")
    add = parser.add_argument_group("images").add_argument
    encoded = "store encoded, 'same': each as its own file is; files of that kind, if not resized, are kept"
    add("--resize", metavar="HxW", type=values.size, help="resize to height x width, bilinear")
    add("--gray", action="store_true", help="one channel")
    add("--encoded", choices=["jpg", "png", "same"], help=encoded)
    add("--bgr", action="store_true", help="turn red, green, blue of arrays (CIFAR, .npy, HDF5) into blue, green, red")
    add("--turn", choices=["caffe", "all", "none"], default="caffe", help="by EXIF: JPEG as Caffe does (default), all")
    add("--alpha", choices=["drop", "white", "black", "keep"], default="drop", help="drop it as Caffe does (default)")
    add("--deep", action="store_true", help="keep 16 bit and floats, as float_data (Caffe makes 8 bit of them)")
    add = parser.add_argument_group("entries").add_argument
    add("--shuffle", action="store_true", help="shuffle the entries")
    add("--split", type=values.parts, metavar="PARTS", help="train=0.8,val=0.2 (each label so), or train=LIST,val=LIST")
    add("--balance", type=values.balance, metavar="N", help="as many of each label: max, min or N (first part only)")
    add("--mirror-classes", type=values.pairs, metavar="A:B", help="add mirror images, A as B (A:A as A; first part)")
    add("--seed", type=int, metavar="N", help="seed of --shuffle, --split and --balance (default: 0)")
    add = parser.add_argument_group("label maps and numbers").add_argument
    add("--label-maps", metavar="DIR", help="label maps (PNG, TIFF, ...) with the images' names: grey or palette index")
    add("--label-out", metavar="OUT2", help="the LMDB for the label maps, or for several numbers per entry")
    add("--label-scale", type=values.divisor, default=1, metavar="1/N", help="size of label maps against the images'")
    add("--net", metavar="PROTOTXT", help="with --blob: label maps at the size and places of a blob of this net")
    add("--blob", metavar="NAME", help="such as conv_last")
    add("--palette", metavar="FILE", help="labels by colour: lines 'index r g b name'")
    add("--relabel", type=values.relabel, metavar="A:B", help="value A is label B, * all others: 7:0,8:1,*:255")
    add("--num-classes", type=int, metavar="K", help="labels are 0 to K-1; another is refused")
    add("--ignore", type=int, metavar="L", help="a label allowed beside these, such as 255")
    add("--mirror-labels", type=values.label_pairs, metavar="A:B", help="add mirror images, with A and B swapped")
    add = parser.add_argument_group("running").add_argument
    add("--format", choices=["lmdb", "hdf5", "list"], default="lmdb", help="list: for ImageData (default: lmdb)")
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="threads (default: all cores)")
    add("--skip-bad", action="store_true", help="leave unusable entries out, list them, and exit with status 1")
    add("--overwrite", action="store_true", help="replace databases (and labels.txt) that are there")
    add("--append", action="store_true", help="add to the LMDBs that are there")
    add("--resume", action="store_true", help="go on where the same command was cut off")
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    return parser


def _labels(options: argparse.Namespace, listing: Listing) -> str:
    """What goes beside the images: "maps", "numbers", or nothing."""
    has_numbers = any(entry.labels for entry in listing.entries)
    labels = "maps" if options.label_maps or listing.has_maps else "numbers" if has_numbers else ""
    map_options = ("palette", "net", "num_classes", "ignore", "relabel", "mirror_labels")
    if labels != "maps" and (options.label_scale != 1 or any(vars(options)[name] is not None for name in map_options)):
        raise OptionError("--palette, --label-scale, --num-classes and the like are for --label-maps")
    if options.ignore is not None and options.num_classes is None and options.net is None:
        raise OptionError("--ignore is for --num-classes and --net")
    if labels and options.label_out is None and options.format != "hdf5":
        what = "label maps" if labels == "maps" else "numbers that are no class"
        raise OptionError(f"{options.source} has {what}; --label-out says where they go")
    if not labels and options.label_out is not None:
        raise OptionError("--label-out is for --label-maps, and for sources with label maps or several numbers")
    if labels == "numbers" and options.format == "list":
        raise OptionError("lists for ImageData hold one whole number per image; --format hdf5 or lmdb")
    if labels and options.mirror_classes:
        raise OptionError("--mirror-classes is for images with one label each; for label maps: --mirror-labels")
    if labels == "maps" and options.balance and len({entry.label for entry in listing.entries}) == 1:
        raise OptionError("--balance is for images with one label each, and label maps are the only labels here")
    if listing.in_order and (options.shuffle or options.balance):
        raise OptionError("a video is read forward: --format list its frames first, then --shuffle that list")
    return labels


def _parts(options: argparse.Namespace, listing: Listing) -> list[Part]:
    """The entries of each part in their order, and where they go."""
    from pycaffe_ext.datasets import arrangement
    from pycaffe_ext.datasets.making import Part, part_path

    seed = options.seed or 0
    listings = {"": listing}
    if options.split:
        by_list = isinstance(next(iter(options.split.values())), str)
        listings = (
            arrangement.split_by_lists(listing, options.split)
            if by_list
            else arrangement.split(listing, options.split, seed)
        )
    parts = []
    for number, (name, part) in enumerate(listings.items()):
        if number == 0 and options.mirror_classes:
            part = arrangement.with_mirrored_classes(part, arrangement.class_pairs(listing, options.mirror_classes))
        if number == 0 and options.mirror_labels is not None:
            part = arrangement.with_all_mirrored(part)
        if number == 0 and options.balance:
            part = arrangement.balanced(part, options.balance, seed)
        if options.shuffle:
            part = part.shuffled(seed)
        out = part_path(options.out, name, "OUT") if name else Path(options.out)
        label_out = options.label_out
        if label_out is not None:
            label_out = part_path(label_out, name, "--label-out") if name else Path(label_out)
        parts.append(Part(part, out, label_out))
    return parts


def _recipe(options: argparse.Namespace, listing: Listing, labels: str) -> Recipe:
    from pycaffe_ext.datasets.images import Reading
    from pycaffe_ext.datasets.label_grid import Divided
    from pycaffe_ext.datasets.label_maps import LabelMaps, LabelRule
    from pycaffe_ext.datasets.palettes import read_palette
    from pycaffe_ext.datasets.recipes import MapRecipe, Recipe

    reading = Reading(options.gray, options.turn, options.alpha, options.deep)
    if options.gray and options.encoded and not options.resize:
        print(
            "--gray does not change files that are kept as they are; force_gray in transform_param does",
            file=sys.stderr,
        )
    maps = None
    if labels == "maps":
        palette = read_palette(options.palette) if options.palette else None
        relabel = listing.relabel if options.relabel is None else options.relabel
        rule = LabelRule(palette, options.num_classes, options.ignore, relabel)
        names = [entry.name for entry in listing.entries]
        folder = LabelMaps(options.label_maps, names) if options.label_maps else None
        grid = _net_grid(options) if options.net else Divided(options.label_scale)
        maps = MapRecipe(rule, grid, folder, options.mirror_labels or {})
    return Recipe(options.resize, reading, options.encoded or "", options.bgr, maps)


def _net_grid(options: argparse.Namespace) -> Callable[..., object]:
    from pycaffe_ext.alignment import align
    from pycaffe_ext.datasets.label_grid import NetGrid

    found = align(options.net, options.blob)
    if found.crop and options.resize != (found.crop, found.crop):
        raise OptionError(
            f"{options.net} crops {found.crop}x{found.crop} out of its images, elsewhere each time, and label maps "
            f"cannot follow; take crop_size out, or give --resize {found.crop}x{found.crop}"
        )
    if found.mirror:
        print(f"{options.net}: mirror: true turns the images, not their label maps; take it out", file=sys.stderr)
    scale, shift = (" x ".join(f"{number:g}" for number in pair) for pair in (found.scale, found.shift))
    print(f"blob '{found.blob}': scale {scale}, offset {shift}")
    outside = -math.floor(min(found.shift) + 0.5)
    if outside > 0:
        told = "have the nearest pixel's label" if options.ignore is None else f"are labelled {options.ignore}"
        print(f"blob '{found.blob}' begins {outside} pixels outside of the image; places there {told}", file=sys.stderr)
    return NetGrid(found.blob, found.scale, found.shift, found.size_of, options.ignore)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads for matrices, which begin with a busy wait
    keep_memory(largest=4 << 20)  # larger images are few at a time, and would be too much
    status = cli.run(main)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(status)  # at once: a run that is killed now could not be gone on with, since all is done and forgotten
