"""Batches of a database made ahead of need: by a thread, and for large raw images by processes beside it.

Each raw image takes several short steps, between which threads take Python's lock from each other; processes have one
each. Decoding is one long step without that lock, where threads do as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from google.protobuf import text_format

from ..errors import OptionError
from ..proto import caffe_pb2
from .batch_process import BatchProcess, interpreter
from .batches import Batch, DatabaseBatches
from .databases import Database, open_database
from .lmdb_reader import LmdbReader
from .prefetch import Prefetcher
from .transform import Transformer

LARGE = 1 << 21  # numbers of a batch that are worth a process


class BatchReader:
    """Reads batch after batch of a database, in key order and round and round, ahead of need.

    What a batch holds depends on the database, the transformer's seed and the number of batches before it; not on
    `workers` or on time.
    """

    def __init__(
        self,
        source: Database,
        batch_size: int,
        transformer: Transformer,
        *,
        prefetch: int = 4,
        workers: int | None = None,
    ) -> None:
        """`workers`: threads that decode and transform (default: all cores, at most 4).

        Raises OptionError, and DataError when the first entry is unusable.
        """
        if prefetch < 1:
            raise OptionError(f"prefetch is at least 1, not {prefetch}")
        batches = DatabaseBatches(source, batch_size, transformer, workers)
        self.shape = batches.shape
        """Shape N x C x H x W of the first batch."""
        self._reader = read_ahead(batches, prefetch)

    def next(self) -> Batch:
        """The next batch; its arrays are written anew after the next call. Raises DataError, FileError."""
        return self._reader.next()

    def close(self) -> None:
        """Ends the reading. The database stays open."""
        self._reader.close()


class _InTurn:
    """Readers of which each makes every n-th batch."""

    def __init__(self, readers: Sequence[Prefetcher[Batch] | BatchProcess]) -> None:
        self._readers, self._turn = readers, 0

    def next(self) -> Batch:
        batch = Batch(*self._readers[self._turn].next())
        self._turn = (self._turn + 1) % len(self._readers)
        return batch

    def close(self) -> None:
        for reader in self._readers:
            reader.close()


def read_ahead(batches: DatabaseBatches, depth: int) -> Prefetcher[Batch] | _InTurn:
    """Makes batches, at most `depth` ahead. `next` gives one that may be used until the next call; then `close`.

    They are the same however they are made.
    """
    parts = min(batches.workers, depth // 2) if _are_many_short_steps(batches) else 1
    if parts < 2:
        return Prefetcher(batches.load, depth)
    each, workers = depth // parts, batches.workers
    transformer = batches.transformer
    told = {
        "source": batches.source.path,
        "batch_size": batches.shape[0],
        "transform_param": text_format.MessageToString(transformer.param),
        "phase": transformer.phase,
        "seed": transformer.seed_used,
        "parts": parts,
    }
    opener = f"{open_part.__module__}:{open_part.__name__}"
    try:
        processes = [BatchProcess(opener, {"part": part, **told}, each) for part in range(1, parts)]
    except OSError:  # no more processes or files are allowed
        return Prefetcher(batches.load, depth)
    batches.take_part(0, parts, workers - len(processes))
    return _InTurn([Prefetcher(batches.load, depth - each * len(processes)), *processes])


def _are_many_short_steps(batches: DatabaseBatches) -> bool:
    if interpreter() is None or type(batches.source) is not LmdbReader:  # only an LMDB can be open twice
        return False
    return prod(batches.shape) >= LARGE and not batches.source.first()[1].encoded


def open_part(
    source: str, batch_size: int, transform_param: str, phase: int, seed: int, part: int, parts: int
) -> DatabaseBatches:
    """What one of the processes makes. Raises what they raise that it opens."""
    param = text_format.Parse(transform_param, caffe_pb2.TransformationParameter())
    batches = DatabaseBatches(open_database(source), batch_size, Transformer(param, phase, seed), 1)
    batches.take_part(part, parts, 1)
    return batches
