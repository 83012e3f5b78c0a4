"""Tar shards as WebDataset has them: members KEY.jpg, KEY.cls, KEY.json, ... of one key belong together."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import IO, NamedTuple

from ...errors import DataError, FileError, UnknownNameError
from .entries import Content, Entry, Listing
from .folder import EXTENSIONS
from .list_file import as_number
from .source import Source, SourceOptions, subfolders, visible

_RANGE = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")
_ENDS = (".tar", ".tar.gz", ".tgz")
_MAPS = (".seg.png", ".mask.png")

Member = tuple[int, int, int]  # shard, offset, size


class _Place(NamedTuple):
    offset: int
    size: int
    name: str  # of the member


@dataclass(frozen=True)
class TarListing(Listing):
    """`members`: where the image and the label map (or None) of each entry lie, by its place."""

    shards: list[str] = field(default_factory=list)
    members: list[tuple[Member, Member | None]] = field(default_factory=list)
    is_files: bool = False

    def content(self, entry: Entry) -> Content:
        return read_member(self.shards, self.members[entry.place][0])

    def path(self, entry: Entry) -> str:
        return f"{self.shards[self.members[entry.place][0][0]]}:{entry.name}"

    def label_map(self, entry: Entry) -> bytes:
        found = self.members[entry.place][1]
        if found is None:
            raise DataError(f"{self.path(entry)} has no label map: no member ends in {' or '.join(_MAPS)}")
        return read_member(self.shards, found)

    def label_map_name(self, entry: Entry) -> str:
        return f"label map of {self.path(entry)}"


@cache
def _unpacked() -> int:
    """A file without a name, for what compressed shards hold, one behind the other: members are read from any place."""
    handle, path = tempfile.mkstemp()
    os.unlink(path)
    return handle


@cache
def _start(shard: str) -> int | None:
    """Where a compressed shard begins in `_unpacked`; None for one that is not compressed.

    Raises OSError, and FileError where it is damaged.
    """
    with open(shard, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return None
    try:
        with gzip.open(shard) as packed, os.fdopen(os.dup(_unpacked()), "r+b") as unpacked:
            start = unpacked.seek(0, os.SEEK_END)
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(shard, f"is damaged, or cut short: {error}") from error
    return start


@contextmanager
def _opened(shard: str) -> Iterator[IO[bytes]]:
    """The file that holds a shard, at the shard's beginning; there may be more shards than files that may be open."""
    start = _start(shard)
    with open(shard, "rb") if start is None else os.fdopen(os.dup(_unpacked()), "rb") as file:
        file.seek(start or 0)
        yield file


def read_member(shards: list[str], member: Member) -> bytes:
    """The bytes of a member. Raises DataError where the shard has become shorter, or cannot be read."""
    shard, offset, size = member
    try:
        if _start(shards[shard]) is not None:
            content = os.pread(_unpacked(), size, offset)
        else:
            with open(shards[shard], "rb", buffering=0) as file:
                content = os.pread(file.fileno(), size, offset)
    except OSError as error:
        raise DataError(f"{shards[shard]}: cannot be read: {error.strerror or error}") from error
    if len(content) < size:
        raise DataError(f"{shards[shard]}: is cut short")
    return content


def _open(path: str, options: SourceOptions) -> TarListing:
    """The label is the number in KEY.cls, or "label" (or "cls") in KEY.json; --columns label=NAME+NAME says which
    fields of the JSON, and image=END which member is the image where there are several.

    Raises FileError, DataError naming shard and key, UnknownNameError.
    """
    shards = _shards(path)
    entries: list[Entry] = []
    members: list[tuple[Member, Member | None]] = []
    for number, shard in enumerate(shards):
        for key, found in _samples(shard):
            image = found[_image(shard, key, found, options)]
            mask = next((found[end] for end in _MAPS if end in found), None)
            labels = _labels(shard, key, found, options)
            if entries and len(labels) != len(entries[0].labels):
                raise DataError(f"{shard}: '{key}' has {len(labels)} labels, those before {len(entries[0].labels)}")
            entries.append(Entry(image.name, 0, labels=labels, place=len(members)))
            members.append(((number, *image[:2]), (number, *mask[:2]) if mask else None))
    if not entries:
        raise DataError(f"{path}: holds no samples")
    has_maps = any(mask for _, mask in members)
    return TarListing(path, _classes(path, entries), shards=shards, members=members, has_maps=has_maps)


