"""Checks that look into databases: labels, pairs of images and label maps, means, test_iter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from doctor.examine import assert_cured, conv, data, entries, fc, findings, images, layer, loss, maps, report

from pycaffe_ext.doctor import Severity
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

SIZE = (8, 9)


def classifier(source: Path, outputs: int, fields: str = "", transform: str = "") -> str:
    return data(str(source), transform=transform) + fc("fc", "data", outputs) + loss("fc", fields=fields)


def test_labels_that_are_no_class(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 2, 5, 2, 5])
    (found,) = findings(tmp_path, "labels", classifier(source, 4))
    assert (found.severity, found.line) == (Severity.ERROR, 3)
    assert "label 5" in found.problem and "2 images" in found.problem and "'00000003'" in found.problem
    assert_cured(tmp_path, found)
    assert "--num-output fc=6" in found.commands[0]


def test_a_label_that_is_to_be_ignored(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 255, 2])
    (found,) = findings(tmp_path, "labels", classifier(source, 3))
    assert found.severity is Severity.ERROR
    assert_cured(tmp_path, found)
    assert not findings(tmp_path, "labels", classifier(source, 3, "loss_param { ignore_label: 255 }"))


def test_a_class_that_never_comes(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 2, 0])
    (found,) = findings(tmp_path, "labels", classifier(source, 7))
    assert found.severity is Severity.NOTE and "3 to 6" in found.problem
    assert_cured(tmp_path, found)
    assert not findings(tmp_path, "labels", classifier(source, 3))


def test_labels_of_hdf5_and_of_lists(tmp_path: Path) -> None:
    import cv2
    import h5py

    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["data"], file["label"] = np.zeros((5, 6), np.float32), np.array([0, 1, 4, 1, 0], np.float32)
    (tmp_path / "hdf5.txt").write_text(f"{tmp_path / 'rows.h5'}\n")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*SIZE, 3), np.uint8))
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'a.png'} 0\n{tmp_path / 'a.png'} 4\n{tmp_path / 'a.png'} 1\n")
    for kind, param, source in (
        ("HDF5Data", "hdf5_data_param", "hdf5.txt"),
        ("ImageData", "image_data_param", "list.txt"),
    ):
        top = layer("data", kind, "", "data label", f'{param} {{ source: "{tmp_path / source}" batch_size: 2 }}')
        (found,) = findings(tmp_path, "labels", top + fc("fc", "data", 3) + loss("fc"))
        assert found.severity is Severity.ERROR and "label 4" in found.problem
        right = findings(tmp_path, "labels", top + fc("fc", "data", 5) + loss("fc"))
        assert [one.severity for one in right] == [Severity.NOTE]  # two classes never come


MAPS = [np.arange(72).reshape(SIZE) % 3] * 4


def segmenter(
    images: Path, labels: Path, outputs: int = 3, images_transform: str = "", labels_transform: str = ""
) -> str:
    return (
        data(str(images), "data", transform=images_transform)
        + data(str(labels), "label", transform=labels_transform)
        + conv("score", "data", outputs)
        + loss("score")
    )


def test_label_maps_that_fit_their_images(tmp_path: Path) -> None:
    net = segmenter(images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", MAPS))
    found = report(tmp_path, net)
    assert not found.findings
    assert {"labels", "label-maps", "random-apart", "mean", "net-builds"} <= set(found.checked)


def test_label_maps_of_another_number(tmp_path: Path) -> None:
    net = segmenter(images(tmp_path / "i", [0] * 5), maps(tmp_path / "l", MAPS))
    (found,) = findings(tmp_path, "label-maps", net)
    assert (found.severity, found.line) == (Severity.ERROR, 2)
    assert "5 entries" in found.problem and "4" in found.problem


def test_label_maps_under_other_keys(tmp_path: Path) -> None:
    pictures = entries(tmp_path / "i", [(np.zeros((*SIZE, 3), np.uint8), 0)] * 4, "{:02d}_a.jpg")
    (found,) = findings(tmp_path, "label-maps", segmenter(pictures, maps(tmp_path / "l", MAPS, "{:02d}_b.png")))
    assert found.severity is Severity.WARNING and "4 of 4 keys" in found.problem
    same = segmenter(pictures, maps(tmp_path / "m", MAPS, "{:02d}_a.png"))
    assert not findings(tmp_path, "label-maps", same)


def test_label_maps_turned_by_a_right_angle(tmp_path: Path) -> None:
    net = segmenter(images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", [one.T for one in MAPS]))
    (found,) = findings(tmp_path, "label-maps", net)
    assert found.severity is Severity.ERROR and "9x8" in found.problem and "8x9" in found.problem


def test_label_maps_of_another_size(tmp_path: Path) -> None:
    small = [one[:4, :5] for one in MAPS]
    net = segmenter(images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", small))
    (found,) = {one.layer: one for one in findings(tmp_path, "net-builds", net)}.values()
    assert found.layer == "loss" and "needs one label per prediction" in found.problem
    mixed = segmenter(images(tmp_path / "j", [0] * 4), maps(tmp_path / "m", [*MAPS[:3], small[0]]))
    (found,) = findings(tmp_path, "label-maps", mixed)
    assert "differ in size" in found.problem and "'00000003' is 4x5" in found.problem


def test_other_batch_sizes_for_images_and_labels(tmp_path: Path) -> None:
    net = segmenter(images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", MAPS)).replace("size: 3", "size: 2", 1)
    assert [
        "batch_size is 3 for labels and 2 for images" in one.problem for one in findings(tmp_path, "label-maps", net)
    ] == [True]


@pytest.mark.parametrize("transform", ["mirror: true", "crop_size: 6"])
def test_random_numbers_that_labels_do_not_share(tmp_path: Path, transform: str) -> None:
    pictures, labels = images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", MAPS)
    net = segmenter(pictures, labels, images_transform=transform)
    found = findings(tmp_path, "random-apart", net)
    assert found[0].severity is Severity.ERROR and found[0].line == 1
    assert transform in found[0].problem
    assert_cured(tmp_path, found[0])
    both = segmenter(pictures, labels, images_transform=transform, labels_transform=transform)
    assert {one.line for one in findings(tmp_path, "random-apart", both)} == {1, 2}
    assert not findings(tmp_path, "random-apart", classifier(pictures, 3, transform=transform))


def mean(path: Path, *shape: int) -> str:
    write_binary(path, array_to_blob(np.zeros((1, *shape)), legacy=True))
    return f'mean_file: "{path}"'


def test_a_mean_of_another_size(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 2])
    right, wrong = mean(tmp_path / "right", 3, *SIZE), mean(tmp_path / "wrong", 3, 9, 8)
    (found,) = findings(tmp_path, "mean", classifier(source, 3, transform=wrong))
    assert (found.severity, found.line) == (Severity.ERROR, 1) and "3x9x8" in found.problem and "3x8x9" in found.problem
    assert not findings(tmp_path, "mean", classifier(source, 3, transform=right))
    (both,) = findings(tmp_path, "mean", classifier(source, 3, transform=f"{right} mean_value: 7"))
    assert_cured(tmp_path, both)
    assert (
        "3 channels"
        in findings(tmp_path, "mean", classifier(source, 3, transform="mean_value: 1 mean_value: 2"))[0].problem
    )


def test_a_mean_taken_off_labels(tmp_path: Path) -> None:
    pictures, labels = images(tmp_path / "i", [0] * 4), maps(tmp_path / "l", MAPS)
    (found,) = findings(tmp_path, "mean", segmenter(pictures, labels, labels_transform="scale: 0.5"))
    assert (found.severity, found.layer) == (Severity.ERROR, "label")
    assert_cured(tmp_path, found)
    assert not findings(tmp_path, "mean", segmenter(pictures, labels, images_transform="scale: 0.5"))


def test_a_source_that_is_there_but_damaged(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 2])
    (source / "data.mdb").write_bytes((source / "data.mdb").read_bytes()[:4097])
    found = report(tmp_path, classifier(source, 3))
    assert [(one.check, one.severity) for one in found.findings] == [("data-readable", Severity.ERROR)]
    assert "labels" in found.not_checked


def test_a_source_that_is_not_there_is_named_with_what_it_is_for(tmp_path: Path) -> None:
    found = report(tmp_path, classifier(tmp_path / "none", 3))
    assert not found.findings
    assert "--db" in found.not_checked["labels"][0] and "mean" in found.checked


SOLVER = 'net: "net.prototxt" test_interval: 10 base_lr: 1 lr_policy: "fixed" max_iter: 10\ntest_iter: {}\n'


@pytest.mark.parametrize(
    ("test_iter", "severity"), [(2, Severity.WARNING), (3, None), (4, Severity.NOTE), (9, Severity.NOTE)]
)
def test_test_iter(tmp_path: Path, test_iter: int, severity: Severity | None) -> None:
    source = str(images(tmp_path / "db", [0, 1, 2, 0, 1, 2, 0]))
    net = data(source, phase="TRAIN") + data(source, phase="TEST") + fc("fc", "data", 3) + loss("fc")
    found = findings(tmp_path, "test-iter", net, SOLVER.format(test_iter))
    assert [one.severity for one in found] == [severity] * (severity is not None)
    for one in found:
        assert (one.place, one.remedy) == (f"{tmp_path / 'solver.prototxt'}:2", "test_iter: 3")


def test_phases_that_differ(tmp_path: Path) -> None:
    source = str(images(tmp_path / "db", [0, 1, 2]))

    def net(train: str, test: str) -> str:
        first = data(source, phase="TRAIN", transform=train) + data(source, phase="TEST", transform=test, name="test")
        return first + fc("fc", "data", 3) + loss("fc")

    for train, test, words in (
        ("scale: 0.5", "", "scale of 'test' is 1 in TEST, and 0.5 in TRAIN (line 1)"),
        ("mean_value: 104 mean_value: 117 mean_value: 123", "mean_value: 104", "104, 117, 123"),
        ("crop_size: 6", "crop_size: 5", "images of 'test' are 5x5 in TEST, and 6x6 in TRAIN"),
        ("crop_size: 6", "", "images of 'test' are 8x9 in TEST, and 6x6 in TRAIN"),
        ("mirror: true", "mirror: true", "mirror: true in 'test' of phase TEST"),
    ):
        (found,) = findings(tmp_path, "phases-differ", net(train, test))
        assert words in found.problem and found.line == 2
    assert not findings(tmp_path, "phases-differ", net("crop_size: 6 mirror: true scale: 2", "crop_size: 6 scale: 2"))
