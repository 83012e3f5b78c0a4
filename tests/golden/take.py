"""Takes the golden files: what real Caffe computes for every case in cases/, forward and backward.

    python tests/golden/take.py [TYPE ...]    every type where none is named; needs `sudo .ci/real-caffe`

The script runs itself in real Caffe's chroot, so it is plain Python 3.9. `run_case` is all that is ever done with
a case, by real Caffe here and by ours in tests/engine/test_golden.py: same calls, same inputs. README.md tells
what a case may say and what a file holds.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def cases_of(kind):
    """The cases of one layer type, by name, each with its net written out."""
    spec = importlib.util.spec_from_file_location("cases_" + kind, HERE / "cases" / (kind + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: complete(kind, case) for name, case in module.CASES.items()}


def complete(kind, case):
    """The case with every default in place, and its net as prototxt."""
    bottoms = [b if isinstance(b[0], tuple) else (b, "normal") for b in case.get("bottoms", [])]
    whole = {
        "phase": "TRAIN",
        "params": [],
        "filled": False,
        "backward": True,
        "force_backward": case.get("backward", True) and not case.get("learned"),
        "passes": 1,
        "learned": [],
        "files": {},
        "loss": kind.endswith("Loss"),
        "derivative": True,
        **case,
        "bottoms": ["bottom%d" % i for i in range(len(bottoms))],
        "values": [values for _, values in bottoms],
        "tops": ["top%d" % i for i in range(case.get("tops", 1))],
    }
    if whole.pop("in_place", False):
        whole["tops"][0] = "bottom0"
    whole["net"] = net_text(kind, whole, [shape for shape, _ in bottoms])
    return whole


def net_text(kind, case, shapes):
    """Bottoms as inputs (or, where they are to be learned, as parameters), then the layer under test."""
    text = "force_backward: true\n" if case.pop("force_backward") else ""
    for i, (name, shape) in enumerate(zip(case["bottoms"], shapes)):
        source, param = ("Parameter", "parameter") if i in case["learned"] else ("Input", "input")
        dims = "".join(" dim: %d" % size for size in shape)
        text += 'layer { name: "%s" type: "%s" top: "%s" ' % (name, source, name)
        text += "%s_param { shape {%s } } }\n" % (param, dims)
    joints = "".join('  bottom: "%s"\n' % name for name in case["bottoms"])
    joints += "".join('  top: "%s"\n' % name for name in case["tops"])
    return text + 'layer {\n  name: "layer" type: "%s"\n%s  %s\n}\n' % (kind, joints, case.pop("text", ""))


def write_files(caffe, folder, case, given):
    """Writes the net and the files that it names into `folder`."""
    for name, shape in case["files"].items():
        blob = caffe.proto.caffe_pb2.BlobProto()
        blob.shape.dim.extend(shape)
        blob.data.extend(given(name, tuple(shape)).ravel().tolist())
        (folder / name).write_bytes(blob.SerializeToString())
    (folder / "net.prototxt").write_text(case["net"].replace("FOLDER", str(folder)))


def run_case(caffe, folder, case, given):
    """Runs a case with pycaffe's API, real or ours; returns every array that came out, by name.

    given(name, shape) must return each input: bottom0.., param0.., top0.diff.., and files by their names.
    `folder` is for the net and the files that it names.
    """
    write_files(caffe, folder, case, given)
    net = caffe.Net(str(folder / "net.prototxt"), getattr(caffe, case["phase"]))
    out = {}
    params = net.params.get("layer", [])
    for i, blob in enumerate(params):
        if case["filled"]:
            out["param%d.filled" % i] = blob.data.copy()
        else:
            blob.data[...] = given("param%d" % i, blob.data.shape)
    before = [blob.data.copy() for blob in params]
    for _ in range(case["passes"]):
        for i, name in enumerate(case["bottoms"]):
            blob = net.params[name][0] if i in case["learned"] else net.blobs[name]
            blob.data[...] = given(name, blob.data.shape)
        net.forward()
        out.update(("top%d" % i, net.blobs[name].data.copy()) for i, name in enumerate(case["tops"]))
        if case["backward"]:
            for i, name in enumerate(case["tops"]):
                if not (case["loss"] and i == 0):  # a loss's diff is its weight, set by the net
                    net.blobs[name].diff[...] = given("top%d.diff" % i, net.blobs[name].data.shape)
            net.backward()
    if case["backward"]:
        out.update((name + ".diff", net.blobs[name].diff.copy()) for name in case["bottoms"])
        out.update(("param%d.diff" % i, blob.diff.copy()) for i, blob in enumerate(params))
    for i, blob in enumerate(params):
        if not np.array_equal(blob.data, before[i]):
            out["param%d.after" % i] = blob.data.copy()
    return out


def draw(seed, shape, values):
    """An array of float32 as `values` says; the same seed gives the same array."""
    random = np.random.RandomState(zlib.crc32(seed.encode()))
    rule, *more = [values] if isinstance(values, str) else values
    if not isinstance(rule, str):  # the numbers themselves
        array = np.array(values).reshape(shape)
    elif rule == "normal":
        array = random.normal(0, *(more or [1]), size=shape)
    elif rule == "positive":
        array = random.uniform(0.5, 2, shape)
    elif rule == "unit":
        array = random.uniform(0, 1, shape)
    elif rule == "integers":  # from, to: many equal values, and zeros
        array = random.randint(more[0], more[1] + 1, shape)
    elif rule == "labels":  # number of classes, and a label that every third one has
        array = random.randint(0, more[0], shape)
        if more[1:]:
            array.reshape(-1)[1::3] = more[1]
    elif rule == "probabilities":  # summing to 1 over axis 1
        array = random.uniform(0.1, 1, shape)
        array /= array.sum(1, keepdims=True)
    else:
        raise ValueError("no rule for values: %s" % rule)
    return np.asarray(array, np.float32)


def take_case(caffe, kind, name, case, folder):
    """Every array of a case, by case/in/name and case/out/name, as real Caffe has them."""
    values = dict(zip(case["bottoms"], case.pop("values")))
    values.update(("param%d" % i, rule) for i, rule in enumerate(case.pop("params")))
    arrays = {}

    def given(key, shape):
        seed = "%s/%s/%s" % (kind, name, key)
        return arrays.setdefault(name + "/in/" + key, draw(seed, shape, values.get(key, "normal")))

    out = run_case(caffe, folder, case, given)
    arrays.update((name + "/out/" + key, array) for key, array in out.items())
    return arrays


def take(caffe, kind, folder):
    """Runs every case of a type in real Caffe and writes folder/TYPE.npz."""
    cases, arrays = cases_of(kind), {}
    for name, case in cases.items():
        print(kind, name, flush=True)  # a failed CHECK ends the process: the last line tells which case it was
        arrays.update(take_case(caffe, kind, name, case, folder))
    np.savez_compressed(str(folder / kind), cases=np.array(json.dumps(cases)), **arrays)


def load(path):
    """The cases of a golden file: {name: (case, inputs by name, results by name)}."""
    with np.load(str(path)) as file:
        arrays = {key: file[key] for key in file.files}
    loaded = {name: (case, {}, {}) for name, case in json.loads(str(arrays.pop("cases"))).items()}
    for key, array in arrays.items():
        case, side, name = key.split("/")
        loaded[case][1 if side == "in" else 2][name] = array
    return loaded


def all_types():
    """Every layer type that has cases."""
    return sorted(path.stem for path in (HERE / "cases").glob("*.py"))


def take_all(kinds, folder):
    """Takes these types' files in real Caffe's chroot and puts them into `folder`."""
    import real_caffe

    with real_caffe.folder() as real:
        shutil.copytree(str(HERE / "cases"), str(real.path / "cases"))
        real.python(Path(__file__), "--inside", *kinds, env={"OPENBLAS_NUM_THREADS": "1"})
        for kind in kinds:
            shutil.copy(str(real.path / (kind + ".npz")), str(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        import caffe

        for kind in sys.argv[2:]:
            take(caffe, kind, HERE)
    else:
        sys.path.insert(0, str(HERE.parent))
        take_all(sys.argv[1:] or all_types(), HERE)
