"""The graphs that pycaffe draws of the .prototxt files here. Runs on either side; argument: the .npz to write."""

import glob
import sys

import caffe
import caffe.draw
import numpy as np
from caffe.proto import caffe_pb2
from google.protobuf import text_format

out = {}
for file in sorted(glob.glob("*.prototxt")):
    with open(file) as text:
        net = text_format.Parse(text.read(), caffe_pb2.NetParameter())
    for rankdir, phase, display_lrm in (("LR", None, False), ("TB", caffe.TRAIN, True), ("BT", caffe.TEST, False)):
        graph = caffe.draw.get_pydot_graph(net, rankdir, phase=phase, display_lrm=display_lrm)
        out[f"{file}.{rankdir}"] = np.array(graph.to_string())
np.savez(sys.argv[1], **out)
