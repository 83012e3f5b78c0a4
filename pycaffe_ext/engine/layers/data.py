"""Data: batches of a database (LMDB or LevelDB), transformed, read ahead by threads of their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ...datasets.batches import DatabaseBatches
from ...datasets.databases import Database, Item, open_database
from ...datasets.reading import read_ahead
from ...datasets.transform import Transformer
from ...errors import OptionError
from .. import device
from ..ahead import Reader, ReadsAhead
from ..layer import layer


@layer("Data")
class Data(ReadsAhead):
    def open(self, transformer: Transformer) -> DatabaseBatches:
        message = self.param.data_param
        if not message.source:
            raise OptionError("data_param names no source")
        database = open_database(message.source, message.backend)
        count, rank = device.solvers()
        if count > 1 and self.is_training:
            database = _Part(database, count, rank)
        return DatabaseBatches(database, message.batch_size, transformer)

    def begin(self, batches: DatabaseBatches, depth: int) -> Reader:
        return read_ahead(batches, depth)


class _Part(Database):
    """What one of several solvers reads: every `count`-th entry, from number `rank` on, round and round."""

    def __init__(self, whole: Database, count: int, rank: int) -> None:
        super().__init__(whole.path)
        self._whole, self._count, self._rank = whole, count, rank

    def __iter__(self) -> Iterator[Item]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def close(self) -> None:
        self._whole.close()

    def cycle(self) -> Iterator[Item]:
        return islice(self._whole.cycle(), self._rank, None, self._count)
