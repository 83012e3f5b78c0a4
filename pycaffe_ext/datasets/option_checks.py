"""Options of make_lmdb.py that do not go together, told before anything is read."""

from __future__ import annotations

import os
from argparse import Namespace

from ..errors import OptionError


def check(options: Namespace) -> None:
    """Raises OptionError for options that contradict each other, or whose numbers are out of their range."""
    uses_seed = options.shuffle or options.split or options.balance
    if options.seed is not None and not (uses_seed and 0 <= options.seed < 2**32):
        raise OptionError("--seed is for --shuffle, --split and --balance, and is 0 to 4294967295")
    for name in ("workers", "labels", "every"):
        if vars(options)[name] is not None and vars(options)[name] < 1:
            raise OptionError(f"--{name} is at least 1")
    if options.label_maps is not None and options.label_out is None and options.format != "hdf5":
        raise OptionError("--label-maps and --label-out go together")
    if options.label_out is not None and os.path.abspath(options.label_out) == os.path.abspath(options.out):
        raise OptionError("OUT and --label-out are the same")
    if options.label_out is not None and options.format == "hdf5":
        raise OptionError("--label-out is not for HDF5, whose files hold images and labels")
    if options.num_classes is not None and not 1 <= options.num_classes <= 256:
        raise OptionError("--num-classes is 1 to 256: label maps are stored as bytes")
    if options.ignore is not None and not 0 <= options.ignore <= 255:
        raise OptionError("--ignore is 0 to 255")
    if (options.net is None) != (options.blob is None) or (options.net and options.label_scale != 1):
        raise OptionError("--net and --blob go together, in place of --label-scale")
    if "{}" in options.out and not options.split:
        raise OptionError("{} in OUT is the place of a part's name; it needs --split")
    if options.format == "list" and options.append:
        raise OptionError("--append is for databases; lists of images can be joined")
    if options.append and options.overwrite:
        raise OptionError("--append and --overwrite contradict each other")
    if options.encoded and options.format == "hdf5":
        raise OptionError("--encoded is not for HDF5, which holds floats")
    if options.encoded == "jpg" and options.alpha == "keep":
        raise OptionError("--encoded jpg and --alpha keep contradict each other: JPEG has no alpha")
    if options.encoded and options.deep:
        raise OptionError("--encoded and --deep contradict each other: floats are stored raw")
