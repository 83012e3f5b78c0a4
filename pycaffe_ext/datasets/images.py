"""Image files to pixels, and pixels to encoded bytes, with the pixels that Caffe gets.

Measured against BVLC Caffe with OpenCV 4.5.1: JPEG, PNG, BMP, TIFF and WebP give the same bytes, colour, grey
and resized. OpenCV now turns PNG and WebP by their EXIF orientation too; Caffe's turns JPEG only, and so it is here.
Three differences are left. A JPEG that is cut short is refused, where Caffe fills it with grey. GIF is read where
OpenCV can. And a colour PNG with one of the sRGB profiles that libpng 1.6.37 knows by their checksum, read as grey:
that libpng went through the profile's gamma, today's weighs the values as they are (up to 29 of 255 apart).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .decoding import decode
from .jpeg_structure import is_plain_jpeg

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]  # height, width

_TIFF = (b"II", b"MM")  # what files of that kind begin with


@dataclass(frozen=True)
class Reading:
    """How image files become pixels; as it stands, they become those that Caffe gets.

    `turn`: by EXIF orientation "caffe" (JPEG and TIFF, as OpenCV 4.5 does), "all" kinds of files, or "none".
    `alpha`: "drop" (the colours as they are stored), over "white" or "black", or "keep" as a fourth channel.
    `deep`: values of 16 bit and floats are kept; else they become 8 bit.
    """

    gray: bool = False
    turn: str = "caffe"
    alpha: str = "drop"
    deep: bool = False

    @property
    def is_caffes(self) -> bool:
        """Whether colour images are read as Caffe reads them."""
        return (self.turn, self.alpha, self.deep) == ("caffe", "drop", False)


def read_pixels(path: str, content: bytes, reading: Reading) -> npt.NDArray[Any]:
    """The pixels of an image file's bytes, H x W, or H x W x C (BGR, BGRA): uint8, or floats where `deep`.

    Raises DataError.
    """
    if reading.is_caffes:
        return read_image(path, content, gray=reading.gray)
    flags = cv2.IMREAD_GRAYSCALE if reading.gray else cv2.IMREAD_COLOR
    if reading.turn == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    if reading.deep:
        flags |= cv2.IMREAD_ANYDEPTH
    image = _with_alpha(path, content, reading) if reading.alpha != "drop" else None
    if image is None:
        found = _decoded(path, content, flags, turn_all=reading.turn == "all", as_stored=reading.deep)
        image = found if found.dtype == np.uint8 or reading.deep else found.astype(np.uint8)
    if reading.turn == "none" and content.startswith(_TIFF):
        image = _turned(image, content, back=True)
    return image if image.dtype == np.uint8 else image.astype(np.float32)


def _with_alpha(path: str, content: bytes, reading: Reading) -> npt.NDArray[Any] | None:
    """The pixels of an image that has alpha, laid over a colour or with alpha kept; None for one that has none."""
    image: Any = decode(content, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise DataError(f"{path}: is not an image that OpenCV can read, or is damaged")
    if image.dtype == np.uint8 and content.startswith(_PILLOWS):
        image = _with_pillow(content)
    if image is None or image.ndim != 3 or image.shape[2] != 4:
        return None
    if reading.turn == "all" and not content.startswith(_TIFF):
        image = _turned(image, content)
    if image.dtype == np.uint16 and not reading.deep:
        image = (image >> 8).astype(np.uint8)
    if reading.alpha == "keep":
        return np.asarray(image)
    most = 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)
    alpha = image[..., 3:].astype(np.float32) / most
    blended = image[..., :3] * alpha + (most if reading.alpha == "white" else 0) * (1 - alpha)
    image = blended if image.dtype.kind == "f" else np.rint(blended).astype(image.dtype)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if reading.gray else np.asarray(image)


# TIFF, of which OpenCV gives colours times alpha, and cyan to black as four channels; and PNG, of which it passes over
# the one grey value that may stand for nothing
_PILLOWS = (*_TIFF, b"\x89PNG")


def _with_pillow(content: bytes) -> npt.NDArray[Any] | None:
    """The pixels H x W x 4 (BGRA) of an image of 8 bits; None where it has no alpha."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        if opened.mode not in ("RGBA", "LA", "PA") and "transparency" not in opened.info:
            return None
        return np.ascontiguousarray(np.asarray(opened.convert("RGBA"))[..., [2, 1, 0, 3]])


