"""What a small classifier makes of features: accuracy by cross-validation, by class, and what is taken for what.

Features are those of `probe.py features`, or any .npz or HDF5 file with a table of numbers and one named "label", or
an LMDB of Datums. With --test the classifier is fitted to all of them and judged on others.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..learning.options import add_model, check_model, dense_labels

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
probe.py classify features_out/features.npz --feature fc7
probe.py classify features_out --model svm --folds 10
probe.py classify train/features.h5 --test test/features.h5 --model mlp
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("features", metavar="FEATURES", help=".npz, .h5, LMDB, or the folder of `probe.py features`")
    parser.add_argument("--feature", metavar="NAME", help="which, where there are several")
    parser.add_argument("--test", metavar="FEATURES", help="judge on these instead of by cross-validation")
    add_model(parser)


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...errors import DataError
    from ..features.reading import read_features
    from ..learning.report import say_validated
    from ..learning.validation import Validated, best_c, cross_validate, fitting, predict

    check_model(options)
    found = read_features(options.features, options.feature)
    given = found.need_labels()
    labels, names = dense_labels(given, found.classes)
    title = f"{options.model} on {found.name} ({found.features.shape[1]} numbers) of {len(labels)} pictures"
    if not options.test:
        validated = cross_validate(
            found.features, labels, model=options.model, count=options.folds, c=options.c, seed=options.seed
        )
    else:
        held = read_features(options.test, options.feature)
        if held.features.shape[1] != found.features.shape[1]:
            sizes = f"{held.features.shape[1]} numbers, {options.features} {found.features.shape[1]}"
            raise DataError(f"{options.test}: a picture has {sizes}")
        numbers = {label: place for place, label in enumerate(np.unique(given).tolist())}
        strange = [label for label in held.need_labels().tolist() if label not in numbers]
        if strange:
            raise DataError(f"{options.test}: label {strange[0]} does not occur in {options.features}")
        truth = np.array([numbers[label] for label in held.need_labels().tolist()])
        groups = np.arange(len(labels))
        c = options.c or best_c(options.model, found.features, labels, groups, options.seed)
        predicted = predict(fitting(options.model, c), found.features, labels, held.features, len(names))
        validated = Validated(truth, predicted, np.zeros(len(truth), np.int64), np.arange(len(truth)))
        title += f", tested on {len(truth)}"
    say_validated(results, validated, names, title)
    accuracy = {"accuracy": validated.accuracy, "error": validated.error, "folds": validated.of_folds}
    results.numbers("classify", {"model": options.model, "feature": found.name, "pictures": len(labels), **accuracy})
