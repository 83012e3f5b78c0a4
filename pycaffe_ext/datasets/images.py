"""Image files to pixels, and pixels to encoded bytes, with the pixels that Caffe gets.

Measured against BVLC Caffe with OpenCV 4.5.1: JPEG, PNG, BMP, TIFF and WebP give the same bytes, colour, grey
and resized. OpenCV now turns PNG and WebP by their EXIF orientation too; Caffe's turns JPEG only, and so it is here.
Three differences are left. A JPEG that is cut short is refused, where Caffe fills it with grey. GIF is read where
OpenCV can. And a colour PNG with one of the sRGB profiles that libpng 1.6.37 knows by their checksum, read as grey:
that libpng went through the profile's gamma, today's weighs the values as they are (up to 29 of 255 apart).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]  # height, width


def read_file(path: str) -> bytes:
    """The bytes of an image file. Raises DataError where it is absent, unreadable, empty, or a JPEG cut short."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not content:
        raise DataError(f"{path}: is empty (0 bytes)")
    if _is_cut_jpeg(content):
        raise DataError(f"{path}: is cut short: a JPEG without its end")
    return content


def read_image(path: str, content: bytes, *, gray: bool = False) -> Pixels:
    """The pixels of an image file's bytes, H x W x 3 (BGR) or, if `gray`, H x W. Raises DataError."""
    return _decoded(path, content, cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR)


def check_image(path: str, content: bytes) -> None:
    """Raises DataError unless the bytes decode. Takes half the time of `read_image` for a JPEG."""
    _decoded(path, content, cv2.IMREAD_REDUCED_GRAYSCALE_8)


def resize(image: Pixels, size: Size) -> Pixels:
    """The image at another size, bilinear, as convert_imageset resizes."""
    height, width = size
    return np.asarray(cv2.resize(image, (width, height)), np.uint8)


def encode(image: Pixels, kind: str) -> bytes:
    """The image as the bytes of a file of that kind ("jpg", "png") with OpenCV's default quality."""
    return bytes(cv2.imencode(f".{kind}", image)[1].tobytes())


def decode(content: bytes | memoryview, flags: int) -> npt.NDArray[np.generic] | None:
    """What OpenCV makes of encoded bytes; None where they are no image that it can read."""
    try:
        image: npt.NDArray[np.generic] | None = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:  # such as dimensions beyond its limits
        return None
    return image


def _decoded(path: str, content: bytes, flags: int) -> Pixels:
    if not content.startswith((b"\xff\xd8", b"II", b"MM")):  # JPEG, TIFF
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = decode(content, flags)
    if image is None:
        raise DataError(f"{path}: is not an image that OpenCV can read, or is damaged")
    return image.astype(np.uint8, copy=False)


def _is_cut_jpeg(content: bytes) -> bool:
    """Whether the bytes are a JPEG with no end marker after the start of its scan.

    libjpeg fills what is missing with grey and only warns. The headers are walked first, because a thumbnail
    in them has an end marker of its own.
    """
    if not content.startswith(b"\xff\xd8"):
        return False
    position = 2
    while content[position : position + 1] == b"\xff" and content[position + 1 : position + 2] != b"\xda":
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return content.rfind(b"\xff\xd9", position) < 0
