"""What all commands share: one clear line for what goes wrong, and the exit status."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from .errors import CaffeError, OptionError


def run(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str] | None = None) -> int:
    """Calls `main` with the arguments; returns its status, 2 after a CaffeError, 130 after Ctrl-C.

    An error is one line on standard error, "COMMAND: error: MESSAGE", without a traceback.
    """
    name = os.path.basename(sys.argv[0])
    try:
        return main(sys.argv[1:] if arguments is None else arguments) or 0
    except CaffeError as error:
        print(f"{name}: error: {_one_line(str(error))}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"{name}: error: out of memory{_one_line(f' ({error})' if str(error) else '')}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


class Parser(argparse.ArgumentParser):
    """One whose errors are OptionErrors, and so one line, without the usage; near names of options are offered."""

    def error(self, message: str) -> NoReturn:
        """Raises OptionError."""
        unknown, _, names = message.partition("unrecognized arguments: ")
        options = [] if unknown else [name for name in names.split() if name.startswith("-")]
        near = self._near(options[0]) if options else []
        hint = f"; did you mean {' or '.join(near)}?" if near else "; see --help" if names else ""
        raise OptionError(message + hint)

    def _near(self, name: str) -> list[str]:
        return difflib.get_close_matches(name.partition("=")[0], list(self._option_string_actions), cutoff=0.6)


def _one_line(text: str) -> str:
    """The text with its control characters, which names in files may hold, written out."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: found[0].encode("unicode_escape").decode(), text)
