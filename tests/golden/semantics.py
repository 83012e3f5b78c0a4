"""Takes what real Caffe's nets and solvers do beyond their layers: the cases of semantics_cases.py.

    python tests/golden/semantics.py    writes semantics.npz; needs `sudo .ci/real-caffe`

Like take.py it runs itself in real Caffe's chroot, so it is plain Python 3.9.
"""

import contextlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FILE = HERE / "semantics.npz"


def lines(log):
    """What was logged, without where and when; how long it took is left out."""
    told = [line.partition("] ")[2] for line in log.splitlines() if re.match("[IWEF][0-9]{4} ", line)]
    return [re.sub(r" \(\S+ iter/s, \S+s/(\d+) iters\)", r" (\1 iters)", line) for line in told]


@contextlib.contextmanager
def logging_to(path):
    """What the process writes to its standard error goes to a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(path, "w") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def take(caffe, cases, logged):
    """Runs every case in the current folder and writes semantics.npz there."""
    vectors, index = {}, {}
    for name, function in cases.items():
        print(name, flush=True)  # a failed CHECK ends the process: the last line tells which case it was
        with logging_to("log"):
            found = function(caffe)
        texts = {key: found.pop(key) for key in list(found) if isinstance(found[key], list)}
        arrays = {key: np.asarray(array, np.float32) for key, array in found.items()}
        index[name] = {"arrays": [[key, array.shape] for key, array in arrays.items()], "texts": texts}
        if name in logged:
            index[name]["log"] = lines(Path("log").read_text())
        vectors[name] = np.concatenate([array.ravel() for array in arrays.values()])
    np.savez_compressed(FILE.name, index=np.array(json.dumps(index)), **vectors)


def load(path=FILE):
    """{case: (arrays by name, texts by name, lines of the log)} of a file."""
    loaded = {}
    with np.load(str(path)) as file:
        for name, known in json.loads(str(file["index"])).items():
            ends = np.cumsum([int(np.prod(shape)) for _, shape in known["arrays"]])
            parts = np.split(file[name], ends[:-1])
            arrays = {key: part.reshape(shape) for (key, shape), part in zip(known["arrays"], parts)}
            loaded[name] = arrays, known["texts"], known.get("log", [])
    return loaded


def in_real_caffe(real):
    """Takes the cases in a folder of real Caffe's chroot; returns the file."""
    shutil.copy(str(HERE / "semantics_cases.py"), str(real.path))
    done = real.python(Path(__file__), "--inside", check=False, env={"OPENBLAS_NUM_THREADS": "1", "GLOG_minloglevel": "0"})
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr + "".join((real.path / "log").read_text()[-2000:]))
    return real.path / FILE.name


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        import caffe
        from semantics_cases import CASES, LOGGED

        take(caffe, CASES, LOGGED)
    else:
        sys.path.insert(0, str(HERE.parent))
        import real_caffe

        with real_caffe.folder() as folder:
            shutil.copy(str(in_real_caffe(folder)), str(FILE))
