"""What pycaffe's own tests leave out: arrays and Datums, images from files, a net that learns, with today's NumPy."""

import os
import tempfile
import unittest

import caffe
import numpy as np
import skimage.io

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 6 dim: 3 dim: 5 dim: 7 } shape { dim: 6 }
                     data_filler { type: "gaussian" } data_filler { type: "constant" value: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 weight_filler { type: "xavier" } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 30 snapshot_prefix: "toy" random_seed: 3'


class TestToday(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_datum_and_back(self):
        values = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
        back = caffe.io.datum_to_array(caffe.io.array_to_datum(values, 4))
        np.testing.assert_array_equal(back, values)
        back[0, 0, 0] = 9  # it can be written to, as ever

    def test_tostring(self):
        self.assertEqual(np.arange(3, dtype=np.uint8).tostring(), b"\x00\x01\x02")

    def test_text_still_goes_through_fromstring(self):
        np.testing.assert_array_equal(np.fromstring("1 2", sep=" "), [1, 2])

    def test_load_image(self):
        image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
        skimage.io.imsave("image.png", image, check_contrast=False)
        np.testing.assert_allclose(caffe.io.load_image("image.png"), image / 255.0, rtol=1e-6)
        self.assertEqual(caffe.io.load_image("image.png", color=False).shape, (4, 6, 1))

    def test_a_net_learns_and_its_snapshot_loads(self):
        with open("net.prototxt", "w") as net, open("solver.prototxt", "w") as solver:
            net.write(NET)
            solver.write(SOLVER)
        trained = caffe.get_solver("solver.prototxt")
        trained.step(1)
        first = float(trained.net.blobs["loss"].data)
        trained.solve()
        self.assertLess(float(trained.net.blobs["loss"].data), first / 2)
        loaded = caffe.Net("net.prototxt", "toy_iter_30.caffemodel", caffe.TEST)
        np.testing.assert_array_equal(loaded.params["conv"][0].data, trained.net.params["conv"][0].data)


if __name__ == "__main__":
    unittest.main(verbosity=2)
