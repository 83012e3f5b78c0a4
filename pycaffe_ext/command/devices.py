"""`device_query`: what PyTorch tells about the GPUs."""

from __future__ import annotations

import torch

from ..glog import log
from . import gpus
from .flags import Flags


def run(flags: Flags) -> None:
    """Writes the properties of the GPUs that -gpu names into the log. Raises OptionError for one that is not there."""
    log("caffe.cpp:138", f"Querying GPUs {flags.gpu}")
    for number in gpus.numbers(flags.gpu):
        found = torch.cuda.get_device_properties(number)
        for name, value in {
            "Device id": number,
            "Major revision number": found.major,
            "Minor revision number": found.minor,
            "Name": found.name,
            "Total global memory": found.total_memory,
            "Number of multiprocessors": found.multi_processor_count,
        }.items():
            log("common.cpp:165", f"{name + ':':<30}{value}")
