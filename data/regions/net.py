"""A net for regions of faces as beginners write it, and what mends it: each of its faults can be there or not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from pycaffe_ext.net_spec import NetSpec, layers

CLASSES = ("background", "eyes", "nose", "mouth")
MEAN = (90, 104, 130)  # blue, green, red of the training images
SIDE = 96


@dataclass(frozen=True)
class Faults:
    """What is wrong with a net; the fields' comments say what the sound net has instead."""

    relu_on_scores: bool = False  # bare scores
    unweighted_loss: bool = False  # InfogainLoss, the classes weighted by median frequency
    small_weights: bool = False  # gaussian, 0.01, and not msra
    no_mean: bool = False  # the mean is subtracted
    no_fillers: bool = False  # (a fault that people make as well) Caffe's default: every weight 0


ASKED = Faults(relu_on_scores=True, unweighted_loss=True, small_weights=True, no_mean=True)
SOUND = Faults()
NAMES = tuple(field.name for field in fields(Faults))


def variants() -> dict[str, Faults]:
    """The net as asked about, the sound one, each with one fault taken away or put in; and with the two that matter."""
    found = {"as asked": ASKED, "sound": SOUND}
    asked = [name for name in NAMES if getattr(ASKED, name)]
    found |= {f"as asked, without {name}": replace(ASKED, **{name: False}) for name in asked}
    both = {"relu_on_scores": False, "small_weights": False}
    found[f"as asked, without {' and '.join(both)}"] = replace(ASKED, **both)
    return found | {f"sound, with {name}": replace(SOUND, **{name: True}) for name in NAMES}


def train_net(faults: Faults, images: str, labels: str, weights: str) -> Any:
    """The NetParameter to train. `images`, `labels`: LMDBs; `weights`: the binaryproto of InfogainLoss."""
    net = NetSpec()
    transform = {"scale": 1 / 256} | ({} if faults.no_mean else {"mean_value": list(MEAN)})
    net.data = layers.Data(source=images, batch_size=16, backend=1, transform_param=transform)
    net.label = layers.Data(source=labels, batch_size=16, backend=1)
    _body(net, faults)
    if faults.unweighted_loss:
        net.loss = layers.SoftmaxWithLoss(net.score, net.label)
    else:
        net.loss = layers.InfogainLoss(net.score, net.label, infogain_loss_param={"source": weights})
    return _named(net)


def deploy_net(faults: Faults) -> Any:
    """The NetParameter for use: prob, N x 4 x 24 x 24."""
    net = NetSpec()
    net.data = layers.Input(shape={"dim": [1, 3, SIDE, SIDE]})
    _body(net, faults)
    net.prob = layers.Softmax(net.score)
    return _named(net)


def _named(net: NetSpec) -> Any:
    found = net.to_proto()
    found.name = "Regions"
    return found


def _body(net: NetSpec, faults: Faults) -> None:
    bottom = net.data
    for index, width in enumerate((16, 32, 32, 32), 1):
        bottom = _convolution(bottom, faults, width, kernel=5)
        setattr(net, f"conv{index}", bottom)
        setattr(net, f"relu{index}", layers.ReLU(bottom, in_place=True))
        if index < 3:
            bottom = layers.Pooling(bottom, pool=0, kernel_size=2, stride=2)
            setattr(net, f"pool{index}", bottom)
    net.score = _convolution(bottom, faults, len(CLASSES), kernel=1)
    if faults.relu_on_scores:
        net.relu_score = layers.ReLU(net.score, in_place=True)


def _convolution(bottom: Any, faults: Faults, width: int, kernel: int) -> Any:
    filler = {"type": "gaussian", "std": 0.01} if faults.small_weights else {"type": "msra"}
    return layers.Convolution(
        bottom,
        num_output=width,
        kernel_size=kernel,
        pad=kernel // 2,
        param=[{"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 2, "decay_mult": 0}],
        **({} if faults.no_fillers else {"weight_filler": filler}),
    )
