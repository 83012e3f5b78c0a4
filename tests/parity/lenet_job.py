"""Trains LeNet with whichever caffe is given: the same calls for real Caffe (Python 3.9) and for ours."""

import json

TEST_BATCHES = 100


def train(caffe, solver_file, weights, iterations, every):
    """Returns {"loss": [[iteration, loss], ...], "accuracy": [[iteration, accuracy], ...]}."""
    solver = caffe.SGDSolver(solver_file)
    solver.net.copy_from(weights)
    losses, accuracies = [], []
    for iteration in range(iterations):
        if iteration % every == 0:
            accuracies.append([iteration, accuracy(solver)])
        solver.step(1)
        losses.append([iteration, float(solver.net.blobs["loss"].data)])
    accuracies.append([iterations, accuracy(solver)])
    return {"loss": losses, "accuracy": accuracies}


def accuracy(solver):
    net = solver.test_nets[0]
    net.share_with(solver.net)
    total = 0.0
    for _ in range(TEST_BATCHES):
        net.forward()
        total += float(net.blobs["accuracy"].data)
    return total / TEST_BATCHES


if __name__ == "__main__":  # in real Caffe's chroot: solver, weights, iterations, every, output file
    import sys

    import caffe

    curves = train(caffe, sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    with open(sys.argv[5], "w") as file:
        json.dump(curves, file)
