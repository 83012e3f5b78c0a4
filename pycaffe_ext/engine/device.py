"""Where the engine computes (Caffe's mode and device) and what it draws random numbers from."""

from __future__ import annotations

from operator import index
from typing import Any

import torch

from ..errors import OptionError
from ..proto import caffe_pb2
from .twister import Twister


class _State:
    device = torch.device("cpu")
    gpu_id = 0
    seed: int | None = None
    twister: Twister | None = None
    generators: dict[torch.device, torch.Generator] = {}  # noqa: RUF012  (one state for the whole process)
    solver_count = 1
    solver_rank = 0


def set_mode_cpu() -> None:
    """Compute on the CPU; blobs move there when they are next used."""
    _State.device = torch.device("cpu")


def set_mode_gpu() -> None:
    """Compute on the GPU that set_device named (the first otherwise). Raises OptionError where there is none."""
    if not torch.cuda.is_available():
        raise OptionError(no_gpu("set_mode_gpu"))
    torch.backends.cudnn.allow_tf32 = False  # Caffe's numbers: float32 throughout, as its own build here has it
    _State.device = torch.device("cuda", _State.gpu_id)


def set_device(gpu_id: int) -> None:
    """Names the GPU for set_mode_gpu, counted from 0. Raises OptionError where there is no such GPU."""
    if not 0 <= gpu_id < max(torch.cuda.device_count(), 1):
        raise OptionError(no_gpu(f"set_device({gpu_id})"))
    _State.gpu_id = gpu_id
    if _State.device.type == "cuda":
        _State.device = torch.device("cuda", gpu_id)


def no_gpu(asked: str) -> str:
    """What to say where PyTorch does not see the GPU that was asked for; `asked`: by which call or option."""
    count = torch.cuda.device_count()
    if count:
        return f"{asked}: PyTorch sees GPU 0 to {count - 1} here; choose one of them"
    return f"{asked}: PyTorch sees no GPU here; compute on the CPU, or install a driver and a CUDA build of torch"


def solvers() -> tuple[int, int]:
    """How many solvers a script says share the work, and which of them this process is (from 0)."""
    return _State.solver_count, _State.solver_rank


def set_solvers(*, count: int | None = None, rank: int | None = None) -> None:
    """Takes what pycaffe's set_solver_count and set_solver_rank are told: training data layers read their part."""
    if (count is not None and count < 1) or (rank is not None and rank < 0):
        raise OptionError(f"a solver count is at least 1 and a rank at least 0, got {count or rank}")
    _State.solver_count = _State.solver_count if count is None else count
    _State.solver_rank = _State.solver_rank if rank is None else rank


def set_random_seed(seed: int) -> None:
    """Seeds fillers, dropout and data layers that are made or used from here on; 32 bits of it count, as in Caffe."""
    _State.seed = index(seed) % (1 << 32)
    _State.generators.clear()
    _State.twister = None


def current() -> torch.device:
    """The device that the engine computes on."""
    return _State.device


def generator(device: torch.device | None = None) -> torch.Generator:
    """The random numbers of a device (default: the current one)."""
    device = device or _State.device
    if device not in _State.generators:
        made = torch.Generator(device)
        if _State.seed is None:
            made.seed()
        else:
            made.manual_seed(_State.seed)
        _State.generators[device] = made
    return _State.generators[device]


def new_seed() -> int:
    """The next number of Caffe's own generator, with which data layers seed theirs.

    After set_random_seed these are Caffe's numbers; so the crops and mirrors of data layers are too.
    """
    return _twister().word()


def seeded() -> Twister | None:
    """After set_random_seed: Caffe's own generator, on the CPU. Without a seed none: torch's are faster."""
    return None if _State.seed is None else _twister()


def _twister() -> Twister:
    if _State.twister is None:
        _State.twister = Twister(_State.seed)
    return _State.twister


def use_mode(param: Any, gpu: int | None = None) -> None:
    """Chooses CPU or GPU: GPU number `gpu` where given, else as a solver's solver_mode and device_id say.

    A solver that asks for the GPU runs on the CPU where PyTorch sees none. Raises OptionError.
    """
    gpu_mode = param.HasField("solver_mode") and param.solver_mode == caffe_pb2.SolverParameter.GPU
    if gpu is None and not (gpu_mode and torch.cuda.is_available()):
        set_mode_cpu()
    else:
        number = int(param.device_id if gpu is None else gpu)
        if not 0 <= number < torch.cuda.device_count():
            raise OptionError(no_gpu(f"GPU {number}"))
        set_device(number)
        set_mode_gpu()
