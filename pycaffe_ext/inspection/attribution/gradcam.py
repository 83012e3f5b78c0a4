"""Heat maps of what speaks for a class: Grad-CAM, and saliency by three ways of going back to the pixels."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..backprojection import Array, backproject
from ..subject import Subject
from .class_scores import ClassScores


def only(label: int) -> Callable[[Array], Array]:
    """What to send back for one class: 1 for its score, 0 for all others."""

    def signal(scores: Array) -> Array:
        found = np.zeros_like(scores)
        found.reshape(len(found), -1)[:, label] = 1
        return found

    return signal


def gradcam(subject: Subject, batch: Array, scores: ClassScores, label: int, blob: str) -> Array:
    """h x w: max(0, sum over channels k of a_k A_k), A the maps of `blob` for the picture `batch` (1 x C x H x W).

    a_k: the mean over the map of the gradient of the class's score before the Softmax (Selvaraju et al. 2017).
    Raises NetError where the score does not depend on the blob.
    """
    gradient = backproject(subject, batch, scores.blob, only(label), to=blob)[0]
    maps = np.array(subject.net.blobs[blob].data[0], np.float32)
    return np.asarray(np.maximum(np.tensordot(gradient.mean(axis=(1, 2)), maps, 1), 0), np.float32)


def saliency(subject: Subject, batch: Array, scores: ClassScores, label: int, method: str) -> Array:
    """What the class's score before the Softmax is traced back to, H x W x 3 (BGR, signed): by the method "gradient"
    (Simonyan, Vedaldi and Zisserman 2013), its gradient with respect to the input."""
    found = backproject(subject, batch, scores.blob, only(label), method=method)[0]
    return subject.scaling.colours(found)


def magnitude(traced: Array) -> Array:
    """H x W: the largest magnitude over the channels, as Simonyan, Vedaldi and Zisserman (2013) show a gradient."""
    return np.asarray(np.abs(traced).max(axis=2), np.float32)


def enlarged(heat: Array, size: tuple[int, int]) -> Array:
    """A map at the size of the picture, height and width, bilinear."""
    return np.asarray(cv2.resize(heat, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
