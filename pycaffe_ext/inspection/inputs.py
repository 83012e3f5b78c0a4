"""A real input for a net, from an image or an array in a file."""

from __future__ import annotations

from os import PathLike

import numpy as np
import numpy.typing as npt

from ..errors import DataError, FileError

Array = npt.NDArray[np.float32]


def read_input(path: str | PathLike[str], shape: tuple[int, ...]) -> Array:
    """What a net with an input of this shape takes: an array of any batch size, or an image resized to it.

    Images are BGR (or grey), 0 to 255, a batch of 1, as Caffe's data layers give them without mean and scale.
    Raises FileError for what is neither, DataError where the array's shape does not fit.
    """
    if str(path).endswith(".npy"):
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise FileError(path, f"is no readable .npy file: {error}") from error
        if array.ndim != len(shape) or array.shape[1:] != shape[1:] or array.dtype.kind not in "fiu":
            raise DataError(f"{path}: holds {array.dtype} of shape {array.shape}, the net's input is {shape}")
        return np.asarray(array, np.float32)
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise DataError(f"{path}: the net's input is {shape}, no image of 1 or 3 channels; give an .npy file")
    import cv2

    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error
    colours = cv2.IMREAD_COLOR if shape[1] == 3 else cv2.IMREAD_GRAYSCALE
    image = cv2.imdecode(content, colours) if content.size else None
    if image is None:
        raise FileError(path, "is no image that can be decoded, and no .npy file")
    resized = cv2.resize(image, (shape[3], shape[2])).reshape(shape[2], shape[3], shape[1])
    return np.asarray(resized.transpose(2, 0, 1)[None], np.float32)
