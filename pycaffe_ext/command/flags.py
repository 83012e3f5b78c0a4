"""Command-line flags in gflags' manner: -solver x, --solver x, -solver=x and --solver=x are one and the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import FileError, OptionError, UnknownNameError

_WHOLE = re.compile(r"\s*[+-]?(\d+|0x[\da-f]+)", re.IGNORECASE | re.ASCII)
_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")


def _flag(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass
class Flags:
    """The flags of the C++ tool `caffe`, and those of glog that its users set."""

    solver: str = _flag("", "the solver prototxt (train)")
    model: str = _flag("", "the net's prototxt (test, time)")
    weights: str = _flag("", "trained weights: to score (test), or to start from, several separated by ',' (train)")
    snapshot: str = _flag("", "the solverstate to resume from (train)")
    iterations: int = _flag(50, "how many batches to run (test, time)")
    gpu: str = _flag("", "run on the GPU of this number; 'all' where there is one")
    phase: str = _flag("", "TRAIN or TEST (time)")
    allow_python: bool = _flag(False, "run the code of the Python layers that the net names")
    level: int = _flag(0, "the net's level")
    stage: str = _flag("", "the net's stages, separated by ','")
    sigint_effect: str = _flag("stop", "what Ctrl-C does: stop, snapshot or none (train)")
    sighup_effect: str = _flag("snapshot", "what SIGHUP does: stop, snapshot or none (train)")
    engine: str = _flag("torch", "torch, or caffe: genuine Caffe in a process of its own (train)")
    caffe_python: str = _flag("", "a Python that has pycaffe (train -engine caffe)")
    caffe_chroot: str = _flag("", "a root folder with such a python3, as root (train -engine caffe)")
    docker: str = _flag("", "an image with one (train -engine caffe)")
    log_dir: str = _flag("", "a folder in which the log is written too")
    minloglevel: int = _flag(0, "leave out log lines below this level: 1 prints warnings, 2 errors")
    logtostderr: bool = _flag(False, "the log goes to standard error alone, not into -log_dir")
    log_prefix: bool = _flag(True, "begin log lines with severity, time, thread and source")
    alsologtostderr: bool = _flag(True, "taken as given: the log goes to standard error")

    @property
    def stages(self) -> list[str]:
        """One that is empty where -stage is not given: the C++ tool's too, as its log shows."""
        return self.stage.split(",")


_KINDS: dict[str, type] = {flag.name: type(flag.default) for flag in fields(Flags)}
_WITHOUT_EFFECT: dict[str, type] = {  # flags of glog and gflags that scripts may give
    **dict.fromkeys(("v", "stderrthreshold", "logbuflevel", "logbufsecs", "max_log_size", "logfile_mode"), int),
    **dict.fromkeys(("vmodule", "log_link", "log_backtrace_at", "undefok"), str),
    **dict.fromkeys(("colorlogtostderr", "stop_logging_if_full_disk", "drop_log_memory", "symbolize_stacktrace"), bool),
}


def parse(arguments: Sequence[str]) -> tuple[list[str], Flags]:
    """The arguments that are no flags, and the flags. Raises OptionError, UnknownNameError, FileError."""
    rest: list[str] = []
    flags = Flags()
    left = list(arguments)
    undefined: list[tuple[str, str]] = []  # name, and as it was given
    may_be_undefined: set[str] = set()
    kinds = _KINDS | _WITHOUT_EFFECT | {"flagfile": str}
    while left:
        argument = left.pop(0)
        if argument == "--":
            rest += left
            break
        if not argument.startswith("-") or argument == "-":
            rest.append(argument)
            continue
        given, equals, text = argument.removeprefix("-").removeprefix("-").partition("=")
        name = given.replace("-", "_")
        if kinds.get(name.removeprefix("no")) is bool and not equals and name not in kinds:
            name, equals, text = name.removeprefix("no"), "=", "false"
        if name not in kinds:
            undefined.append((name, given))
            continue
        if not equals:
            if kinds[name] is bool:
                text = "true"
            elif left:
                text = left.pop(0)
            else:
                raise OptionError(f"flag '-{given}' is missing its argument")
        if name == "flagfile":
            left = [line for file in text.split(",") for line in _in_file(file)] + left
        elif name == "undefok":
            may_be_undefined.update(text.split(","))
        elif name in _KINDS:
            setattr(flags, name, _value(name, text))
    for name, given in undefined:
        if name not in may_be_undefined:
            raise UnknownNameError("command line flag", given, _KINDS)
    return rest, flags


def _in_file(path: str) -> list[str]:
    """The flags of a file: one per line, -NAME=VALUE. Raises FileError."""
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, f"cannot be read: {error}") from error
    return [line.strip() for line in lines if line.strip().startswith("-")]


def _value(name: str, text: str) -> str | int | bool:
    if _KINDS[name] is str:
        return text
    if _KINDS[name] is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise OptionError(f"flag '-{name}' takes true or false, got '{text}'")
        return text.lower() in _TRUE
    if not _WHOLE.fullmatch(text) or not -(2**31) <= (value := int(text, 16 if "x" in text.lower() else 10)) < 2**31:
        raise OptionError(f"flag '-{name}' takes a whole number, got '{text}'")
    return value


def usage() -> str:
    """The flags with their meanings and defaults, one per line."""
    return "\n".join(
        f"  -{flag.name:<16}{flag.metadata['meaning']} (default: {flag.default!r})" for flag in fields(Flags)
    )
