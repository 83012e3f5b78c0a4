"""Damage to prototxt."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from google.protobuf import text_format

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.files import parse_text

from .mutate_binary import binary, span
from .mutate_messages import FLOATS, INTEGERS, change_message

_VALUES = ['"text"', "'t", "true", "maybe", "{}", "{ a: 1 }", "[1, 2]", "<>", "0x1F", "1e400", "-", "9" * 14]
_DEPTH = 20_000  # of nested messages


def prototxt(random: Random, text: str, kind: type[Any] = caffe_pb2.NetParameter) -> bytes:
    """The text with one to three mutations: of its letters, or of the message that it holds."""
    if random.random() < 0.75:
        try:
            message = parse_text(text, kind())
        except CaffeError:  # it was made to be refused
            pass
        else:
            for _ in range(random.choice([1, 1, 2, 3])):
                change_message(random, message)
            return text_format.MessageToString(message).encode()
    for _ in range(random.choice([1, 1, 2, 3])):
        text = random.choice(_WAYS)(random, text)
    content = text.encode("utf-8", "surrogateescape")
    return binary(random, content) if random.random() < 0.2 else content


def _cut(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def _without_span(random: Random, text: str) -> str:
    part = span(random, len(text))
    return text[: part.start] + text[part.stop :]


def _doubled_span(random: Random, text: str) -> str:
    part = span(random, len(text))
    return text[: part.stop] + text[part] + text[part.stop :]


def _swapped_lines(random: Random, text: str) -> str:
    lines = text.split("\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _replaced(random: Random, text: str, pattern: str, new: Callable[[re.Match[str]], str]) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = random.choice(found)
    return text[: match.start()] + new(match) + text[match.end() :]


def _other_number(random: Random, text: str) -> str:
    number = random.choice([*INTEGERS, *FLOATS])
    return _replaced(random, text, r"(?<=: )-?[0-9][0-9.eE+-]*", lambda _: repr(number))


def _other_value(random: Random, text: str) -> str:
    return _replaced(random, text, r'(?<=: )("[^"]*"|[^\s{}]+)', lambda _: random.choice(_VALUES))


def _other_name(random: Random, text: str) -> str:
    """A blob, layer or type under another name that the text has: cycles, duplicates, wrong types."""
    names = re.findall(r'"[^"\n]*"', text) or ['""']
    return _replaced(random, text, r'"[^"\n]*"', lambda _: random.choice(names))


def _other_field(random: Random, text: str) -> str:
    names = re.findall(r"\b[a-z_]+(?=:? ?[{:])", text) or ["name"]
    return _replaced(random, text, r"\b[a-z_]+(?=:? ?[{:])", lambda _: random.choice([*names, "nmae", "fork_param"]))


def _nested(random: Random, text: str) -> str:
    place = random.choice([0, len(text), text.find("}")])
    opened = random.choice(["layer {", "a {", "a: [", "include <"]) * random.choice([3, _DEPTH])
    return text[:place] + opened + text[place:]


_WAYS = [_cut, _without_span, _doubled_span, _swapped_lines, _other_value, _other_field, _nested]
_WAYS += 3 * [_other_number, _other_name]
