"""Takes the golden trajectories: what real Caffe's six solvers make of one tiny net in 25 steps.

    python tests/golden/trajectories.py    writes trajectories.npz; needs `sudo .ci/real-caffe`

Like take.py it runs itself in real Caffe's chroot, so it is plain Python 3.9. `run` is all that is ever done with a
solver, by real Caffe here and by ours in tests/engine/test_solver_grid.py.
"""

import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FILE = HERE / "trajectories.npz"

STEPS = 25
BATCH, ROWS, CLASSES = 4, 40, 3
RESTORED_AT = 10  # after whole epochs, with iter_size 2 too: a solver that is restored reads its data anew

# Two layers that share their weights (and learn twice as fast), one that is frozen, biases without decay.
NET = """
layer { name: "data" type: "HDF5Data" top: "x" top: "label" hdf5_data_param { source: "data.txt" batch_size: %d } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" lr_mult: 2 } param { decay_mult: 0 }
  inner_product_param { num_output: 5 } }
layer { name: "tanh_a" type: "TanH" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 5 } }
layer { name: "frozen" type: "InnerProduct" bottom: "b" top: "frozen" param { lr_mult: 0 } param { lr_mult: 0 }
  inner_product_param { num_output: 4 } }
layer { name: "tanh_b" type: "TanH" bottom: "frozen" top: "frozen" }
layer { name: "c" type: "InnerProduct" bottom: "frozen" top: "c" inner_product_param { num_output: %d } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" }
""" % (BATCH, CLASSES)
FEATURES = 5

SOLVERS = {
    "SGD": "base_lr: 0.1 momentum: 0.9",
    "Nesterov": "base_lr: 0.1 momentum: 0.9",
    "AdaGrad": "base_lr: 0.1",
    "RMSProp": "base_lr: 0.02 rms_decay: 0.9",
    "AdaDelta": "base_lr: 1 momentum: 0.95 delta: 1e-6",
    "Adam": "base_lr: 0.02 momentum: 0.9 momentum2: 0.999",
}
OTHERS = {
    "SGD": "base_lr: 0.5",
    "Nesterov": "base_lr: 0.3 momentum: 0.4",
    "AdaGrad": "base_lr: 0.3 delta: 0.1",
    "RMSProp": "base_lr: 0.05 rms_decay: 0.5 delta: 0.01",
    "AdaDelta": "base_lr: 0.5 momentum: 0.6 delta: 0.001",
    "Adam": "base_lr: 0.05 momentum: 0.7 momentum2: 0.8 delta: 0.1",
}
POLICIES = {
    "fixed": "",
    "step": "gamma: 0.5 stepsize: 7",
    "exp": "gamma: 0.93",
    "inv": "gamma: 0.1 power: 0.75",
    "multistep": "gamma: 0.6 stepvalue: 5 stepvalue: 6 stepvalue: 18",
    "poly": "power: 1.5 max_iter: 30",
    "sigmoid": "gamma: 0.3 stepsize: 12",
}
DECAYS = {kind: 'weight_decay: 0.02 regularization_type: "%s"' % kind for kind in ("L1", "L2")}
VARIANTS = {
    "plain": "",
    "clipped": "clip_gradients: 0.2 " + DECAYS["L2"],
    "iter_size": "iter_size: 2 " + DECAYS["L2"],
    "clipped_iter_size": "iter_size: 2 clip_gradients: 0.3 " + DECAYS["L1"],
}
FORMATS = ("BINARYPROTO", "HDF5")  # of a run that is snapshot and restored


def settings():
    """Every run: its name and the text of its solver. Each solver with each policy, and that with each of the rest."""
    found = {}
    for i, (kind, own) in enumerate(SOLVERS.items()):
        for j, (policy, fields) in enumerate(POLICIES.items()):
            runs = [(name, own, more) for name, more in {**DECAYS, **VARIANTS}.items()]
            runs.append(("other", OTHERS[kind], DECAYS["L2"]))
            form = FORMATS[(i + j) % 2]
            runs.append((form, own, "snapshot_format: %s %s" % (form, VARIANTS["clipped_iter_size"])))
            for name, numbers, more in runs:
                found["-".join((kind, policy, name))] = (kind, numbers, policy, fields + " " + more)
    text = 'net: "net.prototxt" type: "%s" %s lr_policy: "%s" %s solver_mode: CPU snapshot_prefix: "%s"'
    return {name: text % (*fields, name) for name, fields in found.items()}


