from __future__ import annotations

import re
import shutil
from pathlib import Path

import check_identity
import pytest
from google.protobuf import text_format

from pycaffe_ext.errors import FileError, PrototxtError
from pycaffe_ext.proto.caffe_pb2 import NetParameter
from pycaffe_ext.text import Document, Message, walk

HERE = Path(__file__).parent
FILES = sorted((HERE / "files").glob("*.prototxt"))

# file: line, column and what the message must say
BROKEN = {
    "binary": (0, 0, "is binary"),
    "utf16": (0, 0, "UTF-16"),
    "comma_list": (1, 14, "the name of a field is expected here, not '1'"),
    "dollar": (2, 3, "'$' means nothing here"),
    "extra_brace": (4, 1, "'}' closes nothing"),
    "no_colon": (2, 8, "':' or '{' is expected after 'name', not '\"a\"'"),
    "no_number": (2, 8, "'224X224_1' is no number"),
    "no_value": (2, 1, "the value of 'input_dim' is missing before 'input_dim:'"),
    "no_value_at_end": (1, 15, "the value of 'name' is missing before '}'"),
    "open_extension": (1, 1, "this [ is not closed"),
    "open_list": (2, 1, "',' or ']' is expected in the list of 'dim', not 'name'"),
    "open_string": (2, 9, 'the string "conv1 has no closing " on its line'),
    "open_string_at_end": (1, 7, "the string 'net has no closing '"),
    "slashes": (1, 1, "comments start with #"),
    "template": (1, 8, "the name of a field is expected here, not '{'"),
    "unclosed_brace": (2, 7, "'layer {' of line 2 is never closed"),
    "wrong_bracket": (3, 1, "'>' cannot close the 'layer {' of line 1"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_byte_survives(path: Path) -> None:
    assert Document.read(path).apply([]).to_bytes() == path.read_bytes()
    assert check_identity.survives(path)


def test_identity_check_counts_what_it_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (FILES[0], FILES[1], HERE / "broken/no_colon.prototxt"):
        shutil.copy(path, tmp_path)
    assert check_identity.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("\nidentical: 2, no prototxt: 1, failed: 0\n")
    monkeypatch.setattr(Document, "to_bytes", lambda self: b"other")
    assert check_identity.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("\nidentical: 0, no prototxt: 1, failed: 2\n")


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused_with_its_place(name: str) -> None:
    path = HERE / "broken" / f"{name}.prototxt"
    line, column, problem = BROKEN[name]
    with pytest.raises(PrototxtError, match=re.escape(problem)) as caught:
        Document.read(path)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"{path}:{line}:{column}: " if line else f"{path}: ")
    assert "\n" not in str(caught.value)


def test_all_broken_files_are_tried() -> None:
    assert {path.stem for path in (HERE / "broken").glob("*.prototxt")} == set(BROKEN)


def test_absent_file() -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        Document.read(HERE / "absent.prototxt")


@pytest.mark.parametrize("name", ["strings", "comments", "lists", "separators", "single_quotes", "angles", "one_line"])
def test_values_are_those_that_protobuf_reads(name: str) -> None:
    document = Document.read(HERE / "files" / f"{name}.prototxt")
    net = text_format.Parse(document.text, NetParameter())
    assert document.root.text_of("name") == net.name
    for ours, theirs in zip(document.root.messages("layer"), net.layer, strict=True):
        assert (ours.text_of("name"), ours.text_of("type")) == (theirs.name, theirs.type)
        assert [scalar.value for scalar in ours.scalars("bottom")] == list(theirs.bottom)
        assert [scalar.value for scalar in ours.scalars("top")] == list(theirs.top)
        rates = [param.scalar("lr_mult") for param in ours.messages("param")]
        assert [rate.number for rate in rates if rate] == [param.lr_mult for param in theirs.param]
        for message in ours.messages("convolution_param"):
            assert [size.number for size in message.scalars("kernel_size")] == theirs.convolution_param.kernel_size


def test_numbers_are_those_that_protobuf_reads() -> None:
    document = Document.read(HERE / "files" / "numbers.prototxt")
    layer = document.root.messages("layer")[0]
    power = layer.messages("power_param")[0]
    assert [power.scalars(name)[0].number for name in ("power", "scale", "shift")] == [1, -0.5e-3, -2]
    hexadecimal, infinity, nan = [scalar.number for scalar in layer.scalars("loss_weight")]
    assert (hexadecimal, infinity) == (31, float("-inf"))
    assert nan is not None and nan != nan
    assert layer.scalars("name")[0].number is None
    assert Document("x: MAX").root.scalars("x")[0].number is None


def test_fields_know_their_place() -> None:
    document = Document('a: 1 ;\nb { c: "x" # y\n "z" }\n')
    a, b = document.root.fields
    assert document.text[a.start : a.end] == "a: 1"
    assert document.text[a.start : a.stop] == "a: 1 ;"
    assert document.position(b.start) == (2, 1)
    message = b.values[0]
    assert isinstance(message, Message)
    assert document.text[message.start : message.end].startswith("{")
    assert message.fields[0].values[0].start == document.text.index('"x"')
    assert [comment.text for comment in document.comments] == ["# y"]


def test_byte_order_mark_is_no_column() -> None:
    with pytest.raises(PrototxtError, match=re.escape("<text>:1:1: ")):
        Document.from_bytes(b"\xef\xbb\xbf}")


def test_depth_costs_no_recursion_and_linear_time() -> None:
    depth = 50_000
    braces = Document("a{" * depth + "b:1" + "}" * depth)
    lists = Document("a:[{" * depth + "b:1" + "}]" * depth)
    assert [sum(1 for _ in walk(document.root)) for document in (braces, lists)] == [depth + 1] * 2
    with pytest.raises(PrototxtError, match=f":1:{2 * depth}: "):
        Document("a{" * depth)


def test_message_lookups_take_lists_apart() -> None:
    root = Document("d: [1, 2] d: 3 m [{ x: 1 }, { x: 2 }] m { x: 3 } d { }").root
    assert [scalar.text for scalar in root.scalars("d")] == ["1", "2", "3"]
    assert [message.text_of("x") for message in root.messages("m")] == ["1", "2", "3"]
    assert root.text_of("absent", "default") == "default"
    assert root.scalar("absent") is None and root.message("d") is root.messages("d")[0]
