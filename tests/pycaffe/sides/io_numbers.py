"""What pycaffe's io makes of images, means and messages. Runs on either side; argument: the .npz to write."""

import glob
import sys

import caffe
import numpy as np

if "pycaffe_ext" not in caffe.__name__:
    import skimage.io

    imread = skimage.io.imread
    skimage.io.imread = lambda file, as_grey=False: imread(file, as_gray=as_grey)  # the name it has had since 0.16

out = {}


def keep(name, function, *arguments):
    try:
        out[name] = np.asarray(function(*arguments))
    except Exception as error:
        # pycaffe raises Exception itself where we raise something of our own tree
        out[name] = np.array("ValueError" if isinstance(error, ValueError) else "Exception")


random = np.random.RandomState(0)
images = {
    "float32": random.rand(37, 53, 3).astype(np.float32),
    "float64": random.randn(37, 53, 3),
    "uint8": random.randint(0, 256, (37, 53, 3)).astype(np.uint8),
}
means = {
    "channels": np.array([104.0, 117.0, 123.0]),
    "channels32": np.array([104.0, 117.0, 123.0], np.float32),
    "fitting": random.rand(3, 24, 32) * 100,
    "larger": random.rand(3, 40, 50) * 200,
    "larger32": (random.rand(3, 40, 50) * 200).astype(np.float32),
    "bytes": random.randint(0, 256, (3, 40, 50)).astype(np.uint8),
    "two_channels": np.ones(2),
    "flat": random.rand(24, 32),
    "four_axes": random.rand(1, 3, 24, 32),
}


def transformer(mean, swap, raw_scale, input_scale):
    made = caffe.io.Transformer({"data": (10, 3, 24, 32)})
    made.set_transpose("data", (2, 0, 1))
    made.set_mean("data", mean)
    if swap:
        made.set_channel_swap("data", swap)
    if raw_scale:
        made.set_raw_scale("data", raw_scale)
    if input_scale:
        made.set_input_scale("data", input_scale)
    return made


def there(image, *options):
    return transformer(*options).preprocess("data", image.copy())


def back(image, *options):
    return transformer(*options).deprocess("data", there(image, *options)[None])


for mean_name, mean in means.items():
    for options in ((None, None, None), ((2, 1, 0), 255, 0.017), ([1, 2, 0], 255.0, None)):
        for image_name, image in images.items():
            keep(f"preprocess {mean_name} {options} {image_name}", there, image, mean, *options)
            keep(f"deprocess {mean_name} {options} {image_name}", back, image, mean, *options)

plain = caffe.io.Transformer({"data": (1, 1, 24, 32)})
keep("unknown input", plain.set_raw_scale, "label", 2)
keep("short transpose", plain.set_transpose, "data", (0, 1))
keep("long swap", plain.set_channel_swap, "data", (1, 0))
plain.set_transpose("data", (2, 0, 1))
plain.set_mean("data", random.rand(24, 32))
keep("one channel", plain.preprocess, "data", images["float32"][:, :, :1].copy())
keep("one channel back", plain.deprocess, "data", out["one channel"])

# odd sizes: no place lies in the middle between two pixels, where "nearest" is decided by rounding noise
shapes = [((21, 31), (33, 47)), ((21, 31), (7, 11)), ((21, 31), (7, 50)), ((31, 17), (64, 64)), ((61, 41), (16, 15))]
for kind in ("float32", "float64", "uint8"):
    for (height, width), size in shapes:
        for channels in (1, 2, 3, 4):
            image = (random.rand(height, width, channels) * 255 + 7).astype(kind)
            for order in range(6):
                case = f"resize{order} {kind} {height}x{width}x{channels} {size}"
                keep(case, caffe.io.resize_image, image, size, order)
keep("resize a constant", caffe.io.resize_image, np.full((4, 5, 3), 7.5), (8, 9))

for crop in ((20, 30), (21, 33), (37, 53), np.array([36, 52])):
    keep(f"oversample {crop}", caffe.io.oversample, [images["float32"], images["float64"]], crop)

for name in sorted(glob.glob("*.png") + glob.glob("*.jpg") + glob.glob("*.bmp") + glob.glob("*.tif")):
    keep(f"load {name}", caffe.io.load_image, name)
    if name != "rgba.png":  # scikit-image 0.18 blends onto white, that of pycaffe's time dropped the alpha channel
        keep(f"load {name} gray", caffe.io.load_image, name, False)


def message(content):
    return np.frombuffer(content, np.uint8)


planes = images["uint8"].transpose(2, 0, 1)
datum = caffe.io.array_to_datum(planes, 3)
keep("datum", message, datum.SerializeToString())
keep("datum back", caffe.io.datum_to_array, datum)
datum = caffe.io.array_to_datum(images["float64"])
keep("float datum", message, datum.SerializeToString())
keep("float datum back", caffe.io.datum_to_array, datum)
keep("flat datum", caffe.io.array_to_datum, planes[0])
blob = caffe.io.array_to_blobproto(images["float64"], images["float32"])
keep("blob", message, blob.SerializeToString())
keep("blob back", caffe.io.blobproto_to_array, blob)
keep("blob diff", caffe.io.blobproto_to_array, blob, True)
blob.ClearField("shape")
keep("blob without shape", caffe.io.blobproto_to_array, blob)
blob.num, blob.channels, blob.height, blob.width = 1, 37, 53, 3
keep("legacy blob", caffe.io.blobproto_to_array, blob)
vector = caffe.io.arraylist_to_blobprotovector_str([images["float32"], planes[0], np.arange(5)])
keep("vector", message, vector)
for index, array in enumerate(caffe.io.blobprotovector_str_to_arraylist(vector)):
    keep(f"vector back {index}", np.asarray, array)

np.savez(sys.argv[1], **out)
