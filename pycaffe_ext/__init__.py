"""pycaffe_ext: Caffe nets on PyTorch, with pycaffe's face.

``import pycaffe_ext as caffe`` and scripts go on as with pycaffe. Names are loaded when they are first
used, so that tools that only edit text or write databases never wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

TRAIN, TEST = 0, 1

_SUBMODULES = {"io", "net_spec", "draw", "classifier", "detector", "coord_map", "pycaffe", "proto", "surgery"}

_HOME = {
    "pycaffe_ext.engine.net": ["Net"],
    "pycaffe_ext.engine.blob": ["Blob", "BlobVec"],
    "pycaffe_ext.engine.layer": ["layer_type_list"],
    "pycaffe_ext.engine.python_layers": ["Layer", "allow_python_layers"],
    "pycaffe_ext.engine.device": ["set_mode_cpu", "set_mode_gpu", "set_device", "set_random_seed"],
    "pycaffe_ext.engine.solver": ["get_solver"],
    "pycaffe_ext.engine.solvers": [
        "SGDSolver",
        "NesterovSolver",
        "AdaGradSolver",
        "RMSPropSolver",
        "AdaDeltaSolver",
        "AdamSolver",
    ],
    "pycaffe_ext.pycaffe": [
        "NCCL",
        "Timer",
        "has_nccl",
        "init_log",
        "log",
        "set_multiprocess",
        "set_solver_count",
        "set_solver_rank",
        "solver_count",
        "solver_rank",
    ],
    "pycaffe_ext.net_spec": ["NetSpec", "layers", "params", "to_proto"],
    "pycaffe_ext.classifier": ["Classifier"],
    "pycaffe_ext.detector": ["Detector"],
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(["TEST", "TRAIN", "__version__", *_WHERE])


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(import_module(_WHERE[name]), name)
    elif name in _SUBMODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE, *_SUBMODULES})
