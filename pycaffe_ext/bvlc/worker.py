"""Drives real Caffe's pycaffe: requests and answers are lines of JSON on standard input and output.

This file is handed as text to an interpreter that has pycaffe and may have nothing else of ours, so it stands
alone, for Python 3.6 and later. A request is {"do": NAME, ...}, its answer {"answer": ...} or {"error": "..."}.
A failed CHECK aborts the process; Caffe's message is then the last thing on standard error. Arrays travel in
.npz files in a folder that both sides see.
"""

import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what layers print does not come between the answers

import numpy as np  # noqa: E402

import caffe  # noqa: E402

solver = None
nets = {}


def has_gpu(number):
    """Whether this Caffe can use a GPU. It aborts where it cannot, so a child is sent ahead."""
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)
        caffe.set_device(number)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def use(gpu):
    """Takes a GPU, or the CPU where the number is None."""
    if gpu is None:
        caffe.set_mode_cpu()
    else:
        caffe.set_device(gpu)
        caffe.set_mode_gpu()


def describe(net):
    layers = [
        {
            "name": name,
            "type": layer.type,
            "tops": [list(net._blobs[top].shape) for top in net._top_ids(index)],
            "params": [list(blob.shape) for blob in layer.blobs],
        }
        for index, (name, layer) in enumerate(zip(net._layer_names, net.layers))
    ]
    return {"layers": layers, "outputs": [[name, weight_of(net, name)] for name in net.outputs]}


def weight_of(net, blob):
    return float(net._blob_loss_weights[list(net._blob_names).index(blob)])


def output_blobs(net):
    """Name, loss weight and numbers of each output blob."""
    return [
        [name, weight_of(net, name), np.asarray(net.blobs[name].data, float).ravel().tolist()] for name in net.outputs
    ]


def run_forward(net):
    return float(net._forward(0, len(net.layers) - 1))


def load_solver(file, weights, snapshot, gpu):
    """Builds the solver of a prototxt file."""
    global solver
    use(gpu)
    solver = caffe.get_solver(file)
    for name in weights:
        for net in [solver.net] + list(solver.test_nets):
            net.copy_from(name)
    if snapshot:
        solver.restore(snapshot)
    return {"iter": solver.iter, "net": describe(solver.net), "tests": [describe(net) for net in solver.test_nets]}


def clear_diffs():
    solver.net.clear_param_diffs()


def forward_backward(outputs):
    """One pass; the output blobs where they are asked for."""
    net = solver.net
    loss = run_forward(net)
    net._backward(len(net.layers) - 1, 0)
    return {"loss": loss, "outputs": output_blobs(net) if outputs else []}


def apply_update(filters=None):
    """One update. `filters`: the largest root mean square that a filter may have, by the layer's name."""
    solver.apply_update()
    for name, limit in (filters or {}).items():
        weights = solver.net.params[name][0].data
        flat = weights.reshape(len(weights), -1)
        rms = np.sqrt(np.mean(np.square(flat, dtype=float), axis=1))
        over = rms > limit
        flat[over] *= (limit / rms[over]).astype(np.float32)[:, None]
    return solver.iter


def forward():
    return run_forward(solver.net)


def share(test):
    """Makes a test net look at the parameters that are trained."""
    solver.test_nets[test].share_with(solver.net)


def test_batch(test):
    net = solver.test_nets[test]
    return {"loss": run_forward(net), "outputs": output_blobs(net)}


def snapshot():
    solver.snapshot()


def save_params(file):
    """The parameters of the training net by `param/LAYER/INDEX`."""
    named = zip(solver.net._layer_names, solver.net.layers)
    np.savez(file, **{"param/%s/%d" % (n, i): blob.data for n, layer in named for i, blob in enumerate(layer.blobs)})


def mark(text):
    """A line of its own in the log."""
    os.write(2, ("\n%s\n" % text).encode())


def load_net(file, phase, weights, gpu):
    """Builds a net: phase "TRAIN" or "TEST", with the caffemodels' weights."""
    use(gpu)
    net = nets["net"] = caffe.Net(file, getattr(caffe, phase))
    for name in weights:
        net.copy_from(name)
    return describe(net)


def put(kind, inputs):
    """The arrays `KIND/BLOB` of an .npz into the net's blobs: their "data", which gives them its shape, or "diff"."""
    with np.load(inputs) as file:
        for key in file.files:
            if key.startswith(kind + "/"):
                array, blob = file[key], nets["net"].blobs[key[len(kind) + 1 :]]
                if kind == "data":
                    blob.reshape(*array.shape)
                getattr(blob, kind)[...] = array


def run_net(inputs, seed, backward, into):
    """Runs the net on an .npz of `data/BLOB` and `diff/BLOB`; writes another of what each layer leaves in its tops.

    Keys there: `top/NUMBER/BLOB`, and after the pass backward `diff/BLOB`, `param diff/LAYER/INDEX`.
    """
    net = nets["net"]
    put("data", inputs)
    net.reshape()
    caffe.set_random_seed(seed)
    found = {}
    for index in range(len(net.layers)):
        net._forward(index, index)
        for top in net._top_ids(index):
            found["top/%d/%s" % (index, net._blob_names[top])] = net._blobs[top].data.copy()
    if backward:
        net.clear_param_diffs()
        put("diff", inputs)
        net._backward(len(net.layers) - 1, 0)
        found.update(("diff/" + name, blob.diff) for name, blob in net.blobs.items())
        for name, layer in zip(net._layer_names, net.layers):
            found.update(("param diff/%s/%d" % (name, i), blob.diff) for i, blob in enumerate(layer.blobs))
    np.savez(into, **found)


def copy_weights(file):
    """Takes a caffemodel's weights into the net."""
    nets["net"].copy_from(file)


def run_layers(inputs, first, last):
    """Runs layers first..last forward on an .npz of `data/BLOB`; read_blobs gives what they made."""
    put("data", inputs)
    nets["net"]._forward(first, last)


def read_blobs(names, into):
    """Writes an .npz of `data/BLOB`."""
    np.savez(into, **{"data/" + name: nets["net"].blobs[name].data for name in names})


def run_back(inputs, first, last, wanted, into):
    """Runs layers last..first backward; an .npz of `diff/BLOB` has the diffs of their tops, which are 0 without.

    Writes another, of the blobs `wanted`.
    """
    net = nets["net"]
    for index in range(first, last + 1):
        for top in net._top_ids(index):
            net._blobs[top].diff[...] = 0
    put("diff", inputs)
    net._backward(last, first)
    np.savez(into, **{"diff/" + name: net.blobs[name].diff for name in wanted})


does = [apply_update, clear_diffs, copy_weights, forward, forward_backward, has_gpu, load_net, load_solver, mark]
does += [read_blobs, run_back, run_layers, run_net, save_params, share, snapshot, test_batch]


def main():
    by_name = {function.__name__: function for function in does}
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        try:
            answer = {"answer": by_name[request.pop("do")](**request)}
        except Exception as error:  # whatever pycaffe raises becomes the other side's error
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
