"""Commands that are found by themselves: one module of a package each, with its options and what it does.

A module's docstring explains the command, its first line in the list of all; EXAMPLES are its command lines;
`add_options(parser)` adds its options, and `run(options, results)` does the work. Modules import what is heavy
(torch, matplotlib) in `run`, so that --help answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from ..errors import UnknownNameError
from .results import Results, add_results, open_results


class Command(NamedTuple):
    """A command by the name of its module, with "-" for "_"."""

    name: str
    module: ModuleType

    @property
    def summary(self) -> str:
        """One line that says what it shows."""
        return (self.module.__doc__ or "").split("\n", 1)[0].rstrip(".")


def commands(package: ModuleType) -> list[Command]:
    """The commands in a package, by name."""
    names = sorted(found.name for found in iter_modules(package.__path__))
    return [Command(name.replace("_", "-"), import_module(f"{package.__name__}.{name}")) for name in names]


def run_command(package: ModuleType, description: str, arguments: Sequence[str]) -> None:
    """Runs the command that the first argument names, with the others. Raises CaffeError."""
    known = {command.name: command for command in commands(package)}
    if arguments and not arguments[0].startswith("-") and arguments[0] not in known:
        raise UnknownNameError("command", arguments[0], known)
    parser = argparse.ArgumentParser(
        description=description,
        epilog="COMMAND --help shows a command's options and examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choices = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for command in known.values():
        _add(choices, command, is_wanted=arguments[:1] == [command.name])
    options = parser.parse_args(arguments)
    results: Results = open_results(options, title=f"{options.command.name}: {options.command.summary}")
    options.command.module.run(options, results)
    results.finish()


def _add(choices: argparse._SubParsersAction[argparse.ArgumentParser], command: Command, *, is_wanted: bool) -> None:
    module = command.module
    parser = choices.add_parser(
        command.name,
        help=command.summary,
        description=module.__doc__,
        epilog="examples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES.strip().splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if is_wanted:
        module.add_options(parser)
        add_results(parser, default=f"{command.name}_out")
        parser.set_defaults(command=command)
