from __future__ import annotations

import pytest

from pycaffe_ext.errors import CaffeError, NetError, OptionError, UnknownNameError
from pycaffe_ext.surgery import Request, perform, set_num_output
from pycaffe_ext.text import Document

CASES = {
    "of one layer": (
        'layer { name: "a" my_param { num_output: 1000 # classes\n } } layer { name: "b" x { num_output: 5 } }',
        'layer { name: "a" my_param { num_output: 20 # classes\n } } layer { name: "b" x { num_output: 5 } }',
    ),
    "a fork's message, both of a pair": (
        'layer { name: "a" my_param { num_output:3 } } layer { name: "a" my_param { num_output: 3 } }',
        'layer { name: "a" my_param { num_output:20 } } layer { name: "a" my_param { num_output: 20 } }',
    ),
    "V0": (
        'layers { layer { name: "a" num_output: 5 } top: "a" }',
        'layers { layer { name: "a" num_output: 20 } top: "a" }',
    ),
    "the same number": ('layer { name: "a" x { num_output: 20 } }',) * 2,
}


@pytest.mark.parametrize("case", CASES)
def test_num_output(case: str) -> None:
    before, after = CASES[case]
    assert perform(Document(before), [Request("--num-output", "a=20")]).text == after


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("b=20", UnknownNameError, "no layer 'b'"),
        ("a=20", NetError, "net:1:7: layer 'a': Pooling has no num_output"),
        ("a=0", OptionError, "a whole number from 1 on behind the =, not '0'"),
        ("a=2.5", OptionError, "whole number"),
        ("a", OptionError, "--num-output takes LAYER=N"),
    ],
)
def test_what_cannot_be_set(value: str, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(Document('layer { name: "a" type: "Pooling" }', "net"), [Request("--num-output", value)])


def test_function_for_scripts() -> None:
    document = Document('layer { name: "a" inner_product_param { num_output: 1000 } }')
    after = document.apply(set_num_output(document, "a", 3))
    assert after.text == document.text.replace("1000", "3")
