"""Run with real Caffe and with ours by test_data_layers.py: what data layers give, pass after pass.

Plain Python that 3.9 can read; `caffe` must be importable to take the cases. The current folder holds the files.
"""

import gc
import os

import numpy as np

SEED = 1701


def layer(kind, tops, *fields):
    """A net of one layer."""
    tops = " ".join(f'top: "{top}"' for top in tops)
    return f'layer {{ name: "data" type: "{kind}" {tops} {" ".join(fields)} }}'


def images(transform="", list_file="list.txt", **fields):
    return layer(
        "ImageData",
        ("data", "label"),
        f"transform_param {{ {transform} }}",
        f'image_data_param {{ source: "{list_file}" root_folder: "images/" {as_text(fields)} }}',
    )


def windows(transform="", **fields):
    return layer(
        "WindowData",
        ("data", "label"),
        f"transform_param {{ crop_size: 21 {transform} }}",
        f'window_data_param {{ source: "windows.txt" root_folder: "images/" batch_size: 9 {as_text(fields)} }}',
    )


def hdf5(batch_size, tops=("data", "more", "label")):
    return layer("HDF5Data", tops, f'hdf5_data_param {{ source: "hdf5.txt" batch_size: {batch_size} }}')


def as_text(fields):
    return " ".join(f"{field}: {value}" for field, value in fields.items())


def dummy(fillers):
    fillers = " ".join(f"data_filler {{ {filler} }}" for filler in fillers)
    shapes = "shape { dim: 3 dim: 2 } shape { dim: 3 } shape { dim: 2 }"
    return layer("DummyData", ("a", "b", "c"), f"dummy_data_param {{ {shapes} {fillers} }}")


MEMORY = layer("MemoryData", ("data", "label"), "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }")
OUTPUT = """
layer { name: "in" type: "Input" top: "data" top: "label"
        input_param { shape { dim: 4 dim: 3 dim: 5 } shape { dim: 4 } } }
layer { name: "out" type: "HDF5Output" bottom: "data" bottom: "label" hdf5_output_param { file_name: "out.h5" } }
"""
MEAN = 'mean_file: "mean.binaryproto"'
LARGER = {"new_height": 30, "new_width": 26}

# Name: net and phase.
CASES = {
    "images": (images(batch_size=3, **LARGER), "TEST"),
    "images of any size": (images(is_color="false"), "TRAIN"),
    "images cropped": (images("crop_size: 12 scale: 0.017 mean_value: 7.5", batch_size=4, **LARGER), "TEST"),
    "images less a mean": (images("crop_size: 20 mirror: true " + MEAN, batch_size=4, **LARGER), "TRAIN"),
    "images shuffled": (images(batch_size=3, shuffle="true", is_color="false", **LARGER), "TEST"),
    "images skipped": (images(batch_size=3, rand_skip=5, **LARGER), "TEST"),
    "images with everything": (
        images(
            "crop_size: 9 mirror: true mean_value: 1.5 mean_value: 2 mean_value: 99 scale: 3",
            batch_size=5,
            shuffle="true",
            rand_skip=4,
            **LARGER,
        ),
        "TRAIN",
    ),
    "images of an old net": (
        'layers { name: "data" type: IMAGE_DATA top: "data" top: "label" image_data_param { source: "list.txt" '
        'root_folder: "images/" batch_size: 2 new_height: 30 new_width: 26 crop_size: 8 mirror: true scale: 0.5 '
        'mean_file: "mean.binaryproto" } }',
        "TRAIN",
    ),
    "list of Windows with spaces": (images(list_file="odd.txt", batch_size=2, **LARGER), "TEST"),
    "windows": (windows(), "TEST"),
    "windows mirrored": (windows("mirror: true mean_value: 104.5 scale: 5", scale=0.1), "TRAIN"),
    "windows in context": (windows("mirror: true mean_value: 1 mean_value: 2 mean_value: 3", context_pad=4), "TEST"),
    "windows in squares": (windows(crop_mode='"square"', fg_fraction=0.5, cache_images="true"), "TRAIN"),
    "windows less a mean": (windows("mirror: true " + MEAN, context_pad=7, crop_mode='"square"'), "TRAIN"),
    "foreground windows": (windows(fg_fraction=1, fg_threshold=0.7, context_pad=1), "TEST"),
    "background windows": (windows(fg_fraction=0, bg_threshold=0.2, context_pad=10), "TEST"),
    "windows of an old net": (
        'layers { name: "data" type: WINDOW_DATA top: "data" top: "label" window_data_param { source: "windows.txt" '
        'root_folder: "images/" batch_size: 5 crop_size: 13 mirror: true scale: 0.5 crop_mode: "warp" } }',
        "TRAIN",
    ),
    "rows": (hdf5(4), "TEST"),
    "more rows than there are": (hdf5(23, ("label", "more")), "TRAIN"),
    "one row": (hdf5(1, ("data",)), "TRAIN"),
    "arrays": (MEMORY, "TRAIN"),
    "output": (OUTPUT, "TEST"),
    "constants": (dummy(['type: "constant" value: 2.5', "value: -1", 'type: "constant"']), "TRAIN"),
    "constants for all": (dummy(["value: 4"]), "TRAIN"),
}
PASSES = {"output": 1}


def take(caffe, name):
    """Every blob of the case's net, before and after each pass, and what it wrote."""
    text, phase = CASES[name]
    with open("net.prototxt", "w") as file:
        file.write(text)
    caffe.set_random_seed(SEED)
    found = {}
    run(caffe.Net("net.prototxt", getattr(caffe, phase)), name, found)
    gc.collect()
    if name == "output":  # Caffe writes it when the net ends
        import h5py

        with h5py.File("out.h5", "r") as file:
            found.update((key, file[key][()]) for key in file)
        os.remove("out.h5")
    return found


def run(net, name, found):
    def look(moment):
        found.update((f"{moment} {blob}", net.blobs[blob].data.copy()) for blob in net.blobs)

    look("before")
    if name == "arrays":
        data = np.arange(6 * 60, dtype=np.float32).reshape(6, 3, 4, 5)
        net.set_input_arrays(data, np.arange(6, dtype=np.float32))
    if name == "output":
        for blob in net.blobs.values():
            blob.data.flat[:] = np.arange(blob.count) / 8
    for i in range(PASSES.get(name, 8)):
        net.forward()
        look(i)
        if name == "arrays" and i == 3:
            data[...] *= -1  # they are not copied
    if name.startswith("constants"):
        for blob, shape in (("a", (2, 3)), ("b", (9,)), ("c", (2,))):
            net.blobs[blob].reshape(*shape)
        net.blobs["c"].data[...] = 17
        net.reshape()
        look("reshaped")
        net.forward()
        look("at last")


if __name__ == "__main__":
    import caffe

    for name in CASES:
        np.savez(name, **take(caffe, name))
