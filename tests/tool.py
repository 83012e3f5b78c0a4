"""Commands of tools/, as modules and run in this process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from pycaffe_ext import cli

TOOLS = Path(__file__).resolve().parents[1] / "tools"


@cache
def command(name: str) -> ModuleType:
    """The module of tools/NAME.py."""
    spec = importlib.util.spec_from_file_location(f"{name}_command", TOOLS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tool(name: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A function that takes the command's arguments and gives its exit status."""
    module = command(name)
    monkeypatch.setattr(sys, "argv", [f"{name}.py"])
    return lambda *arguments: cli.run(module.main, [str(argument) for argument in arguments])
