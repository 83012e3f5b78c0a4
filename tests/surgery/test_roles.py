from __future__ import annotations

import pytest
from google.protobuf import text_format

from pycaffe_ext.model.rules import known_types, rule_for
from pycaffe_ext.model.view import LayerView, NetView
from pycaffe_ext.proto.caffe_pb2 import LayerParameter
from pycaffe_ext.surgery.roles import BIAS, STATISTIC, WEIGHT, roles_of
from pycaffe_ext.text import Document

# what a layer says beside name and type, and the shapes of its bottoms
LAYERS = [
    ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }", [(2, 3, 5, 7)]),
    ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 bias_term: false }", [(2, 3, 5, 7)]),
    ("Deconvolution", "convolution_param { num_output: 4 kernel_size: 3 }", [(2, 3, 5, 7)]),
    ("InnerProduct", "inner_product_param { num_output: 4 }", [(2, 3)]),
    ("InnerProduct", "inner_product_param { num_output: 4 bias_term: false }", [(2, 3)]),
    ("Embed", "embed_param { num_output: 4 input_dim: 9 }", [(2, 3)]),
    ("Embed", "embed_param { num_output: 4 input_dim: 9 bias_term: false }", [(2, 3)]),
    ("BatchNorm", "", [(2, 3, 5, 7)]),
    ("Scale", "", [(2, 3, 5, 7)]),
    ("Scale", "scale_param { bias_term: true }", [(2, 3, 5, 7)]),
    ("Scale", "", [(2, 3, 5, 7), (3,)]),
    ("Scale", "scale_param { bias_term: true }", [(2, 3, 5, 7), (3,)]),
    ("Bias", "", [(2, 3, 5, 7)]),
    ("Bias", "", [(2, 3, 5, 7), (3,)]),
    ("PReLU", "", [(2, 3, 5, 7)]),
    ("Parameter", "parameter_param { shape { dim: 2 } }", []),
    ("LSTM", "recurrent_param { num_output: 4 }", [(6, 2, 3), (6, 2)]),
    ("LSTM", "recurrent_param { num_output: 4 }", [(6, 2, 3), (6, 2), (2, 5)]),
    ("LSTM", "recurrent_param { num_output: 4 expose_hidden: true }", [(6, 2, 3), (6, 2), (1, 2, 4), (1, 2, 4)]),
    ("RNN", "recurrent_param { num_output: 4 }", [(6, 2, 3), (6, 2)]),
    ("RNN", "recurrent_param { num_output: 4 }", [(6, 2, 3), (6, 2), (2, 5)]),
    ("RNN", "recurrent_param { num_output: 4 expose_hidden: true }", [(6, 2, 3), (6, 2), (1, 2, 4)]),
]


def view(text: str) -> LayerView:
    return NetView(Document(text)).layers[0]


@pytest.mark.parametrize(("kind", "settings", "shapes"), LAYERS)
def test_roles_are_those_of_the_rules(kind: str, settings: str, shapes: list[tuple[int, ...]]) -> None:
    inside = f'name: "a" type: "{kind}" top: "a" {settings} ' + 'bottom: "x" ' * len(shapes)
    layer = text_format.Parse(inside, LayerParameter())
    params = [param.name for param in rule_for(kind).params(layer, shapes)]
    roles = roles_of(view(f"layer {{ {inside} }}"))
    assert roles is not None and len(roles) == len(params)
    for role, name in zip(roles, params, strict=True):
        assert (role == BIAS) == name.startswith("b"), (role, name)
        assert (role == STATISTIC) == (not rule_for(kind).can_learn)


def test_every_type_that_has_parameters_is_tried() -> None:
    tried = {kind for kind, _, _ in LAYERS} | {"Python"}
    without = [kind for kind in known_types() if kind not in tried]
    assert [kind for kind in without if roles_of(view(f'layer {{ name: "a" type: "{kind}" }}')) != ()] == []


@pytest.mark.parametrize(
    ("layer", "roles"),
    [
        ('type: "Fork"', None),
        ('type: "Python"', None),
        ('type: "Fork" param { } param { } param { }', (WEIGHT, BIAS, WEIGHT)),
        ('type: "DepthwiseConvolution" convolution_param { }', (WEIGHT, BIAS)),
        ('type: "DepthwiseConvolution" convolution_param { bias_term: false }', (WEIGHT,)),
        ('type: "Im2col" convolution_param { }', ()),
        ('type: "Pooling" param { }', ()),
        ('type: "BN" param { } param { } param { } param { }', (WEIGHT, BIAS, STATISTIC, STATISTIC)),
        ('type: "BN"', (WEIGHT, BIAS)),
        ('type: "BatchNorm" batch_norm_param { scale_bias: true }', (STATISTIC,) * 3 + (WEIGHT, BIAS)),
    ],
)
def test_types_of_forks(layer: str, roles: tuple[str, ...] | None) -> None:
    assert roles_of(view(f'layer {{ name: "a" {layer} }}')) == roles


def test_v1_and_v0() -> None:
    assert roles_of(view("layers { type: CONVOLUTION convolution_param { bias_term: false } }")) == (WEIGHT,)
    assert roles_of(view("layers { type: CONVOLUTION3D convolution_param { } }")) == (WEIGHT, BIAS)
    assert roles_of(view('layers { layer { type: "conv" biasterm: false } }')) == (WEIGHT,)
    assert roles_of(view("layers { type: POOLING }")) == ()
