"""Whether bytes are an ordinary JPEG, by its segments; thousands of times as fast as decoding it."""

from __future__ import annotations

import re

_SOS, _EOI = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # within a scan there are only restarts and stuffed bytes
_FRAMES = (0xC0, 0xC1)  # baseline, extended; progressive ones have tables between their scans
_OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {*_FRAMES, 0xC4}
_LARGEST = 1 << 28  # pixels; OpenCV's own limit is higher


def is_plain_jpeg(content: bytes) -> bool:
    """Whether the bytes are a JPEG that decoders take: every segment before the first scan fits its length, the frame
    is of 8 bits and 1 or 3 components with sane sampling, the tables that its one scan names are there, and the end
    follows it.

    False says nothing: an unusual JPEG, such as a progressive one, may be good too. Wrong bits within a scan cannot
    be told by decoding either: libjpeg only warns.
    """
    try:
        return content.startswith(b"\xff\xd8") and _Walk(content).is_plain()
    except (IndexError, KeyError):
        return False


class _Walk:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._quantization: set[int] = set()
        self._huffman: set[int] = set()  # class << 4 | number
        self._components: dict[int, int] = {}  # quantization table by component
        self._has_frame = False

    def is_plain(self) -> bool:
        content, position = self._content, 2
        while True:
            if content[position] != 0xFF:
                return False
            marker = content[position + 1]
            length = content[position + 2] << 8 | content[position + 3]
            segment = content[position + 4 : position + 2 + length]
            if length < 2 or len(segment) != length - 2 or marker in _OTHER_FRAMES or marker < 0xC0:
                return False
            if marker == _SOS:
                following = _MARKER.search(content, position + 2 + length)
                return self._scan_fits(segment) and following is not None and following[0][1] == _EOI
            if not self._takes(marker, segment):
                return False
            position += 2 + length

    def _takes(self, marker: int, segment: bytes) -> bool:
        if marker in _FRAMES:
            return self._frame_fits(segment)
        if marker == 0xDB:
            return self._quantization_fits(segment)
        if marker == 0xC4:
            return self._huffman_fits(segment)
        if marker == 0xDD:
            return len(segment) == 2
        if marker == 0xEE:
            return not segment.startswith(b"Adobe")  # says the colours' kind, which the decoder may not take
        return 0xE0 <= marker <= 0xEF or marker == 0xFE

    def _frame_fits(self, segment: bytes) -> bool:
        height, width = segment[1] << 8 | segment[2], segment[3] << 8 | segment[4]
        count = segment[5]
        fits = not self._has_frame and segment[0] == 8 and len(segment) == 6 + 3 * count
        self._has_frame = True
        sampling = []
        for place in range(6, len(segment), 3):
            self._components[segment[place]] = segment[place + 2]
            sampling.append((segment[place + 1] >> 4, segment[place + 1] & 15))
        # luma of one or two blocks a side, chroma of one: what cameras and encoders write
        usual = sampling[0] in ((1, 1), (2, 1), (1, 2), (2, 2)) and all(one == (1, 1) for one in sampling[1:])
        sizes = height > 0 and width > 0 and height * width <= _LARGEST
        return fits and count in (1, 3) and len(self._components) == count and usual and sizes

    def _quantization_fits(self, segment: bytes) -> bool:
        position = 0
        while position < len(segment):
            precision, number = segment[position] >> 4, segment[position] & 15
            position += 1 + 64 * (precision + 1)
            if precision > 1 or number > 3:
                return False
            self._quantization.add(number)
        return position == len(segment)

    def _huffman_fits(self, segment: bytes) -> bool:
        position = 0
        while position < len(segment):
            name, counts = segment[position], segment[position + 1 : position + 17]
            symbols = segment[position + 17 : position + 17 + sum(counts)]
            position += 17 + sum(counts)
            if len(counts) < 16 or name not in (0, 1, 2, 3, 16, 17, 18, 19) or not _is_code(counts):
                return False
            if name < 16 and any(symbol > 11 for symbol in symbols):
                return False
            self._huffman.add(name)
        return position == len(segment)

    def _scan_fits(self, segment: bytes) -> bool:
        count = segment[0]
        if not self._has_frame or len(segment) != 4 + 2 * count or count != len(self._components):
            return False
        names = [segment[1 + 2 * place] for place in range(count)]
        tables = [segment[2 + 2 * place] for place in range(count)]
        return (
            names == list(self._components)
            and set(self._components.values()) <= self._quantization
            and {table >> 4 for table in tables} | {16 | table & 15 for table in tables} <= self._huffman
            and tuple(segment[-3:]) == (0, 63, 0)
        )


def _is_code(counts: bytes) -> bool:
    """Whether there is a prefix code with so many words of length 1, 2, ... 16, the one of only ones left out."""
    room = 1
    for count in counts:
        room = 2 * room - count
        if room < 1:
            return False
    return sum(counts) <= 256