# EXIF orientation: turns by 90 degrees against the clock after a flip left-right
_TURNS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (1, True), 6: (3, False), 7: (3, True), 8: (1, False)}


def _turned(image: npt.NDArray[Any], content: bytes, *, back: bool = False) -> npt.NDArray[Any]:
    """An image turned as its EXIF orientation says; or `back`, since readers of TIFF turn it unasked."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        orientation = opened.getexif().get(0x0112, 1)
    turns, flip = _TURNS.get(orientation, (0, False))
    if back:
        image = np.rot90(image, -turns)
        return np.ascontiguousarray(image[:, ::-1] if flip else image)
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if flip else image, turns))


def read_file(path: str) -> bytes:
    """The bytes of an image file. Raises DataError where it is absent, unreadable, empty, or a JPEG cut short."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        problem = error.strerror if isinstance(error, OSError) else None
        raise DataError(f"{path}: cannot be read: {problem or error}") from error
    check_not_cut(path, content)
    return content


def check_not_cut(path: str, content: bytes) -> None:
    """Raises DataError for an image file's bytes that are none, or of a JPEG cut short."""
    if not content:
        raise DataError(f"{path}: is empty (0 bytes)")
    if is_cut_jpeg(content):
        raise DataError(f"{path}: is cut short: a JPEG without its end")


def read_image(path: str, content: bytes, *, gray: bool = False) -> Pixels:
    """The pixels of an image file's bytes, H x W x 3 (BGR) or, if `gray`, H x W. Raises DataError."""
    image = _decoded(path, content, cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR)
    return image.astype(np.uint8, copy=False)


def check_image(path: str, content: bytes) -> None:
    """Raises DataError unless the bytes decode. Takes no time for an ordinary JPEG: its structure tells."""
    if not is_plain_jpeg(content):
        is_jpeg = content.startswith(b"\xff\xd8")  # which alone is read faster reduced; others may shrink to nothing
        _decoded(path, content, cv2.IMREAD_REDUCED_GRAYSCALE_8 if is_jpeg else cv2.IMREAD_GRAYSCALE)


def resize(image: npt.NDArray[Any], size: Size) -> npt.NDArray[Any]:
    """The image (uint8 or float32) at another size, bilinear, as convert_imageset resizes."""
    height, width = size
    return np.asarray(cv2.resize(image, (width, height)))


def encode(image: Pixels, kind: str) -> bytes:
    """The image as the bytes of a file of that kind ("jpg", "png", ...) with OpenCV's default quality.

    Raises DataError for a kind that OpenCV does not write, or not of this image.
    """
    try:
        done, content = cv2.imencode(f".{kind}", image)
    except cv2.error:
        done = False
    if not done:
        raise DataError(f"an image of {'x'.join(map(str, image.shape))} cannot be encoded as .{kind}")
    return bytes(content.tobytes())


def _decoded(
    path: str, content: bytes, flags: int, *, turn_all: bool = False, as_stored: bool = False
) -> npt.NDArray[Any]:
    """`as_stored`: what OpenCV reads neither as grey nor as colour, such as TIFFs of floats, becomes so afterwards."""
    if not turn_all and not content.startswith((b"\xff\xd8", *_TIFF)):  # JPEG, TIFF
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = decode(content, flags)
    if image is None and as_stored:
        image = decode(content, cv2.IMREAD_UNCHANGED)
        to_gray = flags & cv2.IMREAD_COLOR == 0
        if image is not None and image.ndim == (3 if to_gray else 2):
            image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY if to_gray else cv2.COLOR_GRAY2BGR))
    if image is None:
        raise DataError(f"{path}: is not an image that OpenCV can read, or is damaged")
    return image


def is_cut_jpeg(content: bytes) -> bool:
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
