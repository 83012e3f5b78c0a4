"""Layers written in Python: the class that they derive from, and whose code may run.

A net's text names the module and the class of such a layer, so loading it runs code that the net's author chose.
Classes of the running script and of modules that it has imported are taken as wanted. Any other module is imported
only after `allow_python_layers()`, which is what the commands' --allow-python does, or with
PYCAFFE_EXT_ALLOW_PYTHON_LAYERS=1 in the environment.
"""

from __future__ import annotations

import os
import sys
from abc import ABC
from importlib import import_module
from types import ModuleType
from typing import Any

from ..errors import NetError, UnknownNameError
from . import layer as engine
from .blob import BlobVec

_VARIABLE = "PYCAFFE_EXT_ALLOW_PYTHON_LAYERS"


class Layer(ABC):
    """pycaffe's caffe.Layer: every layer of a net is one. A class that derives from it defines, with lists of Blobs:

    setup(bottom, top) once, where self.blobs.add_blob(*shape) makes parameters; reshape(bottom, top) before each
    forward pass, which gives the tops their shapes; forward(bottom, top), which writes the tops' data; and to learn
    backward(top, propagate_down, bottom), which writes the bottoms' diff and adds to that of self.blobs.
    """

    type = "Python"
    param_str: str
    phase: int

    def __init__(self, param: Any) -> None:
        self.blobs = BlobVec()


Layer.register(engine.Layer)  # isinstance says so, as in pycaffe


class _State:
    allowed = False


def allow_python_layers(allowed: bool = True) -> None:
    """Lets nets that are built from now on import the modules that their Python layers name."""
    _State.allowed = allowed


def load(param: Any) -> Any:
    """A new object of the class that a LayerParameter's python_param names.

    Raises NetError for a module that may not or cannot be imported, UnknownNameError for a class that it lacks.
    """
    message, where = param.python_param, f"layer '{param.name}'"
    module = sys.modules.get(message.module) or _imported(param)
    found: Any = getattr(module, message.layer, None)
    if not _is_layer(found):
        known = [name for name, value in vars(module).items() if _is_layer(value)]
        raise UnknownNameError(
            f"class derived from caffe.Layer in '{message.module}' named", message.layer, known, where=where
        )
    made = found(param)
    made.param_str, made.phase = str(message.param_str), int(param.phase)
    return made


def _is_layer(value: Any) -> bool:
    return isinstance(value, type) and Layer in value.__mro__[1:]


def _imported(param: Any) -> ModuleType:
    module = param.python_param.module
    if not all(part.isidentifier() for part in module.split(".")):
        raise NetError(param.name, f"python_param {{ module: '{module}' }} is no name of a Python module")
    if not _State.allowed and os.environ.get(_VARIABLE) != "1":
        raise NetError(
            param.name,
            f"would run code of Python module '{module}'. If you trust it, give the command --allow-python; in a script"
            f" import it or call pycaffe_ext.allow_python_layers(); {_VARIABLE}=1 does it everywhere",
        )
    try:
        return import_module(module)
    except ImportError as error:
        raise NetError(param.name, f"cannot import '{module}' ({error}); is its folder in PYTHONPATH?") from error
