"""Features of many numbers on a plane: principal components, and t-SNE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import OptionError

METHODS = ("pca", "tsne")


def principal_components(features: npt.NDArray[Any], count: int = 2) -> tuple[npt.NDArray[np.float64], list[float]]:
    """N x D features along their `count` directions of largest variance, N x count, and the share of the variance
    that each holds. The largest coordinate of each direction is positive. Raises OptionError for fewer than `count`
    dimensions or count + 1 pictures.
    """
    if min(features.shape[0] - 1, features.shape[1]) < count:
        raise OptionError(f"{features.shape[0]} pictures of {features.shape[1]} numbers span no {count} directions")
    centred = np.asarray(features, np.float64) - features.mean(axis=0, dtype=np.float64)
    u, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(count), np.abs(axes[:count]).argmax(axis=1)])
    shares = sizes**2 / max(float((sizes**2).sum()), 1e-300)
    return u[:, :count] * sizes[:count] * signs, [float(share) for share in shares[:count]]


def tsne(features: npt.NDArray[Any], perplexity: float = 30.0, seed: int = 0) -> npt.NDArray[np.float64]:
    """N x 2 by t-SNE (van der Maaten and Hinton 2008) of the first 50 principal components.

    Raises OptionError where scikit-learn is absent, or the perplexity is not below N.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise OptionError(
            "t-SNE is scikit-learn's: pip install 'pycaffe-ext[analysis]', or take --method pca"
        ) from None
    if not 1 <= perplexity < len(features):
        raise OptionError(f"a perplexity is at least 1 and below the number of pictures ({len(features)})")
    few = principal_components(features, min(50, len(features) - 1, features.shape[1]))[0]
    return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(few), np.float64)
