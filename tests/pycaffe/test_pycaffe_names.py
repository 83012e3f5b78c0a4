"""pycaffe's names, at pycaffe's places, loaded when they are first used."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time

import pytest
import real_caffe
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe

PLACES = ("", ".pycaffe", ".io", ".net_spec", ".draw", ".coord_map", ".classifier", ".detector", ".proto.caffe_pb2")

# What pycaffe's modules only happen to show: what they import themselves.
PASSING = {"np", "os", "sys", "six", "skimage", "zoom", "resize", "caffe", "pydot", "protobuf", "division", "L"}
PASSING |= {"izip_longest", "OrderedDict", "Counter"}

# Parts of draw that only its own functions call.
INNER = {"get_pooling_types_dict", "get_edge_label", "get_layer_lr_mult", "get_layer_label"}
INNER |= {"choose_color_by_layertype", "LAYER_STYLE_DEFAULT", "NEURON_LAYER_STYLE", "BLOB_STYLE"}

LIST = """
import importlib, json, types
names = {}
for place in %r:
    module = importlib.import_module("caffe" + place)
    names[place] = [name for name in dir(module) if not name.startswith("_") and
                    (not place or not isinstance(getattr(module, name), types.ModuleType))]
print(json.dumps(names))
"""


@needs_real_caffe
def test_every_public_name_of_pycaffe_is_there() -> None:
    with real_caffe.folder() as real:
        names = json.loads(real.python(LIST % (PLACES,)).stdout.splitlines()[-1])
    for place in PLACES:
        module = importlib.import_module("pycaffe_ext" + place)
        missing = {name for name in names[place] if not hasattr(module, name)} - PASSING - INNER
        assert not missing, place
    assert set(caffe.layer_type_list()) >= {"Convolution", "Data", "Python"}


def test_specs_and_messages_need_no_torch() -> None:
    code = (
        "import sys, pycaffe_ext as caffe\n"
        "caffe.NetSpec, caffe.layers.ReLU, caffe.params, caffe.to_proto, caffe.proto.caffe_pb2.Datum, caffe.TRAIN\n"
        "caffe.io.Transformer, caffe.draw.draw_net, caffe.coord_map.crop\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match="module 'pycaffe_ext' has no attribute 'LMDB'"):
        _ = caffe.LMDB


def test_one_process_trains() -> None:
    assert (caffe.solver_count(), caffe.solver_rank(), caffe.has_nccl()) == (1, 0, False)
    caffe.set_solver_count(2)
    caffe.set_solver_rank(1)
    caffe.set_multiprocess(True)
    assert (caffe.solver_count(), caffe.solver_rank()) == (2, 1)
    caffe.set_solver_count(1)
    caffe.set_solver_rank(0)
    caffe.set_multiprocess(False)


def test_a_timer_measures_from_start_to_stop() -> None:
    timer = caffe.Timer()
    assert timer.ms == 0
    timer.start()
    time.sleep(0.02)
    timer.stop()
    measured = timer.ms
    time.sleep(0.02)
    assert 20 <= timer.ms == measured < 1000


def test_log_lines_are_glogs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLOG_minloglevel", raising=False)
    caffe.log("halfway")
    assert capsys.readouterr().err.endswith("_caffe.cpp:55] halfway\n")
    monkeypatch.setenv("GLOG_minloglevel", "1")
    caffe.log("not shown")
    assert capsys.readouterr().err == ""
