"""Random numbers as Caffe draws them: Boost's distributions over a 32-bit Mersenne Twister, all from one stream.

After the same seed and the same calls these are Caffe's numbers: a net starts with the same weights.
"""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint32]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_BLOCK = 1 << 16  # numbers that are worked on at once: they stay in the cache


def _layers(edge: float, area: float, count: int, *, normal: bool) -> tuple[Doubles, Doubles]:
    """The ziggurat of a density (Marsaglia and Tsang 2000): right edges of its layers, and the density there.

    `edge`: where the tail begins; `area`: of each layer. The density is exp(-x^2 / 2) or exp(-x).
    """
    places = [area / (exp(-edge * edge / 2) if normal else exp(-edge)), edge]
    while len(places) < count:
        x = places[-1]
        height = area / x + (exp(-x * x / 2) if normal else exp(-x))
        places.append(sqrt(-2 * log(height)) if normal else -log(height))
    edges = np.array([*places, 0.0])
    heights: Doubles = np.exp(-edges * edges / 2) if normal else np.exp(-edges)
    heights[0] = 0
    return edges, heights


_TAIL = 3.4426198558966521214
_X, _Y = _layers(_TAIL, _TAIL * exp(-_TAIL * _TAIL / 2) + sqrt(pi / 2) * erfc(_TAIL / sqrt(2)), 128, normal=True)
_EXP_TAIL = 7.6971174701310497140
_EXP_X, _EXP_Y = _layers(_EXP_TAIL, (_EXP_TAIL + 1) * exp(-_EXP_TAIL), 256, normal=False)

# By the last 8 bits of a word, which say layer and sign: what its other 24 bits are multiplied by, and from which on
# they leave the part of the layer that lies under the curve all over.
_WIDTH = np.repeat(_X[:-1].astype(np.float32), 2) * np.tile(np.array([-1, 1], np.float32) * np.float32(2.0**-24), 128)
_near = (np.repeat(_X[1:], 2) / np.abs(_WIDTH)).astype(np.int64)[:, None] + np.arange(-2, 3)
_RARE = _near[:, 0] + (_near.astype(np.float32) * np.abs(_WIDTH)[:, None] < np.repeat(_X[1:], 2)[:, None]).sum(1)


