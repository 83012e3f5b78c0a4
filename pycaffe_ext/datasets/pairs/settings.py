"""param_str of a PairedData layer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from typing import Any

from ...errors import OptionError, UnknownNameError

_TRUE = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class PairSettings:
    """What a PairedData layer is told; sizes in pixels, angles in degrees."""

    source: str = ""
    label_source: str = ""
    batch_size: int = 1
    crop_size: tuple[int, ...] = ()  # (height, width) of a crop; none: whole images
    mirror: bool = False
    mirror_labels: tuple[tuple[int, int], ...] = ()  # labels that change places in mirrored maps
    random_scale: tuple[float, ...] = (1.0, 1.0)  # least and most
    random_rotation: float = 0.0  # the most, in either direction
    shuffle: bool = False
    mean_value: tuple[float, ...] = ()  # one, or one per channel
    scale: float = 1.0
    ignore_label: int = 255  # of pixels outside of the image
    seed: int | None = None  # None: another one in each run
    prefetch: int = 4  # batches
    threads: int = field(default=0)  # that decode and transform; 0: as many as cores, at most 4

    @staticmethod
    def parse(text: str) -> PairSettings:
        """From JSON ("{...}"), or lines "name: value" (also parted by ";"). Raises OptionError, UnknownNameError."""
        given = _json(text) if text.lstrip().startswith("{") else _lines(text)
        known = [one.name for one in fields(PairSettings)]
        for name in given:
            if name not in known:
                raise UnknownNameError("setting", name, known, where="param_str")
        settings = PairSettings(**{name: _READERS[name](name, value) for name, value in given.items()})
        settings._check()
        return settings

    def _check(self) -> None:
        for name in ("source", "label_source"):
            if not getattr(self, name):
                raise OptionError(f"param_str names no {name}")
        for name, least in (("batch_size", 1), ("prefetch", 1), ("threads", 0), ("random_rotation", 0)):
            if getattr(self, name) < least:
                raise OptionError(f"param_str: {name} is at least {least}, not {getattr(self, name)}")
        if any(size < 1 for size in self.crop_size):
            raise OptionError(f"param_str: crop_size is above 0, not {self.crop_size}")
        if not 0 < self.random_scale[0] <= self.random_scale[1]:
            raise OptionError(f"param_str: random_scale is least and most, above 0, not {self.random_scale}")
        if self.random_scale != (1, 1) and not self.crop_size:
            raise OptionError("param_str: random_scale needs crop_size, or each image would have another size")
        if self.mirror_labels and not self.mirror:
            raise OptionError("param_str: mirror_labels is for mirror: true")
        labels = [label for pair in self.mirror_labels for label in pair]
        if len(set(labels)) != len(labels) or not set(labels) <= set(range(256)):
            raise OptionError(f"param_str: mirror_labels names each of 0 to 255 once, not {self.mirror_labels}")
        if not 0 <= self.ignore_label <= 255:
            raise OptionError(f"param_str: ignore_label is 0 to 255, not {self.ignore_label}")
        if self.seed is not None and not 0 <= self.seed < 1 << 32:
            raise OptionError(f"param_str: seed is 0 to 4294967295, not {self.seed}")


def _json(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise OptionError(f"param_str is no JSON ({error})") from error
    if not isinstance(given, dict):
        raise OptionError("param_str is no JSON object")
    return given


def _lines(text: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for line in re.split(r"[\n;]", text):
        if not line.strip() or line.strip().startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise OptionError(f"param_str: '{line.strip()}' is not 'name: value'")
        if name.strip() in given:
            raise OptionError(f"param_str gives {name.strip()} twice")
        given[name.strip()] = value.strip().strip("\"'")
    return given


def _words(value: Any) -> list[Any]:
    """The parts of a list, or of text with spaces or commas between them."""
    if isinstance(value, str):
        return re.split(r"[\s,]+", value.strip("[]() "))
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(f"param_str: {name} is text, not {value!r}")
    return value


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or number != number or abs(number) == float("inf"):
        raise OptionError(f"param_str: {name} is a number, not {value!r}")
    return number


def _integer(name: str, value: Any) -> int:
    number = _number(name, value)
    if number != int(number):
        raise OptionError(f"param_str: {name} is a whole number, not {value!r}")
    return int(number)


def _boolean(name: str, value: Any) -> bool:
    found = _TRUE.get(str(value).lower())
    if found is None:
        raise OptionError(f"param_str: {name} is true or false, not {value!r}")
    return found


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    return tuple(_number(name, part) for part in _words(value))


def _size(name: str, value: Any) -> tuple[int, int]:
    parts = [_integer(name, part) for part in (value.split("x") if isinstance(value, str) else _words(value))]
    if len(parts) not in (1, 2):
        raise OptionError(f"param_str: {name} is one number, or HEIGHTxWIDTH, not {value!r}")
    return parts[0], parts[-1]


def _range(name: str, value: Any) -> tuple[float, float]:
    parts = _numbers(name, value)
    if len(parts) != 2:
        raise OptionError(f"param_str: {name} is two numbers, least and most, not {value!r}")
    return parts[0], parts[1]


def _pairs(name: str, value: Any) -> tuple[tuple[int, int], ...]:
    """From "1:2, 3:4" or [[1, 2], [3, 4]]."""
    pairs = []
    for part in _words(value):
        two = [_integer(name, one) for one in (part.split(":") if isinstance(part, str) else _words(part))]
        if len(two) != 2:
            raise OptionError(f"param_str: {name} is pairs such as 1:2, 3:4, not {value!r}")
        pairs.append((two[0], two[1]))
    return tuple(pairs)


_READERS: dict[str, Any] = {
    "source": _text,
    "label_source": _text,
    "batch_size": _integer,
    "crop_size": _size,
    "mirror": _boolean,
    "mirror_labels": _pairs,
    "random_scale": _range,
    "random_rotation": _number,
    "shuffle": _boolean,
    "mean_value": _numbers,
    "scale": _number,
    "ignore_label": _integer,
    "seed": _integer,
    "prefetch": _integer,
    "threads": _integer,
}
