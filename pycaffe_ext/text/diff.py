"""A unified diff of two documents that shows the lines meant, however alike a net's lines are.

difflib alone takes the most frequent lines ("  }") for noise in long files, and then shows too much. Here lines
that each text has just once are matched first (Bram Cohen's patience diff), and difflib works between them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher

from .document import Document


def unified_diff(before: Document, after: Document, context: int = 3) -> Iterator[str]:
    """The diff's lines with their ends, as `patch` takes them; nothing where the texts are the same."""
    old, new = before.text.split("\n"), after.text.split("\n")
    old, new = ([line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else []) for lines in (old, new))
    for count, group in enumerate(_Known(_matching_blocks(old, new)).get_grouped_opcodes(context)):
        if count == 0:
            yield from (f"--- {before.file}\n", f"+++ {after.file}\n")
        yield f"@@ -{_range(group[0][1], group[-1][2])} +{_range(group[0][3], group[-1][4])} @@\n"
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from _marked(" ", old[old_start:old_end])
            else:
                yield from _marked("-", old[old_start:old_end])
                yield from _marked("+", new[new_start:new_end])


class _Known(SequenceMatcher[str]):
    """Groups blocks that have been found already."""

    def __init__(self, blocks: list[Match]) -> None:
        super().__init__()
        self._blocks = blocks

    def get_matching_blocks(self) -> list[Match]:
        return self._blocks


def _matching_blocks(old: Sequence[str], new: Sequence[str]) -> list[Match]:
    """Runs of lines that both texts have, in difflib's form: no two touch, and one of length 0 is last."""
    blocks = [Match(0, 0, 0)]
    old_done = new_done = 0
    for i, j in [*_unique_pairs(old, new), (len(old), len(new))]:
        between = SequenceMatcher(None, old[old_done:i], new[new_done:j], autojunk=False)
        found = [Match(a + old_done, b + new_done, size) for a, b, size in between.get_matching_blocks()]
        for block in [*found, Match(i, j, int(i < len(old)))]:
            a, b, size = blocks[-1]
            if (a + size, b + size) == (block.a, block.b):
                blocks[-1] = Match(a, b, size + block.size)
            elif block.size:
                blocks.append(block)
        old_done, new_done = i + 1, j + 1
    return [*blocks, Match(len(old), len(new), 0)]


def _unique_pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest rising run of positions of lines that both texts have exactly once."""
    old_counts, new_counts = Counter(old), Counter(new)
    places = {line: j for j, line in enumerate(new) if new_counts[line] == 1 == old_counts[line]}
    ends: list[int] = []  # by length of run: the lowest position in `new` that such a run ends with
    chains: list[tuple[int, int, int]] = []  # position in old, in new, chain before this one
    last: list[int] = []  # the chains that `ends` belongs to
    for i, line in enumerate(old):
        if line in places:
            length = bisect_left(ends, places[line])
            chains.append((i, places[line], last[length - 1] if length else -1))
            ends[length : length + 1] = [places[line]]
            last[length : length + 1] = [len(chains) - 1]
    pairs: list[tuple[int, int]] = []
    chain = last[-1] if last else -1
    while chain >= 0:
        i, j, chain = chains[chain]
        pairs.append((i, j))
    return pairs[::-1]


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    """Line numbers as diffs give them: the first from 1, and how many; of none the line before."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