def _classes(path: str, entries: list[Entry]) -> list[Entry]:
    """The entries with their number as label, where each has but one, and a whole one."""
    if any(len(entry.labels) > 1 or entry.labels[0] != int(entry.labels[0]) for entry in entries):
        return entries
    for entry in entries:
        if not -(2**31) <= entry.labels[0] < 2**31:
            raise DataError(f"{path}: '{entry.name}': label {entry.labels[0]:.0f} does not fit 32 bits")
    return [entry._replace(label=int(entry.labels[0]), labels=()) for entry in entries]


def _shards(path: str) -> list[str]:
    if os.path.isdir(path):
        return [os.path.join(path, name) for name in visible(path) if name.endswith(_ENDS)]
    found = _RANGE.search(path)
    if not found or os.path.exists(path):
        return [path]
    first, last = found.groups()
    numbers = range(int(first), int(last) + 1)
    return [f"{path[: found.start()]}{number:0{len(first)}}{path[found.end() :]}" for number in numbers]


def _samples(shard: str) -> Iterator[tuple[str, dict[str, _Place]]]:
    """Each key with the places of its members by what follows the first dot of their names; members follow one
    another."""
    key, found = "", dict[str, _Place]()
    seen = set()
    try:
        with _opened(shard) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            last = None
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # which would hold all of them
                last = member
                if not member.isfile():
                    continue
                folder, name = os.path.split(member.name)
                stem, dot, end = name.partition(".")
                if os.path.join(folder, stem) != key:
                    if found:
                        yield key, found
                    key, found = os.path.join(folder, stem), {}
                    if key in seen:
                        raise DataError(f"{shard}: '{key}' comes twice; members of one key follow one another")
                    seen.add(key)
                if (dot + end).lower() in found:
                    raise DataError(f"{shard}: member '{member.name}' comes twice")
                found[(dot + end).lower()] = _Place(member.offset_data, member.size, member.name)
            if last and last.offset_data + last.size > os.fstat(file.fileno()).st_size:
                raise FileError(shard, f"is cut short: member '{last.name}' goes beyond its end")
    except tarfile.TarError as error:
        raise FileError(shard, f"is no tar file, or is damaged: {error}") from error
    except OSError as error:
        raise FileError(shard, f"cannot be read: {error.strerror or error}") from error
    if found:
        yield key, found


def _image(shard: str, key: str, found: Mapping[str, object], options: SourceOptions) -> str:
    """What the image's name ends in: the only one that is an image's, or the one that --columns image=END says."""
    wanted = options.columns.get("image")
    if wanted:
        end = "." + wanted[0].removeprefix(".").lower()
        if end not in found:
            raise UnknownNameError("member", end, found, where=f"{shard}: '{key}'")
        return end
    images = [end for end in found if end.endswith(EXTENSIONS) and end not in _MAPS]
    if not images:
        raise DataError(f"{shard}: '{key}' has no image, only {' '.join(found)}")
    if len(images) > 1:
        hint = f"--columns image={images[0][1:]} takes the first"
        raise DataError(f"{shard}: '{key}' has {len(images)} images, {' '.join(images)}; {hint}")
    return images[0]


def _labels(shard: str, key: str, found: dict[str, _Place], options: SourceOptions) -> tuple[float, ...]:
    def read(end: str) -> bytes:
        return read_member([shard], (0, *found[end][:2]))

    wanted = options.columns.get("label")
    try:
        if wanted is None and ".cls" in found:
            return (as_number(read(".cls").decode().strip()),)
        if ".json" in found:
            fields = json.loads(read(".json"))
            names = wanted or [name for name in ("label", "cls") if name in fields][:1]
            for name in names:
                if name not in fields:
                    raise UnknownNameError("field", name, fields, where=f"{shard}: '{key}'")
            values = [value for name in names for value in _several(fields[name])]
            if values:
                return tuple(as_number(str(value)) for value in values)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{shard}: '{key}': label cannot be read: {error!r}") from error
    except DataError as error:
        raise DataError(f"{shard}: '{key}': {error}") from error
    if wanted or not any(end in found for end in _MAPS):
        raise DataError(f"{shard}: '{key}' has no label: no .cls, and no \"label\" in .json")
    return (0.0,)


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _recognises(path: str) -> bool:
    if os.path.isdir(path):
        return any(name.endswith(_ENDS) for name in visible(path)) and not subfolders(path)
    return path.endswith(_ENDS)


SOURCE = Source(
    "tar",
    "a .tar, a folder of them, or shard-{000..123}.tar (.gz too), as WebDataset has them (KEY.jpg, KEY.cls, KEY.json)",
    _recognises,
    _open,
    uses=("columns",),
)
