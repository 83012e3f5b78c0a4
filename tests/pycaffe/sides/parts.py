"""What data layers read where a script says that it is one of several solvers. Argument: the .npz to write."""

import os
import sys

import caffe
import numpy as np

NET = """
layer { name: "d" type: "Data" top: "d" top: "label" data_param { source: "db" batch_size: 3 backend: LMDB } }
layer { name: "h" type: "HDF5Data" top: "x" hdf5_data_param { source: "list.txt" batch_size: 3 } }
"""
with open(sys.argv[1] + ".prototxt", "w") as file:
    file.write(NET)
out = {}
for count, rank in ((1, 0), (2, 0), (2, 1), (5, 4)):
    caffe.set_solver_count(count)
    caffe.set_solver_rank(rank)
    caffe.set_multiprocess(True)
    for phase in (caffe.TRAIN, caffe.TEST):
        net = caffe.Net(sys.argv[1] + ".prototxt", phase)
        for batch in range(5):
            net.forward()
            for name in ("label", "x"):
                out[f"{count} {rank} {phase} {batch} {name}"] = net.blobs[name].data.copy()
np.savez(sys.argv[1], **out)
os._exit(0)  # real Caffe's threads wait for a solver that is not there
