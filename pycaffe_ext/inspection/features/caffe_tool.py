"""Caffe's extract_features: blobs of a net that reads its own data, batch by batch, into LMDBs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ...datasets.writer import writing_lmdb
from ...engine.net import Net
from ...errors import FileError, OptionError, ShapeError, UnknownNameError
from ...proto import caffe_pb2
from .writing import datum_entry


def extract_to_lmdb(
    weights: str,
    net_file: str,
    blobs: Sequence[str],
    databases: Sequence[str],
    batches: int,
    done: Callable[[int], None] = lambda count: None,
) -> int:
    """Runs the net, TEST phase, `batches` times; entry %010d of the database beside each blob is a row of it, as a
    Datum of floats without a label. Returns the number of rows of the first. `done`: told the batches that are done.

    Raises FileError (a database that exists too: as in Caffe none is written over), OptionError, UnknownNameError,
    ShapeError, NetError, and what the net's data says.
    """
    if len(blobs) != len(databases):
        raise OptionError(f"{len(blobs)} blobs need as many databases, not {len(databases)}")
    if batches < 1:
        raise OptionError(f"the number of batches is at least 1, not {batches}")
    for path in databases:
        if Path(path).exists():
            raise FileError(path, "exists already; remove it or choose another name")
    net = Net(net_file, caffe_pb2.TEST, weights=weights)
    net.keep_passes = False
    counts = dict.fromkeys(databases, 0)
    try:
        for blob in blobs:
            if blob not in net.blobs:
                raise UnknownNameError("blob", blob, net.blobs, where=net_file)
            if not 1 <= len(net.blobs[blob].shape) <= 4:
                raise ShapeError("", f"blob '{blob}' of shape {tuple(net.blobs[blob].shape)}: a Datum has three axes")
        with ExitStack() as stack:
            writers = [stack.enter_context(writing_lmdb(Path(path))) for path in databases]
            for batch in range(1, batches + 1):
                net.forward()
                for blob, path, writer in zip(blobs, databases, writers, strict=True):
                    for value in net.blobs[blob].data:
                        writer.put(*datum_entry(counts[path], value))
                        counts[path] += 1
                done(batch)
    finally:
        net.close()
    return counts[databases[0]]
