"""NetSpec by itself: what is refused, in which words, and what loads."""

from __future__ import annotations

import copy

import pytest

from pycaffe_ext import layers as L
from pycaffe_ext import params as P
from pycaffe_ext.coord_map import AxisMismatchException, UndefinedMapException, compose, coord_map, crop
from pycaffe_ext.engine.net import Net
from pycaffe_ext.errors import UnknownNameError
from pycaffe_ext.net_spec import NetSpec
from pycaffe_ext.proto import caffe_pb2


def _spec() -> NetSpec:
    n = NetSpec()
    n.data = L.Input(shape={"dim": [2, 3, 8, 9]})
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3, weight_filler={"type": "xavier"})
    n.relu = L.ReLU(n.conv, in_place=True)
    n.pool = L.Pooling(n.relu, pool=P.Pooling.AVE, global_pooling=True)
    return n


def test_a_spec_is_a_net() -> None:
    net = Net(_spec().to_proto(), caffe_pb2.TEST)
    assert list(net.blobs) == ["data", "conv", "pool"]
    assert net.blobs["pool"].shape == (2, 4, 1, 1)


def test_a_mistyped_parameter_is_named_with_what_is_near() -> None:
    with pytest.raises(UnknownNameError, match=r"Convolution: no parameter 'num_outputs'; did you mean 'num_output'"):
        L.Convolution(_spec().data, num_outputs=4).to_proto()
    with pytest.raises(UnknownNameError, match=r"FillerParameter: no parameter 'sdt'; did you mean 'std'"):
        L.Convolution(_spec().data, weight_filler={"sdt": 1}).to_proto()


def test_a_missing_top_has_no_attribute() -> None:
    assert not hasattr(_spec(), "fc8")
    with pytest.raises(KeyError):
        _spec()["fc8"]


def test_a_spec_can_be_copied() -> None:
    assert str(copy.copy(_spec()).to_proto()) == str(_spec().to_proto())


def test_crop_refuses_what_cannot_lie_over_the_other() -> None:
    n = _spec()
    n.up = L.Deconvolution(n.conv, num_output=4, kernel_size=4, stride=2)
    with pytest.raises(AssertionError, match="scale mismatch"):
        crop(n.up, n.data)
    with pytest.raises(AssertionError, match="negative offset"):
        crop(n.conv, n.data)
    n.half = L.Deconvolution(n.conv, num_output=4, kernel_size=4, stride=1)
    with pytest.raises(AssertionError, match="noninteger offset"):
        crop(n.half, n.data)
    n.relu2 = L.ReLU(n.data)
    with pytest.raises(AssertionError, match="nothing to crop"):
        crop(n.relu2, n.data)
    with pytest.raises(RuntimeError, match="no map between these tops"):
        crop(n.up, L.Input(shape={"dim": [1]}))


def test_maps_that_cannot_be_composed() -> None:
    with pytest.raises(AxisMismatchException, match="axis 1, the other at axis 2"):
        compose((1, 1, 0), (2, 1, 0))
    with pytest.raises(UndefinedMapException, match="Flatten"):
        coord_map(L.Flatten(_spec().data).fn)
