"""What nets look like once they are built: run with real Caffe (Python 3.9) and with ours by test_caffe_nets.py and
compare_shapes.py.
"""

import json
import os
import re
import signal
import sys
from pathlib import Path


def describe(net):
    """Layers, blobs and parameters with their shapes, inputs and outputs."""
    return {
        "layers": [[net._layer_names[i], layer.type] for i, layer in enumerate(net.layers)],
        "blobs": [[name, list(blob.shape)] for name, blob in net.blobs.items()],
        "params": [[name, [list(blob.shape) for blob in blobs]] for name, blobs in net.params.items()],
        "inputs": list(net.inputs),
        "outputs": list(net.outputs),
        "bottoms": list(net.bottom_names.items()),
        "tops": list(net.top_names.items()),
    }


def ways(path):
    """How a file is built: as a solver, or as a net in each phase."""
    is_solver = re.search(r"^\s*base_lr", Path(path).read_text(errors="replace"), re.MULTILINE)
    return ["solver"] if is_solver else ["TRAIN", "TEST"]


def describe_file(caffe, path, way):
    """A description of each net, of lists and strings alone."""
    if way == "solver":
        solver = caffe.get_solver(str(path))
        nets = [solver.net, *solver.test_nets]
    else:
        nets = [caffe.Net(str(path), getattr(caffe, way))]
    return json.loads(json.dumps([describe(net) for net in nets]))


def describe_in_a_child(caffe, path, way):
    """The same in a process of its own; its last words where it does not get to the end."""
    child = os.fork()
    if not child:
        signal.alarm(120)
        os.dup2(os.open("last words", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        Path("child.json").write_text(json.dumps(describe_file(caffe, path, way)))
        os._exit(0)
    done = os.waitpid(child, 0)[1] == 0
    return json.loads(Path("child.json").read_text()) if done else Path("last words").read_text(errors="replace")


if __name__ == "__main__":  # the files; writes shapes.json
    import caffe

    found = {path: {way: describe_in_a_child(caffe, path, way) for way in ways(path)} for path in sys.argv[1:]}
    Path("shapes.json").write_text(json.dumps(found))
