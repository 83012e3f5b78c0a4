"""train_val from deploy, old formats upgraded, phases, layout, and how two nets differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from surgery.small_net import lines, net

from pycaffe_ext.errors import CaffeError, NetError, OptionError, PrototxtError
from pycaffe_ext.model.upgrade import upgrade_net
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.surgery.differences import differences, differences_text
from pycaffe_ext.surgery.schema import read_net
from pycaffe_ext.text import Document

FILES = Path(__file__).parent.parent / "text" / "files"


def test_to_train_val() -> None:
    requests = [
        Request("--to-train-val", "a_lmdb,b_lmdb"),
        Request("--transform", "crop_size: 7"),
        Request("--batch", "9,4"),
    ]
    after = perform(net(), requests)
    assert "# in" in after.text and "# act" in after.text
    found = read_net(after)
    train, test = found.layer[:2]
    assert [(one.name, one.type, list(one.top), one.include[0].phase) for one in (train, test)] == [
        ("data", "Data", ["data", "label"], 0),
        ("data", "Data", ["data", "label"], 1),
    ]
    assert (train.data_param.source, train.data_param.batch_size, train.transform_param.crop_size) == ("a_lmdb", 9, 7)
    assert (test.data_param.source, test.data_param.batch_size, test.data_param.backend) == ("b_lmdb", 4, 1)
    assert not train.transform_param.mirror
    loss, accuracy = found.layer[-2:]
    assert (loss.type, list(loss.bottom)) == ("SoftmaxWithLoss", ["fc", "label"])
    assert (accuracy.type, list(accuracy.bottom), accuracy.include[0].phase) == ("Accuracy", ["fc", "label"], 1)
    assert [one.convolution_param.weight_filler.type for one in found.layer[2:3]] == ["xavier"]


def test_comments_on_input_dims_stay() -> None:
    layers = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" }\n'
    layers += 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
    deploy = 'input: "data"\ninput_dim: 4 # your sample size\ninput_dim: 3\ninput_dim: 7\ninput_dim: 9\n' + layers
    after = perform(Document.from_bytes(deploy.encode()), [Request("--to-train-val", "a,b")])
    assert "# your sample size" in after.text and "input" not in after.text.split("#")[0]


def test_to_train_val_and_back_predicts_the_same() -> None:
    there = perform(net(), [Request("--to-train-val", "a,b")])
    back = perform(there, [Request("--to-deploy"), Request("--input-shape", "2,3,7,9")])
    assert {one.path for one in differences(net(), back)} == {
        "convolution_param.weight_filler.type",
        "inner_product_param.weight_filler.type",
    }


V1 = """\
name: "old" # net
input: "data"
input_dim: 2 # batch
input_dim: 3
input_dim: 7
input_dim: 9
layers {
  name: 'conv'
  type: CONVOLUTION # kind
  bottom: 'data'
  top: 'conv'
  blobs_lr: 1
  # rates
  blobs_lr: 2.
  weight_decay: 1
  weight_decay: 0
  convolution_param { num_output: 4 kernel_size: 3 fork_field: 5 }
}
layers { name: 'loss' type: SOFTMAX_LOSS bottom: 'conv' bottom: 'label' }
"""
UPGRADED = """\
name: "old" # net
layer {
  name: "input"
  type: "Input"
  top: "data"
  input_param {
    shape {
      dim: 2
      dim: 3
      dim: 7
      dim: 9
    }
  }
}
 # batch
layer {
  name: 'conv'
  type: 'Convolution' # kind
  bottom: 'data'
  top: 'conv'
  param { lr_mult: 1 decay_mult: 1 }
  # rates
  param { lr_mult: 2. decay_mult: 0 }
  convolution_param { num_output: 4 kernel_size: 3 fork_field: 5 }
}
layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'conv' bottom: 'label' }
"""


def test_upgrade_of_v1_keeps_text_comments_and_fields_of_forks() -> None:
    after = perform(Document(V1), [Request("--upgrade")])
    assert read_net(after) == upgrade_net(read_net(Document(V1)))
    assert "fork_field: 5" in after.text and "type: 'Convolution' # kind" in after.text
    assert [one.text for one in after.comments] == [one.text for one in Document(V1).comments]
    assert perform(after, [Request("--upgrade")]).text == after.text


TRANSFORM = """\
layers { name: "d" type: DATA top: "d" data_param { source: "x" # db
  mean_file: "m" crop_size: 5 } }
layers { name: "w" type: WINDOW_DATA top: "w" window_data_param { scale: 2 } transform_param { mirror: true } }
"""
V0 = """\
layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "d" top: "p" } # one
layers { layer { name: "conv" type: "conv" num_output: 4 # four
    kernelsize: 3 blobs_lr: 1. } bottom: "p" top: "c" }
