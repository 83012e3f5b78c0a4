"""Command-line flags in gflags' manner: -solver x, --solver x, -solver=x and --solver=x are one and the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import OptionError, UnknownNameError

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
    logtostderr: bool = _flag(False, "taken as given: the log goes to standard error")
    alsologtostderr: bool = _flag(True, "taken as given: the log goes to standard error")

    @property
    def stages(self) -> list[str]:
        """One that is empty where -stage is not given: the C++ tool's too, as its log shows."""
        return self.stage.split(",")


_KINDS: dict[str, type] = {flag.name: type(flag.default) for flag in fields(Flags)}


def parse(arguments: Sequence[str]) -> tuple[list[str], Flags]:
    """The arguments that are no flags, and the flags. Raises OptionError, UnknownNameError."""
    rest: list[str] = []
    flags = Flags()
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--":
            return rest + left, flags
        if not argument.startswith("-") or argument == "-":
            rest.append(argument)
            continue
        given, equals, text = argument.lstrip("-").partition("=")
        name = given.replace("-", "_")
        if _KINDS.get(name.removeprefix("no")) is bool and not equals and name not in _KINDS:
            name, equals, text = name.removeprefix("no"), "=", "false"
        if name not in _KINDS:
            raise UnknownNameError("command line flag", given, _KINDS)
        if not equals:
            if _KINDS[name] is bool:
                text = "true"
            elif left:
                text = left.pop(0)
            else:
                raise OptionError(f"flag '-{given}' is missing its argument")
        setattr(flags, name, _value(name, text))
    return rest, flags


def _value(name: str, text: str) -> str | int | bool:
    if _KINDS[name] is str:
        return text
    if _KINDS[name] is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise OptionError(f"flag '-{name}' takes true or false, got '{text}'")
        return text.lower() in _TRUE
    try:
        return int(text)
    except ValueError as error:
        raise OptionError(f"flag '-{name}' takes a whole number, got '{text}'") from error


def usage() -> str:
    """The flags with their meanings and defaults, one per line."""
    return "\n".join(
        f"  -{flag.name:<16}{flag.metadata['meaning']} (default: {flag.default!r})" for flag in fields(Flags)
    )
