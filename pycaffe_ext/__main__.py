"""`python -m pycaffe_ext COMMAND`: the C++ tool `caffe`, and `run` for scripts; see command/."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib import import_module

from . import __version__, cli, glog
from .command import flags, script
from .errors import CaffeError, OptionError, UnknownNameError

_COMMANDS = {"train": "train", "test": "score", "time": "timing", "device_query": "devices"}

_USAGE = f"""\
usage: python -m pycaffe_ext <command> <flags>

commands:
  train           train or fine-tune a net
  test            score a net
  device_query    show what is known about GPUs
  time            measure how long each layer takes
  run SCRIPT ...  run a Python script that says `import caffe`

flags (-x v, --x v, -x=v and --x=v mean the same):
{flags.usage()}"""


def caffe(arguments: Sequence[str]) -> None:
    """Runs one of the C++ tool's commands. Raises any CaffeError."""
    if not arguments or {"-h", "-help", "--help"} & set(arguments):
        print(_USAGE)
        return
    if arguments[0] in ("-version", "--version"):
        print(f"caffe version 1.0.0 (pycaffe_ext {__version__})")
        return
    commands, given = flags.parse(arguments)
    if len(commands) != 1:
        raise OptionError(f"one command is needed, got {' '.join(commands) or 'none'}; -help lists them")
    if commands[0] not in _COMMANDS:
        raise UnknownNameError("command", commands[0], [*_COMMANDS, "run"])
    glog.configure(
        minimum=given.minloglevel,
        folder=given.log_dir,
        to_stderr_alone=given.logtostderr,
        prefix=given.log_prefix,
    )
    if given.allow_python:
        import_module(".engine.python_layers", __package__).allow_python_layers()
    upgrading = logging.getLogger(f"{__package__}.model")
    if not upgrading.handlers:
        upgrading.addHandler(logging.NullHandler())  # the log has lines of its own for what it warns of
    import_module(f".command.{_COMMANDS[commands[0]]}", __package__).run(given)


def main() -> None:
    arguments = sys.argv[1:]
    sys.argv[0] = "python -m pycaffe_ext"
    script.alias_caffe()  # for the script, and for modules of Python layers
    if arguments[:1] != ["run"]:
        sys.exit(cli.run(caffe))
    try:
        code = script.load(arguments[1:])
    except CaffeError as error:
        sys.exit(f"{sys.argv[0]}: error: {error}")
    script.execute(code, arguments[1:])


if __name__ == "__main__":
    main()
