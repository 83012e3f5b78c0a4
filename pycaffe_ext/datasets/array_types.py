"""Names for arrays in what real Caffe's numpy, which may be older than numpy.typing, runs too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Floats = npt.NDArray[np.float32]
else:
    Array = Floats = np.ndarray
