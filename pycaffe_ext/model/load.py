"""Nets, weights and solvers from files of any age, in Caffe's current form."""

from __future__ import annotations

import os
import re
from typing import Any

from ..errors import FileError, PrototxtError, UnknownNameError
from ..proto.caffe_pb2 import DESCRIPTOR, NetParameter, SolverParameter
from ..proto.files import AnyPath, read_binary, read_text
from .upgrade import needs_upgrade, upgrade_net, upgrade_solver

_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # each binary net has one near its start: the key of its layers
_NO_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "(\w+)"')
_NO_VALUE = re.compile(r'Enum type "([\w.]+)" has no value named (\w+)')


def read_net(path: AnyPath) -> NetParameter:
    """The net in a prototxt or a binary file (told apart by content), upgraded.

    Raises FileError, PrototxtError with line and column, and what upgrade_net raises.
    """
    return upgrade_net(read_unchanged(path))


def read_unchanged(path: AnyPath) -> NetParameter:
    """The net in a prototxt or a binary file as it stands there. Raises FileError, PrototxtError."""
    net = NetParameter()
    return read_binary(path, net) if _is_binary(path) else _read_prototxt(path, net)


def read_weights(path: AnyPath) -> NetParameter:
    """The net with blobs in a binary caffemodel, upgraded. Raises FileError for any other file."""
    net = read_weights_unchanged(path)
    return upgrade_net(net) if needs_upgrade(net) else net  # no second copy of the weights without need


def read_weights_unchanged(path: AnyPath) -> NetParameter:
    """The net with blobs in a binary caffemodel as it stands there. Raises FileError for any other file."""
    net = read_binary(path, NetParameter())
    if not net.layer and not net.layers:
        raise FileError(path, "holds no layers, so it is no caffemodel")
    return net


def read_solver(path: AnyPath) -> SolverParameter:
    """The solver in a prototxt, upgraded.

    As in Caffe, snapshots go beside the solver's file when there is no snapshot_prefix, and under the
    solver's name when it is a folder. Raises FileError, PrototxtError, OptionError.
    """
    solver = upgrade_solver(read_solver_unchanged(path))
    file = os.path.splitext(os.fspath(path))[0]
    if not solver.HasField("snapshot_prefix"):
        solver.snapshot_prefix = file
    elif os.path.isdir(solver.snapshot_prefix):
        solver.snapshot_prefix = os.path.join(solver.snapshot_prefix, os.path.basename(file))
    return solver


def read_solver_unchanged(path: AnyPath) -> SolverParameter:
    """The solver in a prototxt as it stands there. Raises FileError, PrototxtError."""
    return _read_prototxt(path, SolverParameter())


def _is_binary(path: AnyPath) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(_NOT_TEXT.search(file.read(4096)))
    except OSError:
        return False  # the reader says what is wrong


def _read_prototxt(path: AnyPath, message: Any) -> Any:
    try:
        return read_text(path, message)
    except PrototxtError as error:
        problem = _explained(str(error))
        if not problem:
            raise
        raise PrototxtError(problem, file=error.file, line=error.line, column=error.column) from error


def _explained(problem: str) -> str:
    """In our words, with near names, what is wrong about a field or value that the schema lacks; else empty."""
    if found := _NO_FIELD.search(problem):
        kind = DESCRIPTOR.pool.FindMessageTypeByName(found[1])
        unknown = UnknownNameError("field", found[2], kind.fields_by_name, where=kind.name)
    elif found := _NO_VALUE.search(problem):
        enum = DESCRIPTOR.pool.FindEnumTypeByName(found[1])
        unknown = UnknownNameError("value", found[2], enum.values_by_name, where=found[1].removeprefix("caffe."))
    else:
        return ""
    return f"{unknown} (BVLC Caffe has none, a fork may: such a net cannot be run here, but surgery.py edits its text)"