"""


@pytest.mark.parametrize(
    "text", [TRANSFORM, 'input: "d" ' + V0, (FILES / "v1.prototxt").read_text()], ids=["moved", "V0", "file"]
)
def test_upgrade_is_that_of_the_message(text: str) -> None:
    after = perform(Document(text), [Request("--upgrade")])
    assert read_net(after) == upgrade_net(read_net(Document(text)))
    assert [one.text for one in after.comments] == [one.text for one in Document(text).comments]


def test_a_batch_norm_of_old() -> None:
    params = ["param { lr_mult: 1 }", "param { }", "param { lr_mult: 0 decay_mult: 0 }"]
    after = perform(Document(f'layer {{ name: "b" type: "BatchNorm" {" ".join(params)} }}'), [Request("--upgrade")])
    assert [(one.lr_mult, one.decay_mult) for one in read_net(after).layer[0].param] == [(0, 0)] * 3


BOTH = """\
layer { name: "a" top: "a" include { phase: TRAIN } }
layer { name: "b" top: "a" include { phase: TEST } } # test
layer {
  name: "c"
  # why
  exclude { phase: TEST }
}
layer { name: "d" bottom: "a" }
"""


def test_phases_there_and_back(tmp_path: Path) -> None:
    train = perform(Document(BOTH), [Request("--phase", "TRAIN")])
    test = perform(Document(BOTH), [Request("--phase", "TEST")])
    assert train.text == (
        'layer { name: "a" top: "a" }\nlayer {\n  name: "c"\n  # why\n}\nlayer { name: "d" bottom: "a" }\n'
    )
    assert test.text == 'layer { name: "b" top: "a" } # test\nlayer { name: "d" bottom: "a" }\n'
    test.write(tmp_path / "test.prototxt")
    merged = perform(train, [Request("--merge-test", str(tmp_path / "test.prototxt"))])
    for phase, one in (("TRAIN", train), ("TEST", test)):
        assert differences(perform(merged, [Request("--phase", phase)]), one) == []
    same = perform(Document(net().text), [Request("--merge-test", str(_written(tmp_path, net())))])
    assert same.text == net().text


def _written(folder: Path, document: Document) -> Path:
    document.write(folder / "net.prototxt")
    return folder / "net.prototxt"


FORMATTED = {
    "one line taken apart": (
        "layer{name:'a' type:\"ReLU\",bottom:'x';top:'x'}",
        "layer {\n  name: 'a'\n  type: \"ReLU\"\n  bottom: 'x'\n  top: 'x'\n}\n",
    ),
    "short messages on one line": (
        "layer {\n\tparam {\n\t\tlr_mult: - 1\n\t}\n\tx <\n\ty: [1 , 2] >\n}",
        "layer {\n  param { lr_mult: -1 }\n  x { y: [1, 2] }\n}\n",
    ),
    "comments": (
        "# one\n\n\n\nlayer { # two\n# three\n  a: 1 # four\n } # five\n# six",
        "# one\n\nlayer {  # two\n  # three\n  a: 1  # four\n}  # five\n# six\n",
    ),
    "line ends stay": ("a: 1\r\nb: 'x' \"y\"\r\n", "a: 1\r\nb: 'x' \"y\"\r\n"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("case", FORMATTED)
def test_format(case: str) -> None:
    before, after = FORMATTED[case]
    assert perform(Document(before), [Request("--format")]).text == after
    assert perform(Document(after), [Request("--format")]).text == after


@pytest.mark.parametrize("path", sorted(FILES.glob("*.prototxt")), ids=lambda path: path.stem)
def test_format_changes_no_value(path: Path) -> None:
    before = Document.read(path)
    after = perform(before, [Request("--format")])
    assert differences(before, after) == []
    assert perform(after, [Request("--format")]).text == after.text


def test_differences() -> None:
    other = perform(net(), [Request("--num-output", "fc=7"), Request("--remove", "relu"), Request("--format")])
    other = Document(other.text + 'layer { name: "new" type: "Silence" bottom: "prob" }\nname: "n"\n')
    assert differences_text(net(), other).splitlines() == [
        '~ net: name: (none) -> "n"',
        "- layer 'relu' (ReLU)",
        "~ layer 'fc' (InnerProduct): inner_product_param.num_output: 5 -> 7",
        "+ layer 'new' (Silence)",
    ]
    assert differences_text(Document(V1), perform(Document(V1), [Request("--upgrade")])) == ""
    assert differences(Document("layer { name: 'a' x: 1e1 }"), Document('layer { x: 10 name: "a" } # c')) == []
    swapped = Document("layer { name: 'b' } layer { name: 'a' }")
    assert differences_text(Document("layer { name: 'a' } layer { name: 'b' }"), swapped).count("\n") == 0


@pytest.mark.parametrize(
    ("text", "requests", "error", "message"),
    [
        (V1, [Request("--to-train-val", "a,b")], NetError, "is of an old format"),
        (BOTH, [Request("--to-train-val", "a,b")], OptionError, "has 0 inputs; --to-train-val takes a deploy net"),
        (BOTH, [Request("--to-train-val", "a")], OptionError, "takes two LMDBs"),
        (BOTH, [Request("--batch", "1,2")], OptionError, "give them side by side"),
        (BOTH, [Request("--phase", "VAL")], OptionError, "--phase takes TRAIN or TEST, not 'VAL'"),
        ("layer { include { phase: 9 } }", [Request("--phase", "TEST")], NetError, "has no rule of phase"),
        ("layers { name: 'a' type: CROP }", [Request("--upgrade")], PrototxtError, "has no value named CROP"),
        ("layer { } layers { }", [Request("--upgrade")], NetError, "net: the net has both 'layer' and 'layers'"),
    ],
)
def test_what_cannot_be_done(text: str, requests: list[Request], error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(Document(text, "net"), requests)
    assert lines(net(), net()) == []
