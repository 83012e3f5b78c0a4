"""`run script.py args...`: a script that says `import caffe`, unchanged, on this package."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

from ..errors import OptionError
from ..proto.files import read_bytes

_PACKAGE = __name__.partition(".")[0]


class _Alias(MetaPathFinder, Loader):
    """Finds `caffe` and `caffe.X` as pycaffe_ext and pycaffe_ext.X: the same modules under two names."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname == "caffe" or fullname.startswith("caffe.") else None

    def exec_module(self, module: ModuleType) -> None:
        real = _PACKAGE + module.__name__.removeprefix("caffe")
        sys.modules[module.__name__] = import_module(real)  # what an import gives is what stands here afterwards


def alias_caffe() -> None:
    """From now on `import caffe` gives pycaffe_ext in this process, even where a real pycaffe is installed."""
    sys.meta_path.insert(0, _Alias())


def load(arguments: Sequence[str]) -> CodeType:
    """The code of the script that comes first. Raises OptionError where there is none, FileError, SyntaxError."""
    if not arguments:
        raise OptionError("run needs a script: python -m pycaffe_ext run script.py [arguments]")
    code: CodeType = compile(read_bytes(arguments[0]), os.path.abspath(arguments[0]), "exec", dont_inherit=True)
    return code


def execute(code: CodeType, arguments: Sequence[str]) -> None:
    """Runs a script's code as `python script.py args...` would.

    As with pycaffe, solvers write Caffe's log lines unless GLOG_minloglevel says otherwise.
    """
    from .. import pycaffe  # not before it is needed: torch takes its time

    pycaffe.init_log()
    sys.argv = list(arguments)
    sys.path[0] = os.path.dirname(os.path.realpath(arguments[0]))  # python -m has put the current folder there
    main = ModuleType("__main__")
    main.__file__ = code.co_filename
    sys.modules["__main__"] = main
    exec(code, main.__dict__)
