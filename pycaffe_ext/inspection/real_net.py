"""A net whose layers real Caffe runs, in a process of its own: what looks inside cannot tell it from the engine's."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections import OrderedDict
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any
from weakref import proxy

import numpy as np
import torch

from ..bvlc import Place, RealCaffe
from ..engine.blob import Blob
from ..engine.failures import naming
from ..engine.net import Net
from ..proto import caffe_pb2
from ..proto.files import write_text


class RealNet(Net):
    """A net in the TEST phase, shaped here and run there: data goes over before a pass, and comes back when asked for.

    Parameters' diffs stay there. Hooks of passes forward are not called.
    """

    _caffe: RealCaffe | None = None  # until it is built here

    def __init__(self, param: Any, weights: str | PathLike[str] | None, place: Place, gpu: int | None = None) -> None:
        """`param`: a NetParameter; without `weights` both sides have what our fillers draw.

        Raises what building a Net raises, OptionError where `place` has no pycaffe, and CheckFailed.
        """
        given = caffe_pb2.NetParameter()
        given.CopyFrom(param)
        self._stale: set[str] = set()  # blobs whose data is over there alone
        super().__init__(param, caffe_pb2.TEST, weights=weights)
        aside = tempfile.TemporaryDirectory(prefix=".caffe-", dir=".")  # below the current folder: seen by both sides
        self._aside = Path(aside.name).resolve()
        file = self._aside / "net.prototxt"
        write_text(file, given)
        try:
            self._caffe = RealCaffe(place, [self._aside], gpu=gpu is not None)
        except BaseException:
            aside.cleanup()
            raise
        self._end = weakref.finalize(self, _end, self._caffe, aside)
        self._caffe.ask("load_net", file=os.fspath(file), phase="TEST", weights=[self._saved()], gpu=gpu)

    @cached_property
    def blobs(self) -> OrderedDict[str, Blob]:
        """Blobs by name; looking one up brings its data here."""
        return _Fetching(self)

    def copy_from(self, path: str | PathLike[str]) -> None:
        """As Net's, on both sides."""
        super().copy_from(path)
        if self._caffe is not None:
            self._caffe.ask("copy_weights", file=self._saved())

    def close(self) -> None:
        """Ends real Caffe's process."""
        super().close()
        self._end()

    def _saved(self) -> str:
        path = os.fspath(self._aside / "net.caffemodel")
        self.save(path)
        return path

    def _forward(self, start: int, end: int) -> float:
        for i in range(start, end + 1):
            with naming(self.layers[i].param, self._bottoms[i]):
                self._reshape_if_needed(i)
        sources, made = self._ends(start, end)
        held = {f"data/{name}": self._blob(name).data for name in sources if name not in self._stale}
        assert self._caffe is not None
        self._caffe.ask("run_layers", inputs=self._written(held), first=start, last=end)
        self._stale |= made
        return 0.0

    def _backward(self, start: int, end: int) -> None:
        if not self._is_watched:
            self._run_back(start, end)
            return
        for i in range(start, end - 1, -1):
            for hook in self._hooks["before_backward"]:
                hook(i)
            self._run_back(i, i)
            for hook in self._hooks["after_backward"]:
                hook(i)

    def _run_back(self, last: int, first: int) -> None:
        """The diffs of the tops of layers first..last go over, those of what goes into these layers come back."""
        sources, made = self._ends(first, last)
        if not made:  # Input layers hand nothing on
            return
        held = {f"diff/{name}": self._blob(name).diff for name in made if self._blob(name).has_grad}
        found = self._asked("run_back", inputs=self._written(held), first=first, last=last, wanted=sorted(sources))
        for name, diff in found.items():
            self._blob(name).grad = torch.from_numpy(diff)

    def _ends(self, first: int, last: int) -> tuple[set[str], set[str]]:
        """The blobs that layers first..last take from elsewhere (those of Input layers too), and those they make."""
        sources: set[int] = set()
        made: set[int] = set()
        for i in range(first, last + 1):
            sources |= set(self._wiring.bottoms[i]) - made
            (sources if self.layers[i].type == "Input" else made).update(self._wiring.tops[i])
        return {self._blob_names[i] for i in sources}, {self._blob_names[i] for i in made}

    def _blob(self, name: str) -> Blob:
        """Without bringing its data here."""
        return self._blobs[self._blob_names.index(name)]

    def _fetch(self, name: str) -> None:
        if name in self._stale:
            self._stale.remove(name)
            (data,) = self._asked("read_blobs", names=[name]).values()
            self._blob(name).tensor = torch.from_numpy(data)

    def _written(self, arrays: dict[str, Any]) -> str:
        path = os.fspath(self._aside / "there.npz")
        np.savez(path, **arrays)
        return path

    def _asked(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The arrays that the worker's function writes, by the blobs' names."""
        assert self._caffe is not None
        into = self._aside / "back.npz"
        self._caffe.ask(do, into=os.fspath(into), **arguments)
        with np.load(into) as file:
            return {key[5:]: file[key] for key in file.files}


class _Fetching(OrderedDict[str, Blob]):
    def __init__(self, net: RealNet) -> None:
        super().__init__(zip(net._blob_names, net._blobs, strict=True))
        self._net = proxy(net)

    def __getitem__(self, name: str) -> Blob:
        blob = super().__getitem__(name)
        self._net._fetch(name)
        return blob


def _end(caffe: RealCaffe, aside: tempfile.TemporaryDirectory[str]) -> None:
    caffe.close()
    aside.cleanup()
