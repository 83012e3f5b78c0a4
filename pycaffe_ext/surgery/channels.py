"""Which channels of a net's blobs are the same ones: what has to change when a layer loses some of its outputs.

A *space* is a set of channels that a layer of weights makes. Layers that treat channels one by one hand it on, Concat
puts several behind one another, Eltwise makes its bottoms' spaces one and the same. A space is fixed, with a reason,
where something needs all of its channels: an output of the net, a group, a layer whose way with channels is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .anatomy import INPUT, Anatomy, Part
from .kinds import KEEPS_CHANNELS


@dataclass(eq=False)
class Space:
    """Channels of one origin. `size` 0: not known (and `fixed`)."""

    size: int
    fixed: str = ""
    producers: list[Part] = field(default_factory=list)
    merged: Space | None = None

    @property
    def root(self) -> Space:
        return self if self.merged is None else self.merged.root


@dataclass(frozen=True)
class Channels:
    """The spaces along axis 1 of a blob; `flat`: each channel is a run of numbers there, height x width."""

    spaces: tuple[Space, ...]
    flat: bool = False


class ChannelMap:
    """Of each layer the channels that it sums over (`taken`), makes (`made`), or has a parameter for (`one_by_one`).

    By the layer's index. A depthwise convolution counts as one by one.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        self.anatomy = anatomy
        self.taken: dict[int, Channels] = {}
        self.made: dict[int, Space] = {}
        self.one_by_one: dict[int, Channels] = {}
        self._blobs: dict[tuple[int, str], Channels] = {}
        for part in anatomy.parts:
            bottoms = [self._bottom(part, place) for place in range(len(part.view.bottoms))]
            tops = self._tops(part, bottoms)
            if any(spec.name for spec in part.param.param):
                self._fix([*bottoms, *tops], f"layer '{part.name}' shares its parameters with others")
            for top, channels in zip(part.view.top_names, tops, strict=True):
                self._blobs[part.index, top] = channels
        for (index, top), channels in self._blobs.items():
            if not anatomy.users(anatomy.parts[index], top):
                self._fix([channels], f"'{top}' is an output of the net")

    def _bottom(self, part: Part, place: int) -> Channels:
        found = [self._blobs[made] for made in sorted(part.takes[place]) if made[0] != INPUT]
        if len(found) < max(1, len(part.takes[place])):
            found.append(_fixed("it is an input of the net"))
        for other in found[1:]:
            self._unify(found[0], other)
        return found[0]

    def _tops(self, part: Part, bottoms: list[Channels]) -> list[Channels]:
        kind, n_tops = part.type, len(part.view.tops)
        if kind in ("Convolution", "Deconvolution", "InnerProduct") and len(bottoms) == n_tops == 1:
            found = self._weighted(part, bottoms[0])
        elif kind in KEEPS_CHANNELS and n_tops == 1 and len(bottoms) == 1:
            found = self._kept(part, bottoms[0])
        elif kind == "Scale" and len(bottoms) == 2 and not part.param.scale_param.bias_term:
            found = self._unify(bottoms[0], bottoms[1]) if part.param.scale_param.axis in (0, 1) else None
        elif kind == "Eltwise":
            found = self._all_alike(bottoms)
        elif kind == "Concat":
            found = self._concatenated(part, bottoms)
        elif kind == "Flatten" and part.param.flatten_param.axis == 1 and part.param.flatten_param.end_axis == -1:
            found = Channels(bottoms[0].spaces, flat=True)
        elif kind == "Crop" and part.param.crop_param.axis >= 2:
            return bottoms[:1]
        elif kind == "Silence":
            return []
        else:
            found = None
        if found is not None:
            return [found]
        self._fix(bottoms, f"layer '{part.name}' ({kind}) takes them")
        return [_fixed(f"layer '{part.name}' ({kind}) makes them") for _ in range(n_tops)]

    def _weighted(self, part: Part, bottom: Channels) -> Channels | None:
        if part.type == "InnerProduct":
            message, group, axis = part.param.inner_product_param, 1, part.param.inner_product_param.axis
        else:
            message = part.param.convolution_param
            group, axis = message.group, message.axis
        outputs = int(message.num_output)
        if axis != 1 or (bottom.flat and part.type != "InnerProduct"):
            return None
        if group == outputs == sum(space.root.size for space in bottom.spaces) and group > 1:
            self.one_by_one[part.index] = bottom
            return bottom
        if group > 1:
            return None
        space = Space(outputs, producers=[part])
        self.taken[part.index], self.made[part.index] = bottom, space
        return Channels((space,))

    def _kept(self, part: Part, bottom: Channels) -> Channels | None:
        param = part.param
        if part.type in ("BatchNorm", "Scale", "Bias", "PReLU"):
            if bottom.flat:
                return None
            for message in (param.scale_param, param.bias_param):
                if part.type in ("Scale", "Bias") and (message.axis, message.num_axes) != (1, 1):
                    return None
            if part.type != "PReLU" or not param.prelu_param.channel_shared:
                self.one_by_one[part.index] = bottom
        return bottom if part.type != "BN" else None

    def _all_alike(self, bottoms: Sequence[Channels]) -> Channels | None:
        for other in bottoms[1:]:
            if self._unify(bottoms[0], other) is None:
                return None
        return bottoms[0]

    def _concatenated(self, part: Part, bottoms: Sequence[Channels]) -> Channels | None:
        message = part.param.concat_param
        axis = message.concat_dim if message.HasField("concat_dim") else message.axis
        if axis != 1:
            return self._all_alike(bottoms) if axis >= 0 else None
        if any(bottom.flat or not space.root.size for bottom in bottoms for space in bottom.spaces):
            return None
        return Channels(tuple(space for bottom in bottoms for space in bottom.spaces))

    def _unify(self, one: Channels, other: Channels) -> Channels | None:
        """Makes two lists of spaces the same ones; None (and both fixed by the caller) where they are cut otherwise."""
        roots = [[space.root for space in channels.spaces] for channels in (one, other)]
        if [space.size for space in roots[0]] != [space.size for space in roots[1]] or one.flat != other.flat:
            self._fix([one, other], "they are added to channels of another cut")
            return None
        for a, b in zip(*roots, strict=True):
            if a.root is not b.root:
                a, b = a.root, b.root
                b.merged = a
                a.producers += b.producers
                a.fixed = a.fixed or b.fixed
        return one

    def _fix(self, channels: Iterable[Channels], why: str) -> None:
        for one in channels:
            for space in one.spaces:
                space.root.fixed = space.root.fixed or why


def _fixed(why: str) -> Channels:
    return Channels((Space(0, why),))
