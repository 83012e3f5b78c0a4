from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycaffe_ext.text.edits import Edit, apply


def test_positions_refer_to_the_original_whatever_the_order() -> None:
    edits = [Edit(6, 7, "seventh"), Edit(0, 2, ""), Edit(3, 3, "<"), Edit(4, 4, ">")]
    assert apply("0123456789", edits) == "2<3>45seventh789"


def test_insertions_at_one_place_keep_their_order() -> None:
    assert apply("ab", [Edit(1, 1, "1"), Edit(1, 1, "2"), Edit(1, 2, "B")]) == "a12B"


@pytest.mark.parametrize(
    "edits", [[Edit(0, 3, ""), Edit(2, 4, "")], [Edit(1, 2, "x"), Edit(1, 2, "x")], [Edit(3, 2, "")], [Edit(5, 6, "")]]
)
def test_overlaps_and_places_outside_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply("01234", edits)


@given(st.text(), st.lists(st.integers(0, 40)), st.text())
def test_what_is_not_edited_stays(text: str, places: list[int], new: str) -> None:
    places = sorted({place for place in places if place <= len(text)})
    assert apply(text, []) == text
    spans = list(pairwise(places))[::2]
    outside = apply(text, [Edit(start, end, "") for start, end in spans])
    kept = "".join(c for i, c in enumerate(text) if not any(start <= i < end for start, end in spans))
    assert outside == kept
    assert len(apply(text, [Edit(start, end, new) for start, end in spans])) == len(kept) + len(new) * len(spans)
