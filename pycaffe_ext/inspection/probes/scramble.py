"""What is left of the accuracy when pictures are cut into tiles that change places: texture stays, shape goes.

A net that loses little sees texture; one that needs to know where things are loses much. --also adds pictures of the
same names from another folder, such as the textures that `visualize.py texture` made.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..photographs import Pixels
    from ..results import Cell, Results
    from ..subject import Subject
    from ..texture.rank import Rank

EXAMPLES = """\
probe.py scramble deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --side 256 --images val.txt
probe.py scramble deploy.prototxt --weights net.caffemodel --images photos/ --tiles 2,4,8 --also texture_out/textures
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("scrambling")
    group.add_argument(
        "--tiles", metavar="N,...", default="2,3,4,6,8", help="tiles along a side (default: %(default)s)"
    )
    group.add_argument("--repeats", metavar="N", type=int, default=3, help="orders of tiles (default: %(default)s)")
    group.add_argument("--also", metavar="DIR", action="append", default=[], help="pictures of the same names; repeats")
    group.add_argument("--seed", metavar="N", type=int, default=0, help="of the orders (default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...progress import counting
    from ..running import in_batches
    from ..texture.by_name import ByName
    from ..texture.rank import ranks
    from ..texture.scramble import scrambled

    tiles = _tiles(options)
    subject, photographs = open_subject(options), open_photographs(options)
    others = {path: ByName(path, photographs.names()) for path in options.also}
    kinds = ["whole", *(f"scrambled {count} x {count}" for count in tiles), *others]
    found: dict[str, list[Rank]] = {kind: [] for kind in kinds}
    examples: dict[str, Pixels] = {}
    with counting("showing", len(photographs)) as done:
        for number, some in enumerate(in_batches(photographs, options.batch, done)):
            labels = [_label(subject, one.label, one.name, options.images) for one in some]
            seen = subject.seen([one.pixels for one in some])
            found["whole"] += ranks(subject, seen, labels, options.batch)
            examples.setdefault("whole", seen[0])
            for count in tiles:
                rng = np.random.default_rng([options.seed, number, count])
                kind = f"scrambled {count} x {count}"
                for _ in range(options.repeats):
                    mixed = [scrambled(one, count, rng) for one in seen]
                    examples.setdefault(kind, mixed[0])
                    found[kind] += ranks(subject, mixed, labels, options.batch)
            for path, pictures in others.items():
                shown = [_as_it_is(subject, pictures.like(one.name).pixels) for one in some]
                examples.setdefault(path, shown[0])
                found[path] += ranks(subject, shown, labels, options.batch)
    _tell(options, results, subject, found, examples)


def _tell(
    options: argparse.Namespace,
    results: Results,
    subject: Subject,
    found: dict[str, list[Rank]],
    examples: dict[str, Pixels],
) -> None:
    from ..texture.rank import top
    from ..texture.scramble_picture import scramble_picture

    rows: list[list[Cell]] = []
    for kind, one in found.items():
        mean = sum(rank.probability for rank in one) / len(one)
        rows.append([kind, len(one), top(one, 1), top(one, 5), mean])
    count = len(found["whole"])
    caption = f"{count} pictures; scrambled ones in {options.repeats} orders each"
    results.table("scramble", ["pictures", "shown", "top-1", "top-5", "mean p(true class)"], rows, caption)
    title = f"{subject.name}: accuracy when only texture is left"
    picture = scramble_picture(rows, examples, title)
    what = "Above, one picture in each form; below, how often its class is the best, or among the best five."
    results.picture("scramble", picture, what)


def _tiles(options: argparse.Namespace) -> list[int]:
    from ...errors import OptionError

    at_least_one(options, "repeats", "batch")
    parts = options.tiles.split(",")
    if not all(part.isdigit() and int(part) > 1 for part in parts):
        raise OptionError(f"--tiles is numbers above 1 with commas between, such as 2,4,8, not '{options.tiles}'")
    return [int(part) for part in dict.fromkeys(parts)]


def _as_it_is(subject: Subject, pixels: Pixels) -> Pixels:
    """A picture that was made of what the net sees has the input's size already; --side would enlarge it."""
    return pixels if pixels.shape[:2] == subject.size else subject.seen([pixels])[0]


def _label(subject: Subject, label: int | None, name: str, source: str) -> int:
    from ...errors import DataError
    from ..attribution.class_scores import class_scores

    count = class_scores(subject).count
    if label is None:
        raise DataError(f"{source}: gives no labels; show a folder per class, a list file 'path label', or a database")
    if not 0 <= label < count:
        raise DataError(f"{name}: label {label} is outside 0..{count - 1}")
    return label
