"""The names of the images in a batch, where the data layer's source tells them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ...engine.net import Net
from ...errors import CaffeError


def entries_of(net: Net, batch: int) -> tuple[str, list[str]]:
    """The source of a net's batch number `batch` (from 0) and the names of its images; empty where it is not known.

    Data layers read in key order, ImageData that does not shuffle in the list's.
    """
    for layer in net.layers:
        try:
            if layer.type == "Data":
                return layer.param.data_param.source, _of_database(layer.param.data_param, batch)
            if layer.type == "ImageData" and not layer.param.image_data_param.shuffle:
                return layer.param.image_data_param.source, _of_list(layer.param.image_data_param, batch)
        except CaffeError:  # it is only a help: the net has run on it
            break
    return "", []


def _of_database(param: Any, batch: int) -> list[str]:
    from ...datasets.databases import open_database

    database = open_database(param.source, param.backend)
    try:
        first = batch * param.batch_size % max(1, len(database))
        keys = islice(database.cycle(), first, first + param.batch_size)
        return [bytes(key).decode(errors="backslashreplace") for key, _ in keys]
    finally:
        database.close()


def _of_list(param: Any, batch: int) -> list[str]:
    from ...datasets.sources.list_file import list_file

    if param.rand_skip:
        return []
    names = [entry.name for entry in list_file(param.source, param.root_folder).entries]
    first = batch * param.batch_size
    return [names[(first + place) % len(names)] for place in range(param.batch_size)]
