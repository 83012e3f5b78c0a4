"""Small sets of every kind of source, drawn for tests, each with the truth that it holds."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def noise(seed: int, *shape: int, most: int = 256) -> Pixels:
    """Values drawn evenly."""
    return np.random.default_rng(seed).integers(0, most, shape).astype(np.uint8)


def write_idx(path: Path, values: Pixels) -> None:
    """An idx file of bytes; gzipped where the name says so."""
    content = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def mnist(folder: Path, count: int = 7, end: str = "", seed: int = 0) -> tuple[Pixels, Pixels]:
    """Images (count x 9 x 11) and labels, in train's files."""
    images, labels = noise(seed, count, 9, 11), noise(seed + 1, count, most=10)
    write_idx(folder / f"train-images-idx3-ubyte{end}", images)
    write_idx(folder / f"train-labels-idx1-ubyte{end}", labels)
    return images, labels


def cifar(path: Path, count: int, seed: int = 0, labels_per_row: int = 1) -> tuple[Pixels, Pixels]:
    """Planes (count x 3 x 32 x 32) and labels, in CIFAR's binary form."""
    planes, labels = noise(seed, count, 3, 32, 32), noise(seed + 1, count, labels_per_row, most=10)
    path.write_bytes(np.concatenate([labels, planes.reshape(count, -1)], axis=1).tobytes())
    return planes, labels


def save_png(path: Path, values: Pixels) -> None:
    """A grey PNG, or one of colours (RGB)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def voc(root: Path, names: str = "one two") -> dict[str, Pixels]:
    """A Pascal VOC folder, for segmentation and detection; the label map of each name."""
    maps = {}
    for number, name in enumerate(names.split()):
        maps[name] = noise(number, 12, 10 + number, most=21)
        maps[name][0, 0] = 255
        image = Image.fromarray(maps[name])
        image.putpalette(noise(99, 768).tolist())
        for part in ("SegmentationClass", "JPEGImages", "Annotations", "ImageSets/Segmentation", "ImageSets/Main"):
            (root / part).mkdir(parents=True, exist_ok=True)
        image.save(root / f"SegmentationClass/{name}.png")
        Image.fromarray(noise(number, 12, 10 + number, 3)).save(root / f"JPEGImages/{name}.jpg")
        objects = "<object><name>dog</name></object>" + "<object><name>bird</name></object>" * number
        (root / f"Annotations/{name}.xml").write_text(f"<annotation>{objects}</annotation>")
    for part in ("Segmentation", "Main"):
        (root / f"ImageSets/{part}/train.txt").write_text("\n".join(names.split()) + "\n")
    return maps


def cityscapes(root: Path, train_ids: bool) -> Pixels:
    """One image with its label map, which is given back: label ids or those of training."""
    ids = noise(3, 8, 12, most=19 if train_ids else 34)
    save_png(root / "leftImg8bit/val/ulm/ulm_000_019_leftImg8bit.png", noise(4, 8, 12, 3))
    kind = "labelTrainIds" if train_ids else "labelIds"
    save_png(root / f"gtFine/val/ulm/ulm_000_019_gtFine_{kind}.png", ids)
    return ids


def camvid(root: Path) -> Pixels:
    """Subsets train and val of one image each; the label map of train's."""
    for number, subset in enumerate(("train", "val")):
        save_png(root / subset / "a.png", noise(number, 6, 8, 3))
        save_png(root / f"{subset}annot/a.png", noise(number + 5, 6, 8, most=12))
    return noise(5, 6, 8, most=12)


def coco_instances(root: Path) -> Path:
    """Two images; the first has a square of category 7 below a smaller one of category 3, and a crowd."""
    for name in ("a.png", "b.png"):
        save_png(root / name, noise(1, 10, 14, 3))
    annotations = [
        {"image_id": 5, "category_id": 3, "area": 4, "segmentation": [[3, 3, 5, 3, 5, 5, 3, 5]]},
        {"image_id": 5, "category_id": 7, "area": 36, "segmentation": [[2, 2, 8, 2, 8, 8, 2, 8]]},
        {
            "image_id": 5,
            "category_id": 3,
            "area": 1,
            "iscrowd": 1,
            "segmentation": {"size": [10, 14], "counts": [10 * 12 + 9, 1, 10]},
        },
    ]
    images = [{"id": 5 + n, "file_name": f"{name}.png", "height": 10, "width": 14} for n, name in enumerate("ab")]
    categories = [{"id": 7, "name": "van"}, {"id": 3, "name": "cat"}]
    path = root / "instances.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def coco_panoptic(root: Path) -> tuple[Path, Pixels]:
    """One image; the labels of its panoptic map, 255 where there is no segment."""
    ids = np.array([0, 70_000, 515])[noise(2, 9, 13, most=3)]
    save_png(root / "a.png", noise(1, 9, 13, 3))
    colors = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=2).astype(np.uint8)
    save_png(root / "panoptic/a_map.png", colors)
    segments = [{"id": 70_000, "category_id": 90}, {"id": 515, "category_id": 2}]
    content = {
        "images": [{"id": 1, "file_name": "a.png", "height": 9, "width": 13}],
        "annotations": [{"image_id": 1, "file_name": "a_map.png", "segments_info": segments}],
        "categories": [{"id": 90, "name": "sky"}, {"id": 2, "name": "cat"}],
    }
    path = root / "panoptic.json"
    path.write_text(json.dumps(content))
    labels = np.full(ids.shape, 255, np.uint8)
    labels[ids == 70_000], labels[ids == 515] = 1, 0
    return path, labels


def jpeg(image: Pixels) -> bytes:
    """The bytes of a JPEG file."""
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


def png(image: Pixels) -> bytes:
    """The bytes of a PNG file."""
    return bytes(cv2.imencode(".png", image)[1].tobytes())


def tar(path: Path, members: dict[str, bytes]) -> Path:
    """A tar file of these members, in their order; gzipped where the name says so."""
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def video(path: Path, count: int) -> None:
    """A video of 32 x 48 whose frame n is grey 10 n."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (48, 32))
    for number in range(count):
        writer.write(np.full((32, 48, 3), 10 * number, np.uint8))
    writer.release()
