"""PairedData as a Python layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..datasets.array_types import Floats
from ..datasets.batch_process import BatchProcess, interpreter
from ..datasets.pairs.batches import PairBatch, open_pairs
from ..datasets.pairs.settings import PairSettings
from ..datasets.prefetch import Prefetcher
from ..errors import OptionError

if TYPE_CHECKING:
    Layer = Any
else:
    try:
        from caffe import Layer
    except ImportError:  # for a script that uses the class on the torch engine
        from ..engine.python_layers import Layer

_TRAIN = 0


class PairedData(Layer):  # type: ignore[misc]
    """Images and their label maps from two LMDBs with the same keys, cropped, scaled, turned and mirrored as one.

        layer {
          name: "data" type: "Python" top: "data" top: "label"
          python_param {
            module: "pycaffe_ext.layers" layer: "PairedData"
            param_str: "source: train_images; label_source: train_labels; batch_size: 8; crop_size: 321x321;"
                       "mirror: true; mirror_labels: 4:5; random_scale: 0.75 1.25; random_rotation: 10;"
                       "shuffle: true; mean_value: 104 117 123"
          }
        }

    Tops: data, N x C x H x W, and labels, N x 1 x h x w; a label map may be 1/k of its image's size (make_lmdb.py
    --label-scale 1/k), and so is its crop. In phase TEST crops are centred, and nothing else is random.

    param_str is JSON, or "name: value" with ";" or line ends between:
      source, label_source    the LMDBs
      batch_size              1; with 1 and no crop_size images may have many sizes
      crop_size               HEIGHTxWIDTH or one number; where it is larger than the image, the rest lies outside
      mirror                  true mirrors every other pair, by chance
      mirror_labels           1:2, 3:4: labels that change places in mirrored maps (left and right eye)
      random_scale            least and most, such as 0.5 2: the image is scaled by a number between
      random_rotation         degrees: it is turned by up to so much, in either direction
      shuffle                 true: in a new order in each round
      mean_value, scale       data = (pixel - mean_value) * scale, as in transform_param; one value or one per channel
      ignore_label            255: the label outside of the image, where data is 0
      seed                    the same seed gives the same batches, in either engine; none: others in each run
      prefetch                4: batches made ahead (in real Caffe on Linux by a process of their own)
      threads                 that decode and transform (default: as many as cores, at most 4)

    Images are interpolated, labels never: each is the nearest one.
    """

    def setup(self, bottom: Any, top: Any) -> None:
        """Opens the databases. Raises OptionError, FileError, DataError."""
        if len(bottom) or len(top) != 2:
            raise OptionError(f"PairedData has no bottom and two tops, not {len(bottom)} and {len(top)}")
        settings = PairSettings.parse(self.param_str)
        seed = settings.seed if settings.seed is not None else int.from_bytes(os.urandom(4), "little")
        told = {"param_str": self.param_str, "training": self.phase == _TRAIN, "seed": seed}
        self._ahead: BatchProcess | Prefetcher[PairBatch]
        if interpreter() and not Layer.__module__.startswith("pycaffe_ext"):  # in real Caffe
            self._ahead = BatchProcess(f"{open_pairs.__module__}:{open_pairs.__name__}", told, settings.prefetch)
            self._ahead.check()
        else:
            self._ahead = Prefetcher(open_pairs(**told).load, settings.prefetch)
        self._batch: Sequence[Floats] | None = None

    def reshape(self, bottom: Any, top: Any) -> None:
        """Takes the next batch, unless the one before was not used yet."""
        if self._batch is None:
            self._batch = self._ahead.next()
        for place, array in enumerate(self._batch):
            top[place].reshape(*array.shape)

    def forward(self, bottom: Any, top: Any) -> None:
        """Writes the batch into the tops."""
        assert self._batch is not None  # reshape comes first
        for place, array in enumerate(self._batch):
            top[place].data[...] = array
        self._batch = None

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        """Nothing: data has no gradient."""
