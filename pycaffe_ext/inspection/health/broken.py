"""Where a number broke, told as a story: which layer, which batch, which images, and what came before."""

from __future__ import annotations

from .advice import leap, odd_images
from .entries import entries_of
from .health import Health

_MOST_NAMES, _MOST_BATCHES = 6, 3
_WHEN = {"forward": "in the pass forward", "backward": "in the pass backward", "update": "in the update"}


def story(health: Health) -> list[str]:
    """Sentences; empty where nothing broke."""
    broken = health.broken
    if broken is None:
        return []
    when = f"{_WHEN[broken.stage]} of batch {broken.batch} (counted from 0)"
    found = [f"A number that is infinite or nan: first {when}, made by layer '{broken.layer}' in {broken.what}."]
    source, names = entries_of(health.net, broken.batch)
    if broken.images:
        images = _images(list(broken.images), names, source)
        all_of_them = len(names) > 1 and len(broken.images) == len(names)
        found.append("It is in all images of the batch." if all_of_them else f"It is in {images}.")
    elif names:
        found.append(f"The batch is {names[0]} to {names[-1]} of {source}.")
    jump = leap(health.passes)
    if jump is not None:
        place, times = jump
        found.append(
            f"Before that, the gradient of batch {place} was {times:.2g} times the median of those before it: "
            "look at that batch first, and at base_lr."
        )
    return found + _odd(health)


def _odd(health: Health) -> list[str]:
    """The images whose input stands out, of the last batches that have any."""
    found = []
    for batch, places in odd_images(health.passes)[-_MOST_BATCHES:]:
        source, names = entries_of(health.net, batch)
        which = f"The input of {_images(places, names, source)} in batch {batch}"
        found.append(f"{which} is more than ten times as large as that of most images, or nan.")
    return found


def _images(places: list[int], names: list[str], source: str) -> str:
    shown = [f"{place} ({names[place]})" if place < len(names) else str(place) for place in places[:_MOST_NAMES]]
    more = f" and {len(places) - _MOST_NAMES} more" if len(places) > _MOST_NAMES else ""
    where = f" of {source}" if names else ""
    return f"image{'s' * (len(places) > 1)} {', '.join(shown)}{more}{where}"
