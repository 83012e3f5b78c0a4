"""Takes what real Caffe's nets and solvers do beyond their layers: the cases of nets.py and solvers.py.

    python tests/golden/semantics/take.py    writes semantics.npz; needs `sudo .ci/real-caffe`

The folder runs in real Caffe's chroot too, so it is plain Python 3.9.
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
    """What was logged from the start to the end of each training, without where, when and how long."""
    told = [line.partition("] ")[2] for line in log.splitlines() if re.match("[IWEF][0-9]{4} ", line)]
    kept, training = [], False
    for line in told:
        training = training or line.startswith("Solving")
        if training:
            kept.append(re.sub(r" \(\S+ iter/s, \S+s/(\d+) iters\)", r" (\1 iters)", line))
        training = training and line != "Optimization Done."
    return kept


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


def all_cases():
    """Every case by name, and the names of those whose log counts."""
    from golden.semantics import nets, solvers, texts  # noqa: F401  (the first two register their cases)

    return texts.CASES, texts.LOGGED


def take(caffe):
    """Runs every case in the current folder and writes semantics.npz there."""
    from golden.semantics import refused

    cases, logged = all_cases()
    vectors, index = {}, {"refused": {name: last_words(caffe, refused.attempt, name) for name in refused.REFUSED}}
    for name, function in cases.items():
        with logging_to("log"):
            found = function(caffe)
        texts = {key: found.pop(key) for key in list(found) if isinstance(found[key], list)}
        arrays = {key: np.asarray(array, np.float32) for key, array in found.items()}
        log = lines(Path("log").read_text()) if name in logged else []
        index[name] = {"arrays": [[key, array.shape] for key, array in arrays.items()], "texts": texts, "log": log}
        vectors[name] = np.concatenate([array.ravel() for array in arrays.values()])
    np.savez_compressed(FILE.name, index=np.array(json.dumps(index)), **vectors)


def last_words(caffe, attempt, name):
    """What real Caffe says at the end of a process that tries; empty where it goes on."""
    child = os.fork()
    if not child:
        with logging_to("last words"):
            attempt(caffe, name)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        return ""
    told = [line for line in Path("last words").read_text().splitlines() if re.match("F[0-9]{4} ", line)]
    return told[0].partition("] ")[2] if told else "an exception"


def load(path=FILE):
    """{case: (arrays by name, texts by name, lines of the log)} and, of what is refused, {name: last words}."""
    loaded = {}
    with np.load(str(path)) as file:
        index = json.loads(str(file["index"]))
        refused = index.pop("refused")
        for name, known in index.items():
            ends = np.cumsum([int(np.prod(shape)) for _, shape in known["arrays"]])
            parts = np.split(file[name], ends[:-1])
            arrays = {key: part.reshape(shape) for (key, shape), part in zip(known["arrays"], parts)}
            loaded[name] = arrays, known["texts"], known["log"]
    return loaded, refused


def in_real_caffe(real):
    """Takes the cases in a folder of real Caffe's chroot; returns the file."""
    shutil.copytree(str(HERE), str(real.path / "golden" / HERE.name))
    code = "import caffe; from golden.semantics import take; take.take(caffe)"
    done = real.python(code, check=False, env={"OPENBLAS_NUM_THREADS": "1", "GLOG_minloglevel": "0"})
    if done.returncode:
        raise AssertionError(done.stderr[-3000:] + (real.path / "log").read_text()[-2000:])
    return real.path / FILE.name


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    import real_caffe

    with real_caffe.folder() as folder:
        shutil.copy(str(in_real_caffe(folder)), str(FILE))
