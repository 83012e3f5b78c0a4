"""What learns: texts before and after, and what Caffe's own message says of the result."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pycaffe_ext.errors import CaffeError, NetError, OptionError, UnknownNameError
from pycaffe_ext.model.upgrade import upgrade_net
from pycaffe_ext.surgery import LearningPlan, Request, freeze, freeze_all, perform, set_lr_mult, unfreeze, unfreeze_from
from pycaffe_ext.surgery.schema import read_net
from pycaffe_ext.text import Document

FILES = Path(__file__).parent.parent / "text" / "files"

FREEZE_ALL = {
    "both blocks": (
        'layer { name: "a" type: "InnerProduct" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 } }',
        'layer { name: "a" type: "InnerProduct" param { lr_mult: 0 decay_mult: 1 } param { lr_mult: 0 } }',
    ),
    "no block": (
        'layer {\n name: "a"\n type: "Convolution"\n top: "a"\n convolution_param {\n  pad: 1\n }\n}\n',
        'layer {\n name: "a"\n type: "Convolution"\n top: "a"\n'
        " param {\n  lr_mult: 0\n }\n param {\n  lr_mult: 0\n }\n convolution_param {\n  pad: 1\n }\n}\n",
    ),
    "one block of two, and no lr_mult in it": (
        'layer {\n name: "a" # c\n type: "InnerProduct"\n param { name: "w" }\n}\n',
        'layer {\n name: "a" # c\n type: "InnerProduct"\n param { lr_mult: 0 name: "w" }\n param { lr_mult: 0 }\n}\n',
    ),
    "no bias": (
        'layer { name: "a" type: "Convolution" top: "a" convolution_param { bias_term: false } }',
        'layer { name: "a" type: "Convolution" top: "a" param { lr_mult: 0 } convolution_param { bias_term: false } }',
    ),
    "frozen already": ('layer { name: "a" type: "PReLU" param { lr_mult: 0.0 } }',) * 2,
    "no parameters beside": (
        'layer { name: "a" type: "PReLU" } layer { name: "b" type: "Pooling" }',
        'layer { name: "a" type: "PReLU" param { lr_mult: 0 } } layer { name: "b" type: "Pooling" }',
    ),
    "V1": (
        'layers {\n name: "a"\n type: INNER_PRODUCT\n blobs_lr: 1\n blobs_lr: 2\n weight_decay: 1\n weight_decay: 0\n}',
        'layers {\n name: "a"\n type: INNER_PRODUCT\n blobs_lr: 0\n blobs_lr: 0\n weight_decay: 1\n weight_decay: 0\n}',
    ),
    "V1 without blobs_lr": (
        'layers {\r\n\tname: "a"\r\n\ttype: CONVOLUTION\r\n\ttop: "a"\r\n}\r\n',
        'layers {\r\n\tname: "a"\r\n\ttype: CONVOLUTION\r\n\ttop: "a"\r\n\tblobs_lr: 0\r\n\tblobs_lr: 0\r\n}\r\n',
    ),
    "V0": (
        'layers { layer { name: "a" type: "conv" biasterm: false blobs_lr: 1. } top: "a" }',
        'layers { layer { name: "a" type: "conv" biasterm: false blobs_lr: 0 } top: "a" }',
    ),
    "BatchNorm without anything": (
        'layer {\n  name: "a"\n  type: "BatchNorm"\n  top: "a"\n}\n',
        'layer {\n  name: "a"\n  type: "BatchNorm"\n  top: "a"\n' + "  param {\n    lr_mult: 0\n  }\n" * 3 + ""
        "  batch_norm_param {\n    use_global_stats: true\n  }\n}\n",
    ),
    "BatchNorm that says false": (
        'layer { name: "a" type: "BatchNorm" param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }'
        " batch_norm_param { use_global_stats: false eps: 1e-4 } }",
        'layer { name: "a" type: "BatchNorm" param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }'
        " batch_norm_param { use_global_stats: true eps: 1e-4 } }",
    ),
    "BatchNorm with other settings": (
        'layer {\n name: "a"\n type: "BatchNorm"\n batch_norm_param {\n  eps: 1e-4\n }\n}',
        'layer {\n name: "a"\n type: "BatchNorm"\n' + " param {\n  lr_mult: 0\n }\n" * 3 + ""
        " batch_norm_param {\n  use_global_stats: true\n  eps: 1e-4\n }\n}",
    ),
    "a fork's type with blocks": (
        'layer { name: "a" type: "Fork" param { lr_mult: 1 } param { lr_mult: 1 } param { } }',
        'layer { name: "a" type: "Fork" param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } }',
    ),
    "shared parameters keep their name": (
        "layer { name: 'a' type: 'InnerProduct' param: < name: 'w' lr_mult: 1 > param: < name: 'b' lr_mult: 2 > }",
        "layer { name: 'a' type: 'InnerProduct' param: < name: 'w' lr_mult: 0 > param: < name: 'b' lr_mult: 0 > }",
    ),
    "blocks in a list": (
        'layer { name: "a" type: "InnerProduct" param: [{ lr_mult: 1 }, { lr_mult: 2 }] }',
        'layer { name: "a" type: "InnerProduct" param: [{ lr_mult: 0 }, { lr_mult: 0 }] }',
    ),
}


@pytest.mark.parametrize("case", FREEZE_ALL)
def test_freeze_all(case: str) -> None:
    before, after = FREEZE_ALL[case]
    assert perform(Document(before), [Request("--freeze-all")]).text == after


@pytest.mark.parametrize("case", FREEZE_ALL)
def test_freezing_again_changes_nothing(case: str) -> None:
    after = Document(FREEZE_ALL[case][1])
    assert after.apply(freeze_all(after)).text == after.text


@pytest.mark.parametrize("case", FREEZE_ALL)
def test_a_later_word_overrules_an_earlier_one(case: str) -> None:
    before = Document(FREEZE_ALL[case][0])
    expected = perform(before, [Request("--unfreeze", "*")])
    assert perform(before, [Request("--freeze-all"), Request("--unfreeze", "*")]).text == expected.text


UNFREEZE = {
    "frozen layer": (
        'layer { name: "a" type: "Convolution" param { lr_mult: 0 decay_mult: 1 } param { lr_mult: 0.0 } }',
        'layer { name: "a" type: "Convolution" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 } }',
    ),
    "rates that are not 0 stay": ('layer { name: "a" type: "Convolution" param { lr_mult: 10 } param { } }',) * 2,
    "no blocks": ('layer { name: "a" type: "Convolution" }',) * 2,
    "V1": (
        'layers { name: "a" type: CONVOLUTION blobs_lr: 0 blobs_lr: 0 }',
        'layers { name: "a" type: CONVOLUTION blobs_lr: 1 blobs_lr: 2 }',
    ),
    "BatchNorm loses global statistics, not lr_mult 0": (
        'layer {\n type: "BatchNorm"\n name: "a"\n param { lr_mult: 0 }\n'
        " batch_norm_param {\n  use_global_stats: true\n }\n}\n",
        'layer {\n type: "BatchNorm"\n name: "a"\n param { lr_mult: 0 }\n}\n',
    ),
    "BatchNorm keeps what else is there": (
        'layer {\n type: "BatchNorm"\n name: "a"\n batch_norm_param {\n  use_global_stats: true\n  eps: 1\n }\n}\n',
        'layer {\n type: "BatchNorm"\n name: "a"\n batch_norm_param {\n  eps: 1\n }\n}\n',
    ),
    "BatchNorm keeps comments": (
        'layer {\n type: "BatchNorm"\n name: "a"\n batch_norm_param { # a\n  use_global_stats: true # b\n }\n}\n',
        'layer {\n type: "BatchNorm"\n name: "a"\n batch_norm_param { # a\n  # b\n }\n}\n',
    ),
    "BatchNorm of the TEST phase alone": (
        'layer { name: "a" type: "BatchNorm" include { phase: TEST } batch_norm_param { use_global_stats: true } }',
    )
    * 2,
    "NVCaffe's BatchNorm with a scale": (
        'layer { name: "a" type: "BatchNorm" '
        + "param { lr_mult: 0 } " * 5
        + "batch_norm_param { scale_bias: true } }",
        'layer { name: "a" type: "BatchNorm" '
        + "param { lr_mult: 0 } " * 3
        + "param { lr_mult: 1 } param { lr_mult: 2 } "
        "batch_norm_param { scale_bias: true } }",
    ),
}


@pytest.mark.parametrize("case", UNFREEZE)
def test_unfreeze(case: str) -> None:
    before, after = UNFREEZE[case]
    assert perform(Document(before), [Request("--unfreeze", "a")]).text == after


NET = """\
layer { name: "data" type: "Data" top: "data" }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param { lr_mult: 2 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2" param { lr_mult: 0 } param { lr_mult: 0 } }
layer { name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc" param { lr_mult: 10 } param { lr_mult: 20 } }
layer { name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc" include { phase: TEST } }
"""


@pytest.mark.parametrize(
    ("requests", "rates"),
    [
        ([Request("--freeze", "conv*")], [(0, 0), (0, 0), (10, 20), ()]),
        ([Request("--freeze", "fc")], [(1, 2), (0, 0), (0, 0), (0, 0)]),
        ([Request("--freeze-up-to", "conv2")], [(0, 0), (0, 0), (10, 20), ()]),
        ([Request("--freeze-up-to", "pool1")], [(0, 0), (0, 0), (10, 20), ()]),
        ([Request("--freeze-up-to", "fc")], [(0, 0), (0, 0), (0, 0), (0, 0)]),
        ([Request("--unfreeze-from", "pool1")], [(1, 2), (1, 2), (10, 20), ()]),
        ([Request("--freeze-all"), Request("--unfreeze-from", "fc")], [(0, 0), (0, 0), (10, 20), ()]),
        ([Request("--lr-mult", "conv?=3,6")], [(3, 6), (3, 6), (10, 20), ()]),
        ([Request("--lr-mult", "fc=.5")], [(1, 2), (0, 0), (0.5, 0.5), (0.5, 0.5)]),
        ([Request("--freeze-all"), Request("--lr-mult", "conv2=1e1")], [(0, 0), (10, 10), (0, 0), (0, 0)]),
        ([Request("--lr-mult", "conv2=4"), Request("--freeze", "*2")], [(1, 2), (0, 0), (10, 20), ()]),
    ],
)
def test_selections(requests: list[Request], rates: list[tuple[float, ...]]) -> None:
    net = read_net(perform(Document(NET), requests))
    found = [
        tuple(param.lr_mult for param in layer.param) for layer in net.layer if layer.name not in ("data", "pool1")
    ]
    assert found == [pytest.approx(expected) for expected in rates]


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (Request("--freeze", "cnov1"), UnknownNameError, "net: no layer 'cnov1'; did you mean 'conv1'"),
        (Request("--freeze-up-to", "pol1"), UnknownNameError, "no layer 'pol1'; did you mean 'pool1'"),
        (
            Request("--freeze", "pool?"),
            NetError,
            r"net:3:7: layer 'pool1': no layer in 'pool\?' has parameters .*Pooling",
        ),
        (Request("--freeze-up-to", "data"), NetError, "no layer in the net up to 'data' has parameters"),
        (Request("--lr-mult", "conv1"), OptionError, r"--lr-mult takes PATTERN=W\[,B\], not 'conv1'"),
        (
            Request("--lr-mult", "conv1=fast"),
            OptionError,
            "--lr-mult takes one or two numbers behind the =, not 'fast'",
        ),
        (Request("--lr-mult", "conv1=1,2,3"), OptionError, "one or two numbers"),
        (Request("--lr-mult", "conv1=nan"), OptionError, "one or two numbers"),
    ],
)
def test_what_cannot_be_done(request_: Request, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(Document(NET, "net"), [request_])


def test_statistics_cannot_learn() -> None:
    with pytest.raises(NetError, match="BatchNorm has only statistics"):
        perform(Document('layer { name: "bn" type: "BatchNorm" }'), [Request("--lr-mult", "bn=1")])


def test_a_solver_is_no_net() -> None:
    with pytest.raises(OptionError, match=r"solver\.prototxt: there are no layers"):
        perform(Document('net: "x"', "solver.prototxt"), [Request("--freeze-all")])


def test_lr_mult_must_be_a_number() -> None:
    with pytest.raises(CaffeError, match="net:1:50: lr_mult must be a number, not fast"):
        perform(Document('layer { name: "a" type: "PReLU" param { lr_mult: fast } }', "net"), [Request("--freeze-all")])


def test_types_that_are_not_known_are_named(caplog: pytest.LogCaptureFixture) -> None:
    document = Document.read(FILES / "fork.prototxt")
    with caplog.at_level(logging.WARNING):
        after = perform(document, [Request("--freeze-all")])
    assert "not known whether PriorBox have parameters" in caplog.text
    lines = set(after.text.splitlines()) - set(document.text.splitlines())
    assert lines == {"  param { lr_mult: 0 }"}
    assert [len(layer.param) for layer in read_net(after).layer] == [0, 1, 0, 2]


@pytest.mark.parametrize("path", sorted(FILES.glob("*.prototxt")), ids=lambda path: path.stem)
def test_odd_files_keep_everything_else(path: Path) -> None:
    document = Document.read(path)
    try:
        after = perform(document, [Request("--freeze-all")])
    except CaffeError as error:
        assert "parameters" in str(error) or "no layers" in str(error)
        return
    assert [one.text for one in after.comments] == [one.text for one in document.comments]
    assert after.newline == document.newline
    for layer in upgrade_net(read_net(after)).layer:
        assert all(param.lr_mult == 0 for param in layer.param)
    assert any(layer.param for layer in upgrade_net(read_net(after)).layer)


def test_functions_for_scripts() -> None:
    document = Document(NET)
    document = document.apply(freeze_all(document))
    document = document.apply(unfreeze(document, "conv1"))
    document = document.apply(set_lr_mult(document, "fc", 10, 20))
    document = document.apply(freeze(document, "conv1"))
    document = document.apply(unfreeze_from(document, "conv2"))
    assert [[param.lr_mult for param in layer.param] for layer in read_net(document).layer if layer.param] == [
        [0, 0],
        [1, 2],
        [10, 20],
        [10, 20],
    ]
    assert list(LearningPlan(document).edits()) == []
