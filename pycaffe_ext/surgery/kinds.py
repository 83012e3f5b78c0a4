"""Which layer types treat each number, each channel or each place alike: how far a change upstream reaches."""

from __future__ import annotations

PER_VALUE = frozenset(
    [
        "AbsVal",
        "BNLL",
        "Clip",
        "Dropout",
        "ELU",
        "Exp",
        "Log",
        "Power",
        "ReLU",
        "ReLU6",
        "Sigmoid",
        "Split",
        "Swish",
        "TanH",
        "Threshold",
    ]
)
"""One bottom; each number of the top comes from the same number of the bottom alone."""

PER_CHANNEL = frozenset(["BatchNorm", "BN", "Scale", "Bias", "PReLU"])
"""As before, with parameters per channel (axis 1)."""

KEEPS_CHANNELS = PER_VALUE | PER_CHANNEL | frozenset(["Pooling", "LRN"])
"""Channel i of the top comes from channel i of the first bottom (for LRN from its neighbours as well)."""

WEIGHTED = frozenset(["Convolution", "Deconvolution", "InnerProduct"])
"""Sums over channels: its outputs are channels of their own."""
