from __future__ import annotations

import itertools
import json
import random

import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.errors import NetError
from pycaffe_ext.model.phases import filter_net
from pycaffe_ext.proto.caffe_pb2 import TEST, TRAIN, NetParameter, NetState
from pycaffe_ext.proto.files import parse_text

TRAIN_0, TEST_0 = NetState(phase=TRAIN), NetState(phase=TEST)
AT_3 = NetState(phase=TRAIN, level=3)
STAGED = NetState(phase=TEST, stage=["fine", "deploy"])

RULES = [  # rules of a layer, a state, whether the layer is in
    ("", TRAIN_0, True),
    ("include { phase: TRAIN }", TRAIN_0, True),
    ("include { phase: TRAIN }", TEST_0, False),
    ("exclude { phase: TRAIN }", TRAIN_0, False),
    ("exclude { phase: TRAIN }", TEST_0, True),
    ("include { }", TEST_0, True),
    ("exclude { }", TEST_0, False),
    ("include { min_level: 3 }", AT_3, True),
    ("include { min_level: 4 }", AT_3, False),
    ("include { max_level: 3 }", AT_3, True),
    ("include { max_level: 2 }", AT_3, False),
    ("include { min_level: -1 max_level: 0 }", TRAIN_0, True),
    ("include { stage: 'fine' }", STAGED, True),
    ("include { stage: 'fine' stage: 'deploy' }", STAGED, True),
    ("include { stage: 'fine' stage: 'coarse' }", STAGED, False),
    ("include { stage: 'fine' }", TEST_0, False),
    ("exclude { stage: 'deploy' }", STAGED, False),
    ("include { not_stage: 'deploy' }", STAGED, False),
    ("include { not_stage: 'coarse' }", STAGED, True),
    ("include { phase: TEST not_stage: 'coarse' stage: 'fine' max_level: 0 }", STAGED, True),
    ("include { phase: TRAIN } include { stage: 'deploy' }", STAGED, True),
    ("exclude { phase: TRAIN } exclude { stage: 'deploy' }", STAGED, False),
    ("exclude { phase: TRAIN stage: 'deploy' }", STAGED, True),
]


@pytest.mark.parametrize(("rules", "state", "is_in"), RULES)
def test_rules(rules: str, state: NetState, is_in: bool) -> None:
    net = parse_text(f"name: 'n' layer {{ name: 'a' {rules} }} layer {{ name: 'b' }}", NetParameter())
    assert [layer.name for layer in filter_net(net, state).layer] == (["a", "b"] if is_in else ["b"])


def test_the_rest_of_the_net_stays_and_the_input_too() -> None:
    net = parse_text(
        "name: 'n' force_backward: true state { level: 9 } layer { name: 'a' exclude { } } layer { name: 'b' }",
        NetParameter(),
    )
    filtered = filter_net(net, STAGED)
    expected = NetParameter(name="n", force_backward=True, state=STAGED)
    expected.layer.add(name="b")
    assert filtered == expected
    assert len(net.layer) == 2
    assert net.state.level == 9


BOTH = "layer { name: 'top' type: 'DummyData' top: 'top' include { phase: TEST } exclude { stage: 'x' } }"


def test_include_and_exclude_in_one_layer_is_refused() -> None:
    with pytest.raises(NetError, match=r"layer 'top': has both include and exclude rules"):
        filter_net(parse_text(BOTH, NetParameter()), TEST_0)


def random_net(seed: int, layers: int) -> str:
    """Layers without bottoms, each with up to three random rules of one kind."""
    pick = random.Random(seed)
    conditions = ["phase: TRAIN", "phase: TEST", "min_level: 1", "max_level: 1", "min_level: -2", "stage: 'a'"]
    conditions += ["stage: 'b'", "not_stage: 'a'", "not_stage: 'c'"]
    text = ""
    for i in range(layers):
        kind = pick.choice(["include", "exclude"])
        rules = [" ".join(pick.sample(conditions, pick.randrange(4))) for _ in range(pick.randrange(4))]
        rules = [rule for rule in rules if rule.count("phase:") < 2 and rule.count("min_level") < 2]
        text += f"layer {{ name: 'l{i}' type: 'DummyData' top: 't{i}' dummy_data_param {{ shape {{ dim: 1 }} }} "
        text += " ".join(f"{kind} {{ {rule} }}" for rule in rules) + " }\n"
    return text


STATES = [*itertools.product([TRAIN, TEST], [-3, 0, 1, 2], [[], ["a"], ["b", "c"], ["a", "b", "c"]])]


@needs_real_caffe
def test_random_rules_as_in_real_caffe() -> None:
    text = random_net(seed=11, layers=150)
    net = parse_text(text, NetParameter())
    with real_caffe.folder() as real:
        (real.path / "net.prototxt").write_text(text)
        (real.path / "both.prototxt").write_text(BOTH)
        code = (
            f"import caffe, json; print(json.dumps([list(caffe.Net('net.prototxt', p, level=l, stages=s)._layer_names)\
            for p, l, s in {STATES}]))"
        )
        loaded = json.loads(real.python(code).stdout)
        assert real.python("import caffe; caffe.Net('both.prototxt', caffe.TEST)", check=False).returncode != 0
    for (phase, level, stages), expected in zip(STATES, loaded, strict=True):
        state = NetState(phase=phase, level=level, stage=stages)
        assert [layer.name for layer in filter_net(net, state).layer] == expected
