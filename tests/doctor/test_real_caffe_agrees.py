"""Real Caffe as the witness of what findings say it does: where it ends, and where it goes on and says nothing."""

from __future__ import annotations

import json

import numpy as np
import real_caffe
from doctor.examine import conv, data, fc, images, layer, loss, maps, report, weights
from real_caffe import needs_real_caffe

from pycaffe_ext.doctor import Severity
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

# Each net in a process of its own, as a failed CHECK ends it. Prints whether it ended so, and what it saw.
DRIVER = """
import json, os, sys
import caffe
def sees(net):
    found = {name: [float(abs(b.data).sum()) for b in blobs] for name, blobs in net.params.items()}
    net.forward()
    return [found, {name: [float(abs(b.data).sum()) for b in blobs] for name, blobs in net.params.items()}]
results = {}
for name in sys.argv[1:]:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        net = caffe.Net(name + '.prototxt', caffe.TRAIN)
        if os.path.exists(name + '.caffemodel'):
            net.copy_from(name + '.caffemodel')
        os.write(writer, json.dumps(sees(net)).encode())
        os._exit(0)
    os.close(writer)
    text = os.fdopen(reader).read()
    results[name] = json.loads(text) if os.waitpid(child, 0)[1] == 0 else None
print(json.dumps(results))
"""
SMALL = [np.arange(72).reshape(8, 9)[:4, :5] % 3] * 4
TURNED = [np.arange(72).reshape(9, 8) % 3] * 4
BN = 'layer {{ name: "bn" type: "BatchNorm" bottom: "data" top: "bn" {} }}\n'
HEAD = fc("fc", "data", 3) + loss("fc")


def segmenter(labels: str) -> str:
    return data("maps_images", "data") + data(labels, "label") + conv("score", "data", 3) + loss("score")


ENDS = {  # name: the check that finds it, and the net
    "twice": ("net-builds", data("db") + fc("fc", "data", 3) + fc("two", "data", 3).replace('top: "two"', 'top: "fc"')),
    "no_bottom": ("net-builds", data("db") + fc("fc", "dat", 3)),
    "kernel": ("net-builds", data("db") + conv("one", "data", 3, kernel=12)),
    "bn": ("batch-norm", data("db") + BN.format("param { lr_mult: 1 }")),
    "mean_both": ("mean", data("db", transform='mean_file: "mean" mean_value: 3') + HEAD),
    "mean_size": ("mean", data("db", transform='mean_file: "mean"') + HEAD),
    "mean_values": ("mean", data("db", transform="mean_value: 3 mean_value: 4") + HEAD),
    "small_maps": ("net-builds", segmenter("small_maps_lmdb")),
    "fork_type": ("forks", data("db") + layer("p", "Permute", "data", "p")),
    "fork_field": ("forks", data("db") + HEAD.replace("num_output", "hole: 2 num_output")),
    "shape": ("weights-match", data("db") + HEAD),
    "bias": ("weights-match", data("db") + HEAD),
}
WEIGHTS = {"shape": [(4, 216), (4,)], "bias": [(3, 216)], "two_layers": [(3, 216), (3,)]}
FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"
SECOND = fc("fc", "data", 3).replace('bottom: "data" top: "fc"', 'bottom: "fc" top: "out"')
GOES_ON = {
    "relu": (
        "activation-before-loss",
        data("db") + fc("fc", "data", 3) + layer("relu", "ReLU", "fc", "fc") + loss("fc"),
    ),
    "turned_maps": ("label-maps", segmenter("turned_maps_lmdb")),
    "drift": (
        "batch-norm",
        data("db") + fc("fc", "data", 3, FROZEN) + BN.format("").replace('"data"', '"fc"') + loss("bn"),
    ),
    "two_layers": ("duplicate-names", data("db") + fc("fc", "data", 3) + SECOND + loss("out")),
}


@needs_real_caffe
def test_real_caffe_does_what_the_findings_say() -> None:
    with real_caffe.folder() as real:
        folder = real.path
        images(folder / "db", [0, 1, 2, 0])
        images(folder / "maps_images", [0] * 4)
        maps(folder / "small_maps_lmdb", SMALL)
        maps(folder / "turned_maps_lmdb", TURNED)
        write_binary(folder / "mean", array_to_blob(np.zeros((1, 3, 9, 8)), legacy=True))
        for name, (check, net) in {**ENDS, **GOES_ON}.items():
            options = {}
            if name in WEIGHTS:
                options["weights"] = weights(folder / f"{name}.caffemodel", fc=WEIGHTS[name])
            found = [one for one in report(folder, net, **options).findings if one.check == check]
            assert found, name
            if name in ENDS:
                assert found[0].severity is Severity.ERROR, name
                assert "Caffe ends with a failed check" in found[0].effect or "Caffe refuses" in found[0].effect, name
            (folder / f"{name}.prototxt").write_text(net)
        saw = json.loads(real.python(DRIVER, *ENDS, *GOES_ON).stdout.splitlines()[-1])
    assert {name for name, result in saw.items() if result is None} == set(ENDS)
    before, after = saw["drift"]
    assert before["bn"][2] == 0 < after["bn"][2]  # statistics move, though everything is frozen
    # pycaffe shows the last layer of that name: its bias is its filler's 0, not the 1 of the weights
    assert saw["two_layers"][0]["fc"][1] == 0
