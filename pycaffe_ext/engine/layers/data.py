"""Data: batches of a database (LMDB or LevelDB), transformed, read ahead by threads of their own."""

from __future__ import annotations

from ...datasets.batches import DatabaseBatches
from ...datasets.databases import open_database
from ...datasets.transform import Transformer
from ...errors import OptionError
from ..ahead import ReadsAhead
from ..layer import layer


@layer("Data")
class Data(ReadsAhead):
    def open(self, transformer: Transformer) -> DatabaseBatches:
        message = self.param.data_param
        if not message.source:
            raise OptionError("data_param names no source")
        return DatabaseBatches(open_database(message.source, message.backend), message.batch_size, transformer)
