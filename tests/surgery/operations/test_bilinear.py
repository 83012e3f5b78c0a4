from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import Operated, data

import pycaffe_ext
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(1, 3, 5, 4)


def up(more: str, params: str = "") -> str:
    return (
        f'layer {{ name: "up" type: "Deconvolution" bottom: "data" top: "up" {params}'
        f" convolution_param {{ num_output: 3 {more} }} }}\n"
    )


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_it_upsamples_as_interpolation_does(factor: int) -> None:
    """Away from the border a plane stays the same plane, which only bilinear weights can do."""
    done = Operated(HEAD + up("kernel_size: 3 stride: 1"), f"--bilinear up={factor}")
    rows, columns = np.mgrid[:5, :4].astype(np.float32)
    plane = 1 + 2 * rows - 3 * columns
    found = done.run(data=np.stack([plane, plane * 2, -plane])[None])["up"]
    assert found.shape == (1, 3, 5 * factor, 4 * factor)
    place = lambda n: (np.arange(n * factor) - (factor - 1) / 2) / factor  # noqa: E731
    expected = 1 + 2 * place(5)[:, None] - 3 * place(4)
    inside = np.s_[factor:-factor, factor:-factor]
    for channel, times in enumerate((1, 2, -1)):
        assert np.abs(found[0, channel][inside] - times * expected[inside]).max() < 1e-5


@pytest.mark.parametrize("factor", [2, 3])
def test_weights_are_those_of_the_filler(factor: int) -> None:
    done = Operated(HEAD + up("kernel_size: 3", "param { lr_mult: 1 } param { lr_mult: 2 }"), f"--bilinear up={factor}")
    assert "param { lr_mult: 0 } convolution_param { " in done.after.text
    net = pycaffe_ext.Net(_written(done.after.text), pycaffe_ext.TEST)
    assert (net.params["up"][0].data == done.weights.blobs("up")[0]).all()


def _written(text: str) -> object:
    from google.protobuf import text_format

    from pycaffe_ext.proto.caffe_pb2 import NetParameter

    return text_format.Parse(text, NetParameter())


def test_a_pad_that_a_crop_counts_on_stays() -> None:
    text = HEAD + up("kernel_size: 4 stride: 2 bias_term: false")
    after = perform(Document(text), [Request("--bilinear", "up=2")]).text
    assert "pad" not in after and "group: 3" in after and 'weight_filler { type: "bilinear" }' in after
    assert (
        "pad: 1"
        in perform(Document(text.replace("kernel_size: 4", "kernel_size: 2")), [Request("--bilinear", "up=2")]).text
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("up=1", "takes a whole factor from 2 on"),
        ("data=2", "is Input, no Deconvolution"),
        ("up2=2", "layer 'up2': has num_output 5, its bottom 3 channels; upsampling keeps their number"),
    ],
)
def test_what_it_refuses(value: str, message: str) -> None:
    text = HEAD + up("kernel_size: 3") + up("kernel_size: 3").replace('"up"', '"up2"').replace("output: 3", "output: 5")
    with pytest.raises(CaffeError, match=message):
        perform(Document(text), [Request("--bilinear", value)])
