"""One side of the nets bench: runs its task once per line on stdin, and answers with the seconds it took.

    python worker.py real|ours step|forward_1|forward_16 FOLDER CLASSES

Real Caffe's Python runs this very file: Python 3.9, numpy and caffe only.
"""

import json
import os
import sys
import time

import numpy as np

TURN = 0.5  # seconds at least of calls per turn


def serve(prepare):
    """`prepare()` gives the call to measure. Answers {"ready": seconds until the first call was over}, then seconds
    for each line (the least, where several calls fit into a turn), and at the end of stdin {"peak": most memory of
    this process in MB}."""
    print = answers()
    begin = time.perf_counter()
    call = prepare()
    call()  # takes memory, compiles
    print({"ready": time.perf_counter() - begin})
    call()
    for _ in sys.stdin:
        times = []
        while sum(times) < TURN:
            begin = time.perf_counter()
            call()
            times.append(time.perf_counter() - begin)
        print({"seconds": min(times)})
    print({"peak": peak()})


def answers():
    """A function that writes answers; whatever else prints goes to stderr from now on."""
    stdout, sys.stdout = sys.stdout, sys.stderr

    def answer(found):
        stdout.write(json.dumps(found) + "\n")
        stdout.flush()

    return answer


def peak():
    """The most memory that this process has had so far, in MB."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def images(shape):
    """Noise within the range of pixels less their mean."""
    return np.random.RandomState(0).uniform(-128, 128, shape).astype(np.float32)


def labels(shape, classes):
    return np.random.RandomState(1).randint(0, classes, shape)


def prepare(caffe, task, classes):
    """The call to measure, on pycaffe's API."""
    caffe.set_mode_cpu()
    if task == "step":
        return solver_step(caffe, classes)[1]
    net = caffe.Net(task + ".prototxt", caffe.TEST)
    net.blobs["data"].data[...] = images(net.blobs["data"].data.shape)
    return net.forward


def solver_step(caffe, classes):
    """A solver with its inputs filled, and the call that runs a training step."""
    solver = caffe.SGDSolver("solver.prototxt")
    blobs = solver.net.blobs
    blobs["label"].data[...] = labels(blobs["label"].data.shape, classes)
    blobs["data"].data[...] = images(blobs["data"].data.shape)
    return solver, lambda: solver.step(1)


def caffe_of(side):
    """Real Caffe, or ours."""
    if side == "real":
        import caffe
    else:
        import pycaffe_ext as caffe
    return caffe


if __name__ == "__main__":
    side, task, folder, classes = sys.argv[1:]
    os.chdir(folder)
    serve(lambda: prepare(caffe_of(side), task, int(classes)))
