"""Values of make_lmdb.py's options, from their text."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from fractions import Fraction


def size(text: str) -> tuple[int, int]:
    """ "256x300": height, width."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text)
    if not found:
        raise ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, such as 256x256")
    return int(found[1]), int(found[2])


def divisor(text: str) -> int:
    """ "1/4": 4."""
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        scale = Fraction(0)
    if scale.numerator != 1:
        raise ArgumentTypeError(f"'{text}' is not 1/N, such as 1/4")
    return scale.denominator


def columns(text: str) -> dict[str, list[str]]:
    """ "image=FILE,label=AGE+SEX": names of columns by what they hold."""
    found: dict[str, list[str]] = {}
    for part in text.split(","):
        what, is_there, names = part.partition("=")
        if what not in ("image", "label") or not is_there or not all(names.split("+")) or what in found:
            raise ArgumentTypeError(f"'{part}' is not image=NAME or label=NAME+NAME")
        found[what] = names.split("+")
    return found


def parts(text: str) -> dict[str, float | str]:
    """ "train=0.8,val=0.2", or "train=train.txt,val=val.txt": fraction or file of each part."""
    found: dict[str, float | str] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        if not name or not value or name in found or "/" in name:
            raise ArgumentTypeError(f"'{part}' is not NAME=FRACTION or NAME=FILE, such as train=0.8")
        try:
            found[name] = fraction = float(value)
        except ValueError:
            found[name] = value
        else:
            if not 0 < fraction <= 1:
                raise ArgumentTypeError(f"'{part}': a fraction is above 0, and at most 1")
    if len({type(value) for value in found.values()}) > 1:
        raise ArgumentTypeError(f"'{text}' mixes fractions and files")
    return found


def pairs(text: str) -> list[tuple[str, str]]:
    """ "left:right,up:down": what changes places."""
    found = []
    for part in text.split(","):
        one, is_there, other = part.partition(":")
        if not is_there or not one or not other:
            raise ArgumentTypeError(f"'{part}' is not ONE:OTHER, such as left:right")
        found.append((one, other))
    return found


def label_pairs(text: str) -> dict[int, int]:
    """ "1:2,3:4": labels that change places."""
    found: dict[int, int] = {}
    for pair in pairs(text):
        one, other = (_label(label, text) for label in pair)
        if found.setdefault(one, other) != other or found.setdefault(other, one) != one:
            raise ArgumentTypeError(f"'{text}' names label {one} or {other} in two pairs")
    return found


def relabel(text: str) -> dict[int | None, int]:
    """ "7:0,8:1,*:255": the label of each value, * of all others."""
    found: dict[int | None, int] = {}
    for old, new in pairs(text):
        value = None if old == "*" else _label(old, text, most=65535)
        if value in found:
            raise ArgumentTypeError(f"'{text}' names {old} twice")
        found[value] = _label(new, text)
    return found


def balance(text: str) -> str:
    """ "max", "min", or a number of entries."""
    if text not in ("max", "min") and not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ArgumentTypeError(f"'{text}' is not max, min, or a number of entries")
    return text


def _label(text: str, whole: str, most: int = 255) -> int:
    if not text.isdecimal() or int(text) > most:
        raise ArgumentTypeError(f"'{text}' in '{whole}' is not a label, 0 to {most}")
    return int(text)