SETTINGS = settings()
SNAPSHOTS = [name for name in SETTINGS if name.endswith(FORMATS)]


def write_files():
    """The net and its data into the current folder."""
    import h5py

    random = np.random.RandomState(0)
    labels = random.randint(0, CLASSES, ROWS)
    rows = random.normal(0, 1, (ROWS, FEATURES)) + np.eye(CLASSES, FEATURES)[labels]
    with h5py.File("data.h5", "w") as file:
        file["x"], file["label"] = rows.astype(np.float32), labels.astype(np.float32)
    Path("data.txt").write_text("data.h5\n")
    Path("net.prototxt").write_text(NET)


def run(caffe, name, snapshot=False, restore=False):
    """Trains in the current folder; returns the loss of every step, all parameters and all histories in the end.

    snapshot: leaves one when the solver has done RESTORED_AT steps; restore: begins with that one.
    """
    Path("solver.prototxt").write_text(SETTINGS[name])
    solver = caffe.get_solver("solver.prototxt")
    if restore:
        solver.restore(snapshot_names(name)[1])
    else:
        random = np.random.RandomState(1)
        for blobs in solver.net.params.values():
            for blob in blobs:
                blob.data[...] = random.normal(0, 0.5, blob.data.shape)
    losses = []
    while solver.iter < STEPS:
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data))
        if snapshot and solver.iter == RESTORED_AT:
            solver.snapshot()
    params = [blob.data.ravel() for blobs in solver.net.params.values() for blob in blobs]
    return {"losses": np.float32(losses), "params": np.concatenate(params), "history": history(caffe, solver, name)}


def history(caffe, solver, name):
    """The solver's own memory, as its snapshot has it."""
    solver.snapshot()
    state = Path(snapshot_names(name, STEPS)[1])
    if state.suffix == ".h5":
        import h5py

        with h5py.File(str(state), "r") as file:
            blobs = [file["history"][str(i)][()].ravel() for i in range(len(file["history"]))]
    else:
        message = caffe.proto.caffe_pb2.SolverState.FromString(state.read_bytes())
        blobs = [np.array(blob.data, np.float32) for blob in message.history]
    return np.concatenate(blobs)


def snapshot_names(name, iteration=RESTORED_AT):
    """The files of a run's snapshot: weights, state."""
    end = ".h5" if name.endswith("HDF5") else ""
    return ["%s_iter_%d.%s%s" % (name, iteration, kind, end) for kind in ("caffemodel", "solverstate")]


def take(caffe):
    """Runs everything in the current folder and writes trajectories.npz there."""
    write_files()
    arrays = {}
    for name in SETTINGS:
        arrays.update((name + "/" + key, value) for key, value in run(caffe, name, name in SNAPSHOTS).items())
    for name in SNAPSHOTS:
        for file in snapshot_names(name):
            arrays["files/" + file] = np.frombuffer(Path(file).read_bytes(), np.uint8)
    np.savez_compressed(FILE.name, **arrays)


def go_on(caffe):
    """Restores the snapshots that lie in the current folder and writes how they end into restored.npz."""
    arrays = {}
    for name in SNAPSHOTS:
        arrays.update((name + "/" + key, value) for key, value in run(caffe, name, restore=True).items())
    np.savez(str("restored"), **arrays)


def load(path=FILE):
    """The runs of a file, {name: {"losses", "params", "history"}}; and its snapshots, {file name: bytes}."""
    runs, files = {}, {}
    with np.load(str(path)) as file:
        for key in file.files:
            name, part = key.split("/")
            if name == "files":
                files[part] = file[key].tobytes()
            else:
                runs.setdefault(name, {})[part] = file[key]
    return runs, files


def in_real_caffe(real, task):
    """Does `take` or `go_on` in a folder of real Caffe's chroot."""
    real.python(Path(__file__), "--inside", task, env={"OPENBLAS_NUM_THREADS": "1"})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        import caffe

        {"take": take, "go_on": go_on}[sys.argv[2]](caffe)
    else:
        sys.path.insert(0, str(HERE.parent))
        import real_caffe

        with real_caffe.folder() as folder:
            in_real_caffe(folder, "take")
            shutil.copy(str(folder.path / FILE.name), str(FILE))
