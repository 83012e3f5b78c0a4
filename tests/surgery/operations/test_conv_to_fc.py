from __future__ import annotations

import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 9, 8) + conv("conv", "data", 4)
SIZE = "kernel_h: 7 kernel_w: 6 num_output: 5"
NET = HEAD + layer("c6", "Convolution", "conv", "c6", f"convolution_param {{ {SIZE} stride: 2 }}")
NET += layer("relu", "ReLU", "c6", "c6") + conv("c7", "c6", 6, 1) + layer("prob", "Softmax", "c7", "prob")


def test_conv_to_fc_computes_the_same() -> None:
    done = Operated(NET, "--conv-to-fc c[67]")
    assert done.types[1:4] == ["c6: InnerProduct", "relu: ReLU", "c7: InnerProduct"]
    assert done.weights.shapes("c6") == [(5, 168), (5,)] and done.weights.shapes("c7") == [(6, 5), (6,)]
    assert "inner_product_param { num_output: 5 }" in done.after.text
    assert done.difference().largest < NEAR


def test_there_and_back_gives_the_same_weights() -> None:
    net = HEAD + fc("fc6", "conv", 5) + fc("fc7", "fc6", 7)
    done = Operated(net, "--fc-to-conv fc*", "--conv-to-fc fc*")
    for name in ("fc6", "fc7"):
        for old, new in zip(done.weights_before.blobs(name), done.weights.blobs(name), strict=True):
            assert old.shape == new.shape and (old == new).all()


@pytest.mark.parametrize(
    ("text", "pattern", "message"),
    [
        (NET, "conv", r"its kernel 3 x 3 with pad 0 x 0 and dilation 1 x 1 is not its whole bottom of shape"),
        (NET, "c6", "layer 'c7': needs the height and width of 'c6'; convert it as well"),
        (NET, "relu", "is ReLU, no Convolution"),
        (data(1, 4, 3, 3) + conv("c", "data", 4, 3, "group: 2"), "c", "has 2 groups; --merge-groups c first"),
    ],
)
def test_what_it_refuses(text: str, pattern: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(text, "net"), [Request("--conv-to-fc", pattern)])
