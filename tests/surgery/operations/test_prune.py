"""The pruned net computes what the whole net does when the weights that take the lost channels are zero."""

from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

HEAD = data(2, 3, 8, 7)
NORM = layer("bn", "BatchNorm", "a", "a") + layer("scale", "Scale", "a", "a", "scale_param { bias_term: true }")
ACTIVE = NORM + layer("prelu", "PReLU", "a", "a")


def lost(weights: Weights, names: list[str], count: int) -> list[int]:
    """The outputs with the smallest sums of absolute weights, over all these layers."""
    total = sum(np.abs(weights.blobs(name)[0]).reshape(len(weights.blobs(name)[0]), -1).sum(1) for name in names)
    return sorted(np.argsort(total, kind="stable")[:count].tolist())


def silence(weights: Weights, name: str, channels: list[int], of: int) -> None:
    """The layer no longer looks at these of its input channels."""
    weight, *rest = weights.blobs(name)
    rows = weight.reshape(weight.shape[0], of, -1)
    rows[:, channels] = 0
    weights.set_blobs(name, [rows.reshape(weight.shape), *rest])


def check(text: str, option: str, names: list[str], count: int, users: dict[str, tuple[int, int]]) -> Operated:
    """`users`: where the lost channels start in what each layer takes, and of how many."""
    done = Operated(text, option)
    whole = done.weights_before.copy()
    for user, (start, of) in users.items():
        silence(whole, user, [start + one for one in lost(done.weights_before, names, count)], of)
    expected = Operated(text, "--transplant", weights=whole)
    random = np.random.default_rng(0)
    image = random.normal(size=(2, 3, 8, 7)).astype(np.float32)
    ours, theirs = done.run(data=image), expected.run(data=image)
    outputs = [row.after for row in expected.difference().rows]
    assert outputs
    for name in outputs:
        assert np.abs(ours[name] - theirs[name]).max() < NEAR * np.abs(theirs[name]).max()
    return done


def test_a_chain() -> None:
    text = HEAD + conv("a", "data", 9) + ACTIVE + conv("b", "a", 4) + fc("fc", "b", 2)
    done = check(text, "--prune a=0.5", ["a"], 4, {"b": (0, 9)})
    assert done.weights.shapes("a") == [(5, 3, 3, 3), (5,)] and done.weights.shapes("b")[0] == (4, 5, 3, 3)
    assert done.weights.shapes("bn") == [(5,), (5,), (1,)] and done.weights.shapes("prelu") == [(5,)]
    assert done.after.text == text.replace("num_output: 9", "num_output: 5")


def test_inner_product_after_flatten_and_dropout() -> None:
    text = HEAD + conv("a", "data", 6) + layer("pool", "Pooling", "a", "pool", "pooling_param { kernel_size: 2 }")
    text += layer("flat", "Flatten", "pool", "flat") + layer("drop", "Dropout", "flat", "drop") + fc("fc", "drop", 4)
    check(text, "--prune a=0.34", ["a"], 2, {"fc": (0, 6)})
    check(text.replace("num_output: 4", "num_output: 4"), "--prune a=0.5", ["a"], 3, {"fc": (0, 6)})


def test_concat_and_several_users() -> None:
    text = HEAD + conv("a", "data", 5) + conv("b", "data", 4) + layer("cat", "Concat", "b a", "cat")
    text += conv("c", "cat", 3) + fc("fc", "cat", 2) + conv("d", "a", 2)
    check(text, "--prune a=0.4", ["a"], 2, {"c": (4, 9), "fc": (4, 9), "d": (0, 5)})


def test_sums_lose_the_same_channels(caplog: pytest.LogCaptureFixture) -> None:
    text = HEAD + conv("a", "data", 6, 3, "pad: 1") + conv("b", "a", 4) + conv("c", "data", 6, 3, "pad: 1")
    text += layer("sum", "Eltwise", "a c", "sum") + layer("relu", "ReLU", "sum", "sum") + conv("d", "sum", 3)
    done = check(text, "--prune a=0.5", ["a", "c"], 3, {"b": (0, 6), "d": (0, 6)})
    assert done.weights.shapes("c")[0] == (3, 3, 3, 3)
    assert "pruned as well, as their outputs are added to those named: c" in caplog.text


def test_depthwise_layers_follow() -> None:
    text = HEAD + conv("a", "data", 6) + conv("dw", "a", 6, 3, "group: 6") + conv("b", "dw", 4)
    done = check(text, "--prune a=0.5", ["a"], 3, {"b": (0, 6)})
    assert "num_output: 3 kernel_size: 3 group: 3" in done.after.text
    assert done.weights.shapes("dw") == [(3, 1, 3, 3), (3,)]


def test_transposed_layers() -> None:
    text = HEAD + fc("a", "data", 6, "transpose: true") + fc("b", "a", 4, "transpose: true")
    done = Operated(text, "--prune a=0.5:l2")
    assert done.weights.shapes("a") == [(168, 3), (3,)] and done.weights.shapes("b") == [(3, 4), (4,)]
    weight, bias = done.weights_before.blobs("a")
    keep = np.sort(np.argsort(-np.sqrt((weight.astype(np.float64) ** 2).sum(0)))[:3])
    assert (done.weights.blobs("a")[0] == weight[:, keep]).all() and (done.weights.blobs("a")[1] == bias[keep]).all()
    assert (done.weights.blobs("b")[0] == done.weights_before.blobs("b")[0][keep]).all()


def test_deconvolution() -> None:
    text = HEAD + conv("a", "data", 4) + conv("up", "a", 6).replace("Convolution", "Deconvolution") + conv("b", "up", 2)
    done = Operated(text, "--prune [au]*=0.5")
    assert done.weights.shapes("up") == [(2, 3, 3, 3), (3,)] and done.weights.shapes("b")[0] == (2, 3, 3, 3)


def test_channels_that_count_for_nothing_can_go_without_a_change() -> None:
    text = HEAD + conv("a", "data", 6) + layer("relu", "ReLU", "a", "a") + conv("b", "a", 4)
    weights = drawn(text)
    weight, bias = weights.blobs("a")
    weight[[1, 4]], bias[[1, 4]] = 0, 0
    weights.set_blobs("a", [weight, bias])
    assert Operated(text, "--prune a=0.34", weights=weights).difference().largest < NEAR


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        (conv("a", "data", 4), "a=0.5", "its outputs cannot be pruned: 'a' is an output of the net"),
        (conv("a", "data", 4) + layer("s", "Softmax", "a", "s"), "a=0.5", r"layer 's' \(Softmax\) takes them"),
        (conv("a", "data", 4) + conv("b", "a", 4, 3, "group: 2"), "a=0.5", r"layer 'b' \(Convolution\) takes them"),
        (
            conv("a", "data", 3, 3, "pad: 1") + layer("sum", "Eltwise", "a data", "sum") + fc("f", "sum", 2),
            "a=0.5", "they are added to channels of another cut|comes from|makes them",
        ),
        (conv("a", "data", 4) + fc("f", "a", 2), "a=1.5", "with a share between 0 and 1"),
        (conv("a", "data", 4) + fc("f", "a", 2), "a=0.1", "takes no channel out of any layer"),
        (layer("a", "ReLU", "data", "a"), "a=0.5", "is ReLU; --prune takes Convolution"),
    ],
)  # fmt: skip
def test_what_it_refuses(text: str, value: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        Operated(HEAD + text, f"--prune {value}")
    with pytest.raises(CaffeError, match="computes with the weights"):
        perform(Document(text), [Request("--prune", value)])
