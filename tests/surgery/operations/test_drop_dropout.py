from __future__ import annotations

import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 6, 5) + conv("conv", "data", 4)


def drop(name: str, bottom: str, top: str) -> str:
    return layer(name, "Dropout", bottom, top)


CASES = {
    "in place": HEAD + drop("drop", "conv", "conv") + fc("fc", "conv", 3),
    "with a top of its own": HEAD + drop("drop", "conv", "dropped") + fc("fc", "dropped", 3),
    "two in a row": HEAD + drop("d1", "conv", "d1") + drop("d2", "d1", "d2") + fc("fc", "d2", 3) + fc("g", "d1", 2),
    "an output": HEAD + fc("fc", "conv", 3) + drop("drop", "fc", "out"),
    "two in a row, an output": HEAD + fc("fc", "conv", 3) + drop("d1", "fc", "d1") + drop("d2", "d1", "out"),
    "in place behind it": HEAD + drop("drop", "conv", "d") + layer("r", "ReLU", "d", "d") + fc("fc", "d", 3),
    "the bottom is taken elsewhere": HEAD + drop("drop", "conv", "d") + fc("fc", "d", 3) + fc("g", "conv", 2),
}


@pytest.mark.parametrize("case", CASES)
def test_nets_compute_the_same(case: str) -> None:
    done = Operated(CASES[case], "--drop-dropout *")
    assert not [kind for kind in done.types if "Dropout" in kind]
    result = done.difference()
    assert all(row.before == row.after for row in result.rows)
    assert result.largest < NEAR


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "is Input, no Dropout"),
        (data(1, 3) + drop("drop", "data", "out"), "layer 'drop': its top 'out' is an output, and no single"),
        (
            HEAD + drop("drop", "conv", "d") + layer("r", "ReLU", "d", "d") + fc("fc", "d", 3) + fc("g", "conv", 2),
            "layers work in place on its top 'd' while 'g' takes its bottom 'conv'",
        ),
        (
            HEAD + drop("drop", "conv", "d") + layer("r", "ReLU", "conv", "conv") + fc("fc", "d", 3),
            "another layer works in place on its bottom 'conv'",
        ),
    ],
)
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(text, "net"), [Request("--drop-dropout", "*")])
