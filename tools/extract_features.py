#!/usr/bin/env python3
"""Writes blobs of a net that reads its own data into LMDBs of float Datums, as Caffe's extract_features does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pycaffe_ext import cli
from pycaffe_ext.errors import OptionError

_EPILOG = """\
The arguments are those of Caffe's tool, and so are keys (%010d) and values; nothing half-written stays.
For pictures that are no database yet, several nets, ten crops, .npz and HDF5: probe.py features.

examples:
  extract_features.py net.caffemodel val.prototxt fc7 fc7_lmdb 10 lmdb
  extract_features.py net.caffemodel val.prototxt fc7,pool5 fc7_lmdb,pool5_lmdb 10 lmdb GPU 0
"""


def main(arguments: Sequence[str]) -> None:
    """Extracts. Raises CaffeError."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", help="caffemodel (or .h5)")
    parser.add_argument("net", help="prototxt with a data layer in the TEST phase")
    parser.add_argument("blobs", help="BLOB[,BLOB...]")
    parser.add_argument("databases", help="a new LMDB for each blob: PATH[,PATH...]")
    parser.add_argument("batches", type=int, help="so many batches of the net's own size")
    parser.add_argument("backend", help="lmdb (leveldb is not written)")
    parser.add_argument("mode", nargs="?", choices=("CPU", "GPU"), default="CPU")
    parser.add_argument("device", nargs="?", type=int, default=0, metavar="DEVICE_ID")
    options = parser.parse_args(arguments)
    if options.backend != "lmdb":
        raise OptionError(f"features are written as lmdb, not '{options.backend}'; Caffe's Data layer reads it as well")
    from pycaffe_ext.inspection.features.caffe_tool import extract_to_lmdb
    from pycaffe_ext.progress import counting

    if options.mode == "GPU":
        from pycaffe_ext.engine import device

        device.set_device(options.device)
        device.set_mode_gpu()
    blobs, databases = options.blobs.split(","), options.databases.split(",")
    with counting("extracting", options.batches, "batches") as done:
        rows = extract_to_lmdb(options.weights, options.net, blobs, databases, options.batches, done)
    print(f"{rows} rows of {options.blobs} in {options.databases}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