class Twister:
    """A stream of random numbers that starts at a seed of 32 bits (None: anywhere)."""

    def __init__(self, seed: int | None) -> None:
        self._source = np.random.RandomState(seed)
        self._words: Words = np.empty(0, np.uint32)  # drawn, and not yet used from _at on
        self._at = 0

    def _ahead(self, count: int) -> Words:
        """The next `count` words, which stay to be used."""
        missing = self._at + count - len(self._words)
        if missing > 0:
            more = self._source.randint(0, 1 << 32, size=max(missing, 624), dtype=np.uint32)
            self._words, self._at = np.concatenate([self._words[self._at :], more]), 0
        return self._words[self._at : self._at + count]

    def words(self, count: int) -> Words:
        """The next `count` numbers of 32 bits."""
        found = self._ahead(count)
        self._at += count
        return found

    def word(self) -> int:
        return int(self.words(1)[0])

    def uniform(self, low: float, high: float, count: int) -> Floats:
        """Numbers from `low` to `high`, both of which may come."""
        start, end = np.float32(low), np.nextafter(np.float32(high), np.float32(np.inf))
        parts, missing = [np.empty(0, np.float32)], count
        while missing:
            part = _part(self.words(min(missing, _BLOCK))) * (end - start) + start
            parts.append(part[part < end])  # Boost draws another for one that rounding has put past the end
            missing -= len(parts[-1])
        return np.concatenate(parts)

    def bernoulli(self, share: float, count: int) -> Flags:
        """True with probability `share`; no number is used where that is 0."""
        if share == 0:
            return np.zeros(count, np.bool_)
        limit, chosen = np.float32(share) * np.float32(2.0**32), np.empty(count, np.bool_)
        for start in range(0, count, _BLOCK):
            block = chosen[start : start + _BLOCK]
            np.less_equal(self.words(len(block)).astype(np.float32), limit, out=block)
        return chosen

    def normal(self, mean: float, deviation: float, count: int) -> Floats:
        found = np.empty(count, np.float32)
        for start in range(0, count, _BLOCK):
            self._fill(found[start : start + _BLOCK])
        found *= np.float32(deviation)
        found += np.float32(mean)
        return found

    def _fill(self, found: Floats) -> None:
        """Fills an array with numbers of mean 0 and deviation 1.

        Most take one word. In one of 80 a second word decides, and where it says no both are used up; those of the
        tail take several.
        """
        done = 0
        while done < len(found):
            words, held, begin = self._ahead(len(found) - done + 1), self._words, self._at
            x, rare = _first_look(words)
            rare = rare[rare < len(words) - 1]
            layer, part = (words[rare] & 255) >> 1, _part(words[rare + 1])
            is_long = (layer == 0) | (part >= 1)
            keep = np.ones(len(words), np.bool_)
            keep[rare] = _is_under(layer, x[rare], part)
            at, last = 0, len(words) - 1
            while at < last and self._words is held:
                first = int(np.searchsorted(rare, at))
                starts = first + np.flatnonzero(_alternate(rare[first:]))
                long = starts[is_long[starts]]
                end = int(rare[long[0]]) if len(long) else last
                seconds = rare[starts[rare[starts] < end]] + 1
                keep[seconds] = False
                numbers = x[at:end][keep[at:end]]
                found[done : done + len(numbers)] = numbers
                done += len(numbers)
                at = end + int(len(seconds) > 0 and seconds[-1] == end)
                self._at = begin + at
                if len(long):
                    found[done] = self._one()
                    done += 1
                    at = self._at - begin

    def _one(self) -> float:
        """The next number of mean 0 and deviation 1."""
        while True:
            word = self.words(1)
            x, rare = _first_look(word)
            if not len(rare):
                return float(x[0])
            layer = (word & 255) >> 1
            if not layer[0]:
                return self._tail() if word[0] & 1 else -self._tail()
            if _is_under(layer, x, np.array([self._part()], np.float32))[0]:
                return float(x[0])

    def _tail(self) -> float:
        while True:
            x, y = self._exponential() / _TAIL, self._exponential()
            if 2 * y > x * x:
                return x + _TAIL

    def _exponential(self) -> float:
        shift = 0.0
        while True:
            word = self.word()
            layer = word & 255
            x = (word >> 8) * 2.0**-24 * float(_EXP_X[layer])
            if x < _EXP_X[layer + 1]:
                return shift + x
            if not layer:
                shift += _EXP_TAIL
                continue
            y = _EXP_Y[layer] + self._part() * (_EXP_Y[layer + 1] - _EXP_Y[layer])
            if y < exp(-x):
                return shift + x

    def _part(self) -> float:
        """A number from 0 to 1, 1 excluded, in single precision."""
        while True:
            part = float(_part(self.words(1))[0])
            if part < 1:
                return part


def _first_look(words: Words) -> tuple[Floats, Places]:
    """The number of mean 0 and deviation 1 that each word stands for, and the places of those of which more decides."""
    kind, far = words & 255, words >> 8
    return far.astype(np.float32) * _WIDTH[kind], np.flatnonzero(far >= _RARE[kind])


def _part(words: Words) -> Floats:
    """Words as parts of the largest; rounding makes 1 of the very largest."""
    part = words.astype(np.float32)
    part *= np.float32(2.0**-32)
    return part


def _is_under(layer: npt.NDArray[np.integer[Any]], x: Floats, part: Floats) -> Flags:
    """Whether a point of a layer, `part` of its height up, lies under the curve."""
    height = _Y[layer].astype(np.float32) + part * (_Y[layer + 1] - _Y[layer]).astype(np.float32)
    under: Flags = height < np.exp(-(x * x / 2))
    return under


def _alternate(places: Places) -> Flags:
    """Of places that follow each other the first, third ...: each uses up the one behind it."""
    index = np.arange(len(places))
    starts = np.where(np.diff(places, prepend=-2) != 1, index, 0)
    odd: Flags = (index - np.maximum.accumulate(starts)) % 2 == 1
    return ~odd
