"""What Classifier and Detector predict. Runs on either side, first on real pycaffe's; argument: the .npz to write."""

import os
import sys

import caffe
import numpy as np

real = "pycaffe_ext" not in caffe.__name__
if real:
    import skimage.io

    imread = skimage.io.imread
    skimage.io.imread = lambda file, as_grey=False: imread(file, as_gray=as_grey)  # the name it has had since 0.16
    clip = np.clip

NET = "deploy.prototxt"
WEIGHTS = "deploy.caffemodel"
if not os.path.exists(WEIGHTS):
    caffe.set_random_seed(1)
    caffe.Net(NET, caffe.TEST).save(WEIGHTS)

random = np.random.RandomState(0)
images = [random.rand(37, 51, 3).astype(np.float32) for _ in range(3)]
bgr = {"raw_scale": 255, "channel_swap": (2, 1, 0)}
out = {}

for name, options in {
    "plain": {},
    "image_dims": {"image_dims": [32, 33]},
    "no image_dims": {"image_dims": ()},
    "all": {"image_dims": (32, 32), "mean": np.array([104.0, 117, 123]), "input_scale": 0.02, **bgr},
    "mean image": {"mean": random.rand(3, 30, 30)},
}.items():
    classifier = caffe.Classifier(NET, WEIGHTS, **options)
    out[f"ten crops, {name}"] = classifier.predict(images)
    out[f"centre, {name}"] = classifier.predict(images, oversample=False)
    out[f"a gray image among them, {name}"] = classifier.predict([*images, images[0][:, :, :1]])

edges = [[0, 0, 20, 30], [3, 4, 37, 51], [10, 10, 12, 15], [0, 40, 9, 51], [30, 2, 37, 9]]
windows = [np.array(window) for window in edges]
outside = [np.array(window) for window in ([-3, 2, 10, 9], [5, 5, 5, 9], [30, 40, 60, 70])]  # in part, or empty
for name, options in {
    "plain": {},
    "all": {"mean": np.array([10.0, 11, 12]), "input_scale": 0.02, **bgr},
    "context": {"context_pad": 4},
    "context and mean": {"context_pad": 5, "mean": random.rand(3, 24, 24) * 100, "input_scale": 0.02, **bgr},
}.items():
    if name == "context and mean":
        options["channel_swap"] = [2, 1, 0]  # pycaffe asks it for its index()
    detector = caffe.Detector(NET, WEIGHTS, **options)
    if real and detector.context_pad:  # pycaffe slices with floats, which NumPy refuses since 1.12
        np.clip = lambda *box, **options: clip(*box, **options).astype(float if options else int)
    image = caffe.io.load_image("photo.png")
    for index, window in enumerate([*windows, *(outside if detector.context_pad else [])]):
        out[f"crop {index}, {name}"] = detector.crop(image, window)
    found = detector.detect_windows([("photo.png", windows), ("photo.png", windows[:2])])
    assert [(item["filename"], list(item["window"])) for item in found[4:6]] == [
        ("photo.png", [30, 2, 37, 9]),
        ("photo.png", [0, 0, 20, 30]),
    ]
    out[f"windows, {name}"] = np.stack([item["prediction"] for item in found])

np.savez(sys.argv[1], **out)
