"""Evidence for classes: occlusion against one pass per position, Grad-CAM and saliency against derivatives by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from inspection.conftest import SmallNet
from torch.nn import functional

from pycaffe_ext.errors import NetError, OptionError, UnknownNameError
from pycaffe_ext.inspection.attribution.class_scores import ClassScores, chosen_class, class_scores, find_class
from pycaffe_ext.inspection.attribution.gradcam import enlarged, gradcam, magnitude, saliency
from pycaffe_ext.inspection.attribution.occlusion import occlude, positions
from pycaffe_ext.inspection.subject import Subject


def pixels(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (23, 19, 3), np.uint8)


@pytest.mark.parametrize("batch", [1, 5, 100])
def test_occlusion_is_one_pass_per_position(small_net: SmallNet, batch: int) -> None:
    subject, image = small_net.subject(), pixels()
    calls: list[int] = []
    found = occlude(
        subject, image, class_scores(subject), "conv2", square=6, stride=4, grey=90, batch=batch, done=calls.append
    )
    assert found.activity.shape == (6, 5) and calls[-1] == 30
    whole = subject.forward(subject.scaling.apply(image, 3)[None], ["conv2"])
    assert found.whole == pytest.approx(whole["prob"][0], rel=1e-5)
    assert found.unit == whole["conv2"][0].max(axis=(1, 2)).argmax()
    assert found.whole_activity == pytest.approx(whole["conv2"][0, found.unit].sum(), rel=1e-5)
    for row in range(6):
        for column in range(5):
            covered = image.copy()
            top, left = min(row * 4 + 2, 22) - 3, min(column * 4 + 2, 18) - 3
            covered[max(top, 0) : top + 6, max(left, 0) : left + 6] = 90
            held = subject.forward(subject.scaling.apply(covered, 3)[None], ["conv2"])
            assert found.probability[row, column] == pytest.approx(held["prob"][0], rel=1e-4, abs=1e-7)
            assert found.activity[row, column] == pytest.approx(held["conv2"][0, found.unit].sum(), rel=1e-4)
            assert found.likeliest[row, column] == held["prob"][0].argmax()


def test_squares_cover_all_of_the_picture() -> None:
    seen = np.zeros((23, 19), int)
    for row in positions((23, 19), 5, 3):
        for top, left, bottom, right in row:
            seen[top:bottom, left:right] += 1
    assert seen.min() > 0
    for square, stride in ((0, 3), (5, 0), (20, 3), (5, 20)):
        with pytest.raises(OptionError, match="1 to 19 pixels"):
            positions((23, 19), square, stride)


def by_hand(subject: Subject, batch: torch.Tensor) -> dict[str, torch.Tensor]:
    p = {name: [torch.from_numpy(blob.data.copy()) for blob in blobs] for name, blobs in subject.net.params.items()}
    conv1 = functional.conv2d(batch, *p["conv1"]).relu()
    pool1 = functional.max_pool2d(conv1, 2, 2, ceil_mode=True)
    conv2 = functional.conv2d(pool1, *p["conv2"], padding=1).relu()
    return {"conv1": conv1, "conv2": conv2, "fc": functional.linear(conv2.flatten(1), *p["fc"])}


@pytest.mark.parametrize("blob", ["conv1", "conv2"])
def test_gradcam_is_its_formula(small_net: SmallNet, blob: str) -> None:
    subject = small_net.subject()
    batch = subject.scaling.apply(pixels(), 3)[None]
    blobs = by_hand(subject, torch.from_numpy(batch).requires_grad_())
    (gradient,) = torch.autograd.grad(blobs["fc"][0, 2], blobs[blob])
    expected = (gradient.mean((2, 3), keepdim=True) * blobs[blob]).sum(1).relu()[0].detach().numpy()
    found = gradcam(subject, batch, class_scores(subject), 2, blob)
    assert expected.any() and abs(found - expected).max() < 2e-6 * expected.max()


def test_saliency_is_the_gradient_of_the_score_before_the_softmax(small_net: SmallNet) -> None:
    subject = small_net.subject()
    batch = subject.scaling.apply(pixels(), 3)[None]
    image = torch.from_numpy(batch).requires_grad_()
    (expected,) = torch.autograd.grad(by_hand(subject, image)["fc"][0, 1], image)
    found = saliency(subject, batch, class_scores(subject), 1, "gradient")
    assert abs(found - expected[0].permute(1, 2, 0).numpy()).max() < 2e-6 * abs(expected).max()
    assert (magnitude(found) == abs(found).max(axis=2)).all() and magnitude(found).shape == (23, 19)


def test_a_map_is_enlarged_in_place() -> None:
    heat = np.zeros((2, 3), np.float32)
    heat[1, 0] = 1
    found = enlarged(heat, (20, 30))
    assert found.shape == (20, 30) and found[15, 5] > 0.9 and not found[:5, :].any() and not found[:, 16:].any()


def scores_of(text: str, tmp_path: Path) -> tuple[Subject, ClassScores]:
    (tmp_path / "net.prototxt").write_text(
        'input: "data" input_shape { dim: 2 dim: 3 dim: 5 dim: 4 }\n'
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3'
        ' weight_filler { type: "xavier" } } }\n' + text
    )
    subject = Subject(tmp_path / "net.prototxt")
    return subject, class_scores(subject)


@pytest.mark.parametrize("kind", ["", "Softmax", "Sigmoid"])
def test_where_scores_and_probabilities_are(kind: str, tmp_path: Path) -> None:
    layer = f'layer {{ name: "p" type: "{kind}" bottom: "fc" top: "p" }}' if kind else ""
    subject, scores = scores_of(layer, tmp_path)
    assert (scores.blob, scores.count, scores.last) == ("fc", 3, kind)
    held = subject.forward(np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype(np.float32), ["fc"])
    logits = torch.from_numpy(held["fc"])
    expected = logits.sigmoid() if kind == "Sigmoid" else logits.softmax(1)
    assert scores.probabilities(held[scores.output]) == pytest.approx(expected.numpy(), rel=1e-5)
    assert bool(scores.note) == (not kind)


def test_maps_are_no_class_scores(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(
        'input: "data" input_shape { dim: 2 dim: 3 dim: 5 dim: 4 }\n'
        'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }'
    )
    with pytest.raises(NetError, match="output 'relu' is 2 x 3 x 5 x 4; one score per class is needed"):
        class_scores(Subject(tmp_path / "net.prototxt"))


def test_classes_by_name_and_number(small_net: SmallNet) -> None:
    subject = small_net.subject()
    assert [find_class(subject, text, 4) for text in ("3", "BEE", "wild", "ant")] == [3, 1, 2, 0]
    for text, error, message in (
        ("4", OptionError, "the classes 0 to 3"),
        ("w", OptionError, "2 wild bee, 3 wasp; give the number"),
        ("beee", UnknownNameError, "did you mean 'bee'"),
    ):
        with pytest.raises(error, match=message):
            find_class(subject, text, 4)
    probability = np.array([0.1, 0.2, 0.6, 0.1], np.float32)
    assert chosen_class(subject, class_scores(subject), None, probability) == 2
    assert chosen_class(subject, class_scores(subject), "wasp", probability) == 3
