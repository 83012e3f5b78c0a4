"""Features out of files: what `probe.py features` or others wrote."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...errors import DataError, FileError, UnknownNameError

_BESIDE = ("label", "names", "classes")


@dataclass(frozen=True)
class FeatureSet:
    """Features N x D of N pictures, and what is known of these: labels (or None), names, class names (or empty)."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None
    names: list[str]
    classes: list[str]

    def need_labels(self) -> npt.NDArray[np.int64]:
        """Raises DataError where pictures have none."""
        if self.labels is None:
            raise DataError(f"features '{self.name}' come without labels; extract them from pictures that have classes")
        return self.labels


def read_features(path: str, name: str | None = None) -> FeatureSet:
    """From a .npz, an HDF5 file (.h5, .hdf5), an LMDB of Datums, or the folder in which `probe.py features` put one.

    `name`: which of several; not needed where there is one. Raises FileError, DataError, UnknownNameError.
    """
    if os.path.isdir(path) and not os.path.isfile(os.path.join(path, "data.mdb")):
        return _in_folder(Path(path), name)
    if not os.path.exists(path):
        raise FileError(path, "does not exist")
    if os.path.isdir(path):
        return _of_lmdb(path)
    return _of_hdf5(path, name) if path.endswith((".h5", ".hdf5")) else _of_npz(path, name)


def _in_folder(folder: Path, name: str | None) -> FeatureSet:
    for file in ("features.npz", "features.h5"):
        if (folder / file).is_file():
            return read_features(str(folder / file), name)
    found = {path.name.removesuffix("_lmdb"): path for path in sorted(folder.glob("*_lmdb"))}
    if not found:
        raise FileError(folder, "holds neither features.npz nor features.h5 nor NAME_lmdb")
    return _of_lmdb(str(found[_chosen(str(folder), name, list(found))]))


def _chosen(path: str, name: str | None, known: list[str]) -> str:
    from .writing import file_name

    if name is None:
        if len(known) != 1:
            raise DataError(f"{path}: holds several features ({', '.join(known)}); say which by --feature")
        return known[0]
    for candidate in (name, file_name(name)):
        if candidate in known:
            return candidate
    raise UnknownNameError("feature", name, known, where=path)


def _of_npz(path: str, name: str | None) -> FeatureSet:
    try:
        with np.load(path, allow_pickle=False) as file:
            chosen = _chosen(path, name, [key for key in file.files if key not in _BESIDE])
            values = np.asarray(file[chosen], np.float32)
            beside = {key: file[key] for key in _BESIDE if key in file.files}
    except (OSError, ValueError) as error:
        raise FileError(path, f"is no readable .npz file: {error}") from error
    labels = beside.get("label")
    names = [str(one) for one in beside.get("names", np.arange(len(values)))]
    return _made(path, chosen, values, labels, names, [str(one) for one in beside.get("classes", ())])


def _of_hdf5(path: str, name: str | None) -> FeatureSet:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            chosen = _chosen(path, name, [key for key in file if key not in _BESIDE])
            values = np.asarray(file[chosen], np.float32)
            labels = np.asarray(file["label"]) if "label" in file else None
            names = [one.decode() for one in file["names"]] if "names" in file else [str(i) for i in range(len(values))]
            classes = [str(one) for one in file.attrs.get("classes", ())]
    except OSError as error:
        raise FileError(path, f"is no readable HDF5 file: {error}") from error
    return _made(path, chosen, values, labels, names, classes)


def _of_lmdb(path: str) -> FeatureSet:
    from ...datasets.backends import open_any
    from ...datasets.datum_reading import datum_array, parse_datum

    database = open_any(path)
    rows: list[npt.NDArray[np.float32]] = []
    labels: list[int] = []
    names: list[str] = []
    for key, value in database:
        with database.naming(key):
            datum = parse_datum(value)
            row = np.asarray(datum_array(datum), np.float32)
            if rows and row.shape != rows[0].shape:
                raise DataError(f"is of shape {row.shape}, those before of {rows[0].shape}")
        rows.append(row)
        labels.append(datum.label)
        names.append(key.decode(errors="replace"))
    if not rows:
        raise DataError(f"{path}: is empty")
    return _made(path, Path(path).name.removesuffix("_lmdb"), np.stack(rows), np.array(labels), names, [])


def _made(
    path: str, name: str, values: npt.NDArray[np.float32], labels: npt.NDArray[np.generic] | None, names: list[str],
    classes: list[str],
) -> FeatureSet:  # fmt: skip
    if values.ndim < 2 or not len(values):
        raise DataError(f"{path}: '{name}' of shape {values.shape} is no table with a row per picture")
    if labels is not None and labels.shape != (len(values),):
        raise DataError(f"{path}: {len(values)} rows of features, but labels of shape {labels.shape}")
    kept = None if labels is None else np.asarray(labels).astype(np.int64)
    return FeatureSet(name, values.reshape(len(values), -1), kept, names, classes)
