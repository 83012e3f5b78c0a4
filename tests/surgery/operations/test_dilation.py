from __future__ import annotations

import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 15, 13)


def pool(bottom: str, more: str, name: str = "pool") -> str:
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ {more} }}")


UNEVEN = "kernel_h: 2 kernel_w: 3 pad_h: 0 pad_w: 2"
CASES = {
    "convolution": conv("a", "data", 4, 3, "stride: 2 pad: 1") + conv("b", "a", 5, 3, "pad: 1"),
    "pooling": pool("data", "kernel_size: 3 stride: 2") + conv("b", "pool", 5) + conv("c", "b", 2, 3, "pad: 2"),
    "stride 3, a kernel of its own per axis": conv("a", "data", 4, 3, "stride: 3")
    + layer("b", "Convolution", "a", "b", f"convolution_param {{ num_output: 2 {UNEVEN} }}"),
    "a stride further behind": conv("a", "data", 4, 3, "stride: 2 pad: 1")
    + conv("b", "a", 5, 3, "pad: 1 stride: 2")
    + conv("c", "b", 2, 3, "pad: 1"),
    "dilated already, branches": conv("a", "data", 4, 1, "stride: 2")
    + conv("b", "a", 5, 3, "pad: 2 dilation: 2")
    + conv("c", "a", 5, 1)
    + layer("sum", "Eltwise", "b c", "sum")
    + layer("relu", "ReLU", "sum", "sum")
    + layer("bn", "BatchNorm", "sum", "bn"),
    "stride_h and stride_w": layer(
        "a", "Convolution", "data", "a", "convolution_param { num_output: 2 kernel_size: 3 stride_h: 2 stride_w: 3 }"
    )
    + conv("b", "a", 4, 2),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_coarse_points_stay(case: str) -> None:
    done = Operated(HEAD + CASES[case], f"--stride-to-dilation {'pool' if 'pooling' in case else 'a'}")
    result = done.difference()
    assert result.largest < NEAR
    finer = done.run(data=[[[[0.0] * 13] * 15] * 3])
    assert all(finer[row.after].shape[2] > row.shape[2] for row in result.rows)


def test_text() -> None:
    text = HEAD + CASES["a stride further behind"]
    after = perform(Document(text), [Request("--stride-to-dilation", "a")]).text
    assert "num_output: 4 kernel_size: 3 pad: 1 }" in after.replace("  }", " }")
    for left in ("num_output: 5 kernel_size: 3 pad: 2 stride: 2", "num_output: 2 kernel_size: 3 pad: 2"):
        assert f"{{ dilation: 2 {left} }}" in after.replace("  }", " }")


def test_a_window_cut_off_at_the_border_is_named_and_found(caplog: pytest.LogCaptureFixture) -> None:
    text = data(1, 2, 10, 9) + pool("data", "kernel_size: 3 stride: 2") + conv("b", "pool", 3, 3, "pad: 1")
    with pytest.raises(CaffeError, match=r"output 'b' has shape \(1, 3, 5, 4\) before"):
        Operated(text, "--stride-to-dilation pool").difference()
    assert "'pool' cuts its last window off at the border of 10 x 9" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (conv("a", "data", 4), "layer 'a': has stride 1 already"),
        (layer("a", "ReLU", "data", "a"), "is ReLU; --stride-to-dilation takes a Convolution or Pooling"),
        (conv("a", "data", 4, 3, "stride: 2") + fc("fc", "a", 3), "behind the finer grid.*--fc-to-conv"),
        (conv("a", "data", 4, 3, "stride: 2") + pool("a", "kernel_size: 2"), "Caffe's Pooling cannot be dilated"),
        (
            conv("a", "data", 4, 3, "stride: 2 pad: 1") + conv("b", "data", 4, 3, "stride: 2 pad: 1")
            + layer("sum", "Eltwise", "a b", "sum"), "layer 'sum': takes 'b' from outside as well",
        ),
    ],
)  # fmt: skip
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(HEAD + text), [Request("--stride-to-dilation", "a")])
