from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Operation, Option, Request, operations, perform, runner
from pycaffe_ext.surgery.check import check_changes, check_readable
from pycaffe_ext.text import Document, Edit

RATES = frozenset({"layer.param.lr_mult", "layer.blobs_lr"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("layer { name: 'a' param { lr_mult: 1 } }", "layer { name: 'a' param { lr_mult: 0 } param { lr_mult: 0 } }"),
        ("layers { layer { name: 'a' } }", "layers { layer { name: 'a' blobs_lr: 0 } }"),
        ("layers { name: 'a' }", "layers { name: 'a' blobs_lr: [0, 0] }"),
        ("x: 1 # c", "x:1\n# c "),
    ],
)
def test_changes_that_are_meant(before: str, after: str) -> None:
    check_changes(Document(before), Document(after), RATES)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("layer { name: 'a' }", "layer { name: 'b' }", r"net: .* changed layer.name \('a'\) to layer.name \('b'\)"),
        (
            "layer { param { lr_mult: 1 } }",
            "layer { param { decay_mult: 1 } }",
            "changed nothing to layer.param.decay_mult",
        ),
        ("layer { x: 1 }", "layer { }", r"changed layer.x \(1\) to nothing"),
        ("lr_mult: 1", "lr_mult: 0", "changed lr_mult"),
        ("x: 1 # a", "x: 1", "changed a comment"),
    ],
)
def test_changes_that_are_not(before: str, after: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        check_changes(Document(before, "net"), Document(after, "net"), RATES)


def test_protobuf_must_still_read_it() -> None:
    good, bad = Document('layer { name: "a" }'), Document('layer { name: "a" name: "b" }')
    with pytest.raises(CaffeError, match=r"a net that Caffe cannot read: .*:1:"):
        check_readable(good, bad)
    check_readable(bad, bad)
    check_readable(good, Document('layer { name: "b" fork_param { x: 1 } }'))


class Shout(Operation):
    """Writes names in capitals, and does more than it says."""

    options = (Option("--shout", "write names in capitals"),)
    touches = frozenset({"layer.name"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        yield Edit(0, len(document.text), document.text.upper().replace("LAYER", "layer").replace("NAME", "name"))


def test_an_operation_that_does_more_than_it_says_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "operations", lambda: [Shout()])
    assert perform(Document('layer { name: "a" }'), [Request("--shout")]).text == 'layer { name: "A" }'
    with pytest.raises(CaffeError, match=r'would also have changed layer\.top \("b"\)'):
        perform(Document('layer { name: "a" top: "b" }'), [Request("--shout")])


def test_no_request_gives_the_same_document() -> None:
    document = Document("layer { }")
    assert perform(document, []) is document


def test_operations_are_found_and_say_what_they_do() -> None:
    flags = [option.flag for operation in operations() for option in operation.options]
    assert {"--freeze", "--rename", "--num-output", "--to-deploy"} <= set(flags)
    assert len(flags) == len(set(flags))
    assert all(operation.__doc__ for operation in operations())
    assert all(option.help[0].islower() and option.help[-1] != "." for o in operations() for option in o.options)


NAMES = 'layer { name: "a" x: 1 } layer { name: "b" x: 2 } layer { name: "b" x: 3 }'


@pytest.mark.parametrize(
    ("after", "added", "removed"),
    [
        ('layer { name: "a" x: 1 } layer { name: "b" x: 2 }', [], ["b"]),
        ('layer { name: "a" x: 1 } layer { name: "b" x: 3 }', [], ["b"]),
        (NAMES.replace('"a" x: 1', '"a" x: 9'), ["a"], ["a"]),
        ('layer { name: "new" y: 1 # new\n } ' + NAMES, ["new"], []),
        ('layer { name: "b" x: 0 } layer { name: "b" x: 2 }', ["b"], ["a", "b"]),
    ],
)
def test_layers_that_come_and_go(after: str, added: list[str], removed: list[str]) -> None:
    check_changes(Document(NAMES), Document(after), frozenset(), added, removed)


@pytest.mark.parametrize(
    ("before", "after", "added", "removed", "message"),
    [
        (NAMES, 'layer { name: "a" x: 1 }', [], ["b"], "would also have changed layer.name"),
        (NAMES, NAMES, [], ["b"], "would not have added or taken out layer 'b'"),
        (NAMES, NAMES, ["c"], [], "would not have added or taken out layer 'c'"),
        (NAMES, NAMES.replace("x: 3", "x: 4") + " layer { name: 'c' }", ["c"], [], r"changed layer.x \(3\)"),
        ("# c\n" + NAMES, NAMES[25:], [], ["a"], "changed a comment"),
    ],
)
def test_layers_that_may_not_come_or_go(
    before: str, after: str, added: list[str], removed: list[str], message: str
) -> None:
    with pytest.raises(CaffeError, match=message):
        check_changes(Document(before), Document(after), frozenset(), added, removed)


def test_comments_inside_of_what_goes_may_go() -> None:
    before = Document("layer { name: 'a' # in\n } # behind\n# next\nlayer { name: 'b' p { # in p\n } }")
    check_changes(before, Document("# next\nlayer { name: 'b' }"), frozenset({"layer.p"}), [], ["a"])
    with pytest.raises(CaffeError, match="changed a comment"):
        check_changes(before, Document("layer { name: 'b' }"), frozenset({"layer.p"}), [], ["a"])
