"""Runs cases in real Caffe (Python 3.9), each in a child of its own, since a failed CHECK ends the process."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
from golden import take

try:
    from . import random_nets, random_solvers
except ImportError:  # in real Caffe's chroot the files lie side by side
    import random_nets
    import random_solvers

NETS = {"net": random_nets.run, "solver": random_solvers.run}


def run(caffe, kind, name, case, folder):
    """Every array of a case. The inputs follow from kind and name alone."""
    if kind in NETS:
        return NETS[kind](caffe, int(name))
    if "reshaped" in case:
        return run_reshaped(caffe, kind, name, case, folder)
    case = dict(case)
    values = {bottom: case["values"][i] for i, bottom in enumerate(case["bottoms"])}
    values.update((f"param{i}", rule) for i, rule in enumerate(case["params"]))
    drawn = {}

    def given(key, shape):
        if key not in drawn:
            drawn[key] = take.draw(f"{kind}/{name}/{key}", shape, values.get(key, "normal"))
        return drawn[key]

    return take.run_case(caffe, folder, case, given)


def run_reshaped(caffe, kind, name, case, folder):
    """The same layer over bottoms of one shape after the other."""
    take.write_files(caffe, folder, case, None)
    net = caffe.Net(str(folder / "net.prototxt"), getattr(caffe, case["phase"]))
    for i, blob in enumerate(net.params.get("layer", [])):
        rule = case["params"][i] if i < len(case["params"]) else "normal"
        blob.data[...] = take.draw(f"{kind}/{name}/param{i}", blob.data.shape, rule)
    out = {}
    for turn, shapes in enumerate(case["reshaped"]):
        for bottom, shape, rule in zip(case["bottoms"], shapes, case["values"]):  # noqa: B905
            net.blobs[bottom].reshape(*shape)
            net.blobs[bottom].data[...] = take.draw(f"{kind}/{name}/{bottom}/{turn}", tuple(shape), rule)
        net.forward()
        out.update((f"{turn} {top}", net.blobs[top].data.copy()) for top in case["tops"])
        if case["backward"]:
            for i, top in enumerate(case["tops"]):
                if not (case["loss"] and i == 0):
                    blob = net.blobs[top]
                    blob.diff[...] = take.draw(f"{kind}/{name}/{top}.diff/{turn}", blob.data.shape, "normal")
            net.backward()
            out.update((f"{turn} {bottom}.diff", net.blobs[bottom].diff.copy()) for bottom in case["bottoms"])
    for i, blob in enumerate(net.params.get("layer", [])):
        out[f"param{i}.diff"] = blob.diff.copy()
    return out


def run_in_a_child(caffe, number, kind, name, case):
    """Writes NUMBER.npz; returns the last words of a child that did not get there."""
    child = os.fork()
    if not child:
        signal.alarm(20)
        os.dup2(os.open("last words", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        np.savez(f"{number}.npz", **run(caffe, kind, name, case, Path()))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        return ""
    lines = Path("last words").read_text(errors="replace").splitlines()
    told = [line for line in lines if line.startswith("F")] or lines[-1:]
    return told[0].partition("] ")[2] or told[0] if told else "a signal"


if __name__ == "__main__":
    import caffe

    cases = json.loads(Path("cases.json").read_text())
    words = [run_in_a_child(caffe, i, *case) for i, case in enumerate(cases)]
    Path("words.json").write_text(json.dumps(words))
    sys.exit(0)
