"""Times training steps and forward passes with whichever caffe is given: real Caffe (Python 3.9) or ours."""

import json
import resource
import sys
import time


def measure(caffe, rounds):
    """{"step": seconds, "forward 1": ..., "forward 16": ...} (least of `rounds`), and peak memory in MB."""
    caffe.set_mode_cpu()
    found = {"step": steps(caffe, rounds)}
    for batch in ("1", "16"):
        found["forward " + batch] = least(caffe.Net("deploy_" + batch + ".prototxt", caffe.TEST).forward, rounds)
    found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def steps(caffe, rounds):
    solver = caffe.SGDSolver("solver.prototxt")
    return least(lambda: solver.step(1), rounds)


def least(call, rounds):
    call()  # memory is taken in the first pass
    times = []
    for _ in range(rounds):
        begin = time.time()
        call()
        times.append(time.time() - begin)
    return min(times)


if __name__ == "__main__":
    if sys.argv[1] == "real":
        import caffe
    else:
        import pycaffe_ext as caffe
    print(json.dumps(measure(caffe, int(sys.argv[2]))))
