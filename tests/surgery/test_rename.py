from __future__ import annotations

import pytest

from pycaffe_ext.errors import CaffeError, NetError, OptionError, UnknownNameError
from pycaffe_ext.surgery import Request, perform, rename
from pycaffe_ext.text import Document

CASES = {
    "layer, its top and all who use it": (
        'layer { name: "fc8" bottom: "fc7" top: "fc8" }\nlayer { name: "relu8" bottom: "fc8" top: "fc8" }\n'
        'layer { name: "loss" bottom: "fc8" bottom: "label" } # fc8\n',
        'layer { name: "new" bottom: "fc7" top: "new" }\nlayer { name: "relu8" bottom: "new" top: "new" }\n'
        'layer { name: "loss" bottom: "new" bottom: "label" } # fc8\n',
    ),
    "a top of another name stays": (
        'layer { name: "fc8" top: "score" } layer { name: "x" bottom: "score" }',
        'layer { name: "new" top: "score" } layer { name: "x" bottom: "score" }',
    ),
    "another layer's blob of that name stays": (
        'layer { name: "a" top: "fc8" } layer { name: "fc8" bottom: "fc8" top: "b" }',
        'layer { name: "a" top: "fc8" } layer { name: "new" bottom: "fc8" top: "b" }',
    ),
    "TRAIN and TEST": (
        'layer { name: "fc8" top: "fc8" include { phase: TRAIN } } layer { name: "fc8" top: "fc8" }',
        'layer { name: "new" top: "new" include { phase: TRAIN } } layer { name: "new" top: "new" }',
    ),
    "quotes, V1, parts and lists": (
        "layers { name: 'fc' '8' top: 'fc8' } layers { name: 'x' bottom: [\"a\", \"fc8\"] }",
        "layers { name: 'new'  top: 'new' } layers { name: 'x' bottom: [\"a\", \"new\"] }",
    ),
    "V0": (
        'layers { layer { name: "fc8" type: "innerproduct" } bottom: "a" top: "fc8" }',
        'layers { layer { name: "new" type: "innerproduct" } bottom: "a" top: "new" }',
    ),
    "names that only contain it stay": (
        'layer { name: "fc8" param { name: "fc8" } } layer { name: "fc8_b" type: "fc8" }',
        'layer { name: "new" param { name: "fc8" } } layer { name: "fc8_b" type: "fc8" }',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rename(case: str) -> None:
    before, after = CASES[case]
    assert perform(Document(before), [Request("--rename", "fc8=new")]).text == after


def test_there_and_back_gives_the_same_bytes() -> None:
    document = Document(CASES["layer, its top and all who use it"][0])
    assert perform(document, [Request("--rename", "fc8=a b"), Request("--rename", "a b=fc8")]).text == document.text


def test_an_old_name_with_an_equals_sign() -> None:
    assert perform(Document('layer { name: "a=b" }'), [Request("--rename", "a=b=c")]).text == 'layer { name: "c" }'


def test_a_name_with_quotes() -> None:
    document = Document("layer { name: 'a' top: \"a\" }")
    assert document.apply(rename(document, "a", "b'c")).text == "layer { name: 'b\\'c' top: \"b'c\" }"


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("fc9=new", UnknownNameError, "net: no layer 'fc9'; did you mean 'fc8'"),
        ("fc8=loss", NetError, "net:1:43: layer 'loss': has this name already, so 'fc8' cannot be renamed to it"),
        ("fc8=label", NetError, "its top cannot be renamed to 'label' as well: a blob of that name is there already"),
        ("fc8", OptionError, "--rename takes OLD=NEW, not 'fc8'"),
        ("fc8=", OptionError, "--rename takes OLD=NEW"),
    ],
)
def test_what_cannot_be_renamed(value: str, error: type[CaffeError], message: str) -> None:
    document = Document(
        'layer { name: "fc8" top: "fc8" }    layer { name: "loss" bottom: "fc8" bottom: "label" }', "net"
    )
    with pytest.raises(error, match=message):
        perform(document, [Request("--rename", value)])
