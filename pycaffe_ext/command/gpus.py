"""Which device a command runs on, from its -gpu flag."""

from __future__ import annotations

import torch

from ..engine import device
from ..errors import OptionError
from ..glog import log


def numbers(flag: str) -> list[int]:
    """The GPUs that -gpu names: none, "0", "0,1", or "all". Raises OptionError for what PyTorch does not see."""
    count = torch.cuda.device_count()
    try:
        found = list(range(count)) if flag == "all" else [int(number) for number in flag.split(",")] if flag else []
    except ValueError as error:
        raise OptionError(f"-gpu takes the number of a GPU, or all, got '{flag}'") from error
    if flag and not (found and min(found) >= 0 and max(found) < count):
        raise OptionError(device.no_gpu(f"-gpu {flag}"))
    return found


def choose(flag: str, source: str, *, to_train: bool = False, names_gpu: bool = False) -> None:
    """Makes the engine compute on the first GPU that the flag names, or else on the CPU; says so in the log.

    `to_train`: in the words of `train`; `names_gpu`: says what the GPU is, too. Raises what numbers raises.
    """
    gpus = numbers(flag)
    if not gpus:
        log(source, "Use CPU.")
        device.set_mode_cpu()
        return
    device.set_device(gpus[0])
    device.set_mode_gpu()
    name = torch.cuda.get_device_name(gpus[0])
    if to_train:
        log(source, f"Using GPUs {gpus[0]}")
        log(source, f"GPU {gpus[0]}: {name}")
        return
    log(source, f"Use GPU with device ID {gpus[0]}")
    if names_gpu:
        log(source, f"GPU device name: {name}")
