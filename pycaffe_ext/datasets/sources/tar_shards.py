"""Tar shards as WebDataset has them: members KEY.jpg, KEY.cls, KEY.json, ... of one key belong together."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from ...errors import DataError, FileError
from .entries import Content, Entry, Listing
from .folder import EXTENSIONS
from .list_file import as_number
from .source import Source, SourceOptions, subfolders, visible

_RANGE = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")
_MAPS = (".seg.png", ".mask.png")

Member = tuple[int, int, int]  # shard, offset, size


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
def _handle(path: str) -> int:
    return os.open(path, os.O_RDONLY)


def read_member(shards: list[str], member: Member) -> bytes:
    """The bytes of a member. Raises DataError where the shard has become shorter, or cannot be read."""
    shard, offset, size = member
    try:
        content = os.pread(_handle(shards[shard]), size, offset)
    except OSError as error:
        raise DataError(f"{shards[shard]}: cannot be read: {error.strerror or error}") from error
    if len(content) < size:
        raise DataError(f"{shards[shard]}: is cut short")
    return content


def _open(path: str, options: SourceOptions) -> TarListing:
    """The label is the number in KEY.cls, or "label" (or "cls") in KEY.json; --columns label=NAME+NAME says which
    fields of the JSON. Raises FileError, DataError naming shard and key."""
    shards = _shards(path)
    entries: list[Entry] = []
    members: list[tuple[Member, Member | None]] = []
    for number, shard in enumerate(shards):
        for key, found in _samples(shard):
            image = next((end for end in found if end.endswith(EXTENSIONS) and end not in _MAPS), None)
            if image is None:
                raise DataError(f"{shard}: '{key}' has no image, only {' '.join(found)}")
            mask = next((found[end] for end in _MAPS if end in found), None)
            labels = _labels(shard, key, found, options)
            whole = len(labels) == 1 and labels[0] == int(labels[0])
            if whole and not -(2**31) <= labels[0] < 2**31:
                raise DataError(f"{shard}: '{key}': label {labels[0]:.0f} does not fit 32 bits")
            label = int(labels[0]) if whole else 0
            entries.append(Entry(key + image, label, labels=() if whole else labels, place=len(members)))
            members.append(((number, *found[image]), (number, *mask) if mask else None))
    if not entries:
        raise DataError(f"{path}: holds no samples")
    has_maps = any(mask for _, mask in members)
    return TarListing(path, entries, shards=shards, members=members, has_maps=has_maps)


def _shards(path: str) -> list[str]:
    if os.path.isdir(path):
        return [os.path.join(path, name) for name in visible(path) if name.endswith(".tar")]
    found = _RANGE.search(path)
    if not found or os.path.exists(path):
        return [path]
    first, last = found.groups()
    numbers = range(int(first), int(last) + 1)
    return [f"{path[: found.start()]}{number:0{len(first)}}{path[found.end() :]}" for number in numbers]


def _samples(shard: str) -> Iterator[tuple[str, dict[str, tuple[int, int]]]]:
    """Each key with the places of its members by what follows the first dot of their names; members follow one
    another."""
    key, found = "", dict[str, tuple[int, int]]()
    seen = set()
    try:
        with tarfile.open(shard, "r:") as archive:
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
                found[(dot + end).lower()] = (member.offset_data, member.size)
            if last and last.offset_data + last.size > os.path.getsize(shard):
                raise FileError(shard, f"is cut short: member '{last.name}' goes beyond its end")
    except tarfile.TarError as error:
        compressed = shard.endswith(("gz", "xz", "bz2", "zst"))
        hint = "; a compressed one cannot be read from any place: decompress it" if compressed else ""
        raise FileError(shard, f"is no tar file, or is damaged: {error}{hint}") from error
    except OSError as error:
        raise FileError(shard, f"cannot be read: {error.strerror or error}") from error
    if found:
        yield key, found


def _labels(shard: str, key: str, found: dict[str, tuple[int, int]], options: SourceOptions) -> tuple[float, ...]:
    def read(end: str) -> bytes:
        return read_member([shard], (0, *found[end]))

    wanted = options.columns.get("label")
    try:
        if wanted is None and ".cls" in found:
            return (as_number(read(".cls").decode().strip()),)
        if ".json" in found:
            fields = json.loads(read(".json"))
            names = wanted or [name for name in ("label", "cls") if name in fields][:1]
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
        return any(name.endswith(".tar") for name in visible(path)) and not subfolders(path)
    return path.endswith((".tar", ".tar.gz", ".tgz"))


SOURCE = Source(
    "tar",
    "a .tar, a folder of them, or shard-{000..123}.tar, as WebDataset has them (KEY.jpg, KEY.cls, KEY.json)",
    _recognises,
    _open,
    uses=("columns",),
)
