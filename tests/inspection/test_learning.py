"""Classifiers on features, against scikit-learn and against what must be so."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.inspection.learning.linear import fit_linear
from pycaffe_ext.inspection.learning.mlp import fit_mlp
from pycaffe_ext.inspection.learning.validation import cross_validate, folds, scaled_alike
from pycaffe_ext.inspection.pooling import pooled


def clusters(count: int, size: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clusters, `count` x `size`, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return rng.normal(size=(classes, size))[labels] + rng.normal(size=(count, size)), labels


@pytest.mark.parametrize("size", [5, 150])
def test_softmax_regression_is_scikit_learns(size: int) -> None:
    """With more features than samples too, where ours goes through the span of the samples."""
    x, labels = clusters(60, size, 3)
    ours = fit_linear(x, labels, 3, c=0.7)
    theirs = LogisticRegression(C=0.7, tol=1e-8, max_iter=5000).fit(x, labels)
    np.testing.assert_allclose(ours.weights - ours.weights.mean(1, keepdims=True), theirs.coef_.T, atol=2e-4)
    probabilities = np.exp(ours.scores(x)) / np.exp(ours.scores(x)).sum(1, keepdims=True)
    np.testing.assert_allclose(probabilities, theirs.predict_proba(x), atol=2e-4)


@pytest.mark.parametrize("size", [5, 150])
def test_linear_svm_is_scikit_learns(size: int) -> None:
    x, labels = clusters(60, size, 3)
    ours = fit_linear(x, labels, 3, loss="svm", c=0.7)
    # theirs pays for its bias as for a weight of a feature of 100: next to nothing
    theirs = LinearSVC(C=0.7, tol=1e-10, max_iter=200_000, dual=False, intercept_scaling=100).fit(x, labels)
    np.testing.assert_allclose(ours.weights, theirs.coef_.T, atol=2e-3)
    np.testing.assert_allclose(ours.bias, theirs.intercept_, atol=5e-3)


def test_what_no_line_parts_a_hidden_layer_does() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4))
    labels = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype(int)
    assert cross_validate(x, labels, model="softmax", c=1.0).accuracy < 0.65
    fitted = fit_mlp(x[:150], labels[:150], 2).scores(x[150:])
    assert (fitted.argmax(axis=1) == labels[150:]).mean() > 0.9
    np.testing.assert_array_equal(fitted, fit_mlp(x[:150], labels[:150], 2).scores(x[150:]))


def test_folds_keep_groups_together_and_spread_classes() -> None:
    groups = np.repeat(np.arange(30), 2)
    labels = np.repeat(np.arange(30) % 3, 2)
    found = folds(labels, groups, 5, seed=4)
    assert (found[::2] == found[1::2]).all()
    counts = np.array([[((found == fold) & (labels == k)).sum() for k in range(3)] for fold in range(5)])
    assert (counts == 4).all()
    assert (found != folds(labels, groups, 5, seed=5)).any()


def test_cross_validation_does_not_learn_what_it_is_judged_by() -> None:
    """Every picture has its own feature and both copies of it are alike: only leaking copies could be recognised."""
    rng = np.random.default_rng(2)
    labels = np.repeat(rng.integers(0, 2, 40), 2)
    x = np.repeat(np.eye(40), 2, axis=0)
    leaking = cross_validate(x, labels, c=100.0, seed=1)
    assert leaking.accuracy > 0.7
    assert cross_validate(x, labels, np.repeat(np.arange(40), 2), c=100.0, seed=1).accuracy < 0.65


def test_fewer_numbers_in_the_samples_span_give_the_same_predictions() -> None:
    x, labels = clusters(40, 90, 3)
    wide = cross_validate(x, labels, model="svm", c=1.0)  # more numbers than samples: turned into 40
    for fold in range(5):
        seen, held = wide.fold_of != fold, wide.fold_of == fold
        scaled, others = scaled_alike(x[seen], x[held])
        direct = LinearSVC(C=1.0, tol=1e-9, max_iter=200_000, dual=False, intercept_scaling=100)
        agree = direct.fit(scaled, labels[seen]).predict(others) == wide.predicted[held]
        assert agree.all()


def test_standard_errors_count_pictures_not_copies() -> None:
    x, labels = clusters(50, 6, 2)
    alone = cross_validate(x, labels, c=1.0)
    share = alone.accuracy
    assert alone.error == pytest.approx(np.sqrt(share * (1 - share) / 49))
    copies = cross_validate(np.repeat(x, 2, axis=0), np.repeat(labels, 2), np.repeat(np.arange(50), 2), c=1.0)
    right = (copies.labels == copies.predicted).reshape(50, 2)
    assert (right[:, 0] == right[:, 1]).all()
    assert copies.error == pytest.approx(right[:, 0].std(ddof=1) / np.sqrt(50))


def test_errors_say_what_to_do() -> None:
    x, labels = clusters(12, 3, 2)
    with pytest.raises(DataError, match="at least two classes"):
        cross_validate(x, np.zeros(12, int))
    with pytest.raises(DataError, match="12 pictures cannot make 13 folds"):
        cross_validate(x, labels, count=13)
    with pytest.raises(OptionError, match="a model is one of softmax, svm, mlp"):
        cross_validate(x, labels, model="tree")
    with pytest.raises(OptionError, match="c is above 0"):
        fit_linear(x, labels, 2, c=0)
    with pytest.raises(DataError, match="NaN or infinite"):
        fit_linear(np.where(x > 1, np.nan, x), labels, 2)


def test_pooling_averages_over_an_even_grid() -> None:
    maps = np.random.default_rng(3).normal(size=(2, 3, 6, 8)).astype(np.float32)
    np.testing.assert_array_equal(pooled(maps, 144), maps.reshape(2, -1))
    cells = pooled(maps, 14).reshape(2, 3, 2, 2)  # 3 x 2 x 2 fit into 14
    np.testing.assert_allclose(cells, maps.reshape(2, 3, 2, 3, 2, 4).mean(axis=(3, 5)), atol=1e-6)
    uneven = pooled(maps[:, :, :5, :7], 30).reshape(2, 3, 3, 3)
    mirrored = pooled(maps[:, :, :5, :7][..., ::-1], 30).reshape(2, 3, 3, 3)
    np.testing.assert_allclose(mirrored, uneven[..., ::-1], atol=1e-6)
    assert pooled(np.ones((4, 70, 2, 2)), 10).shape == (4, 70)
