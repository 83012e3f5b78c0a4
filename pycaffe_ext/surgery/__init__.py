"""Operations on nets, as edits to their text: everything that an operation is not about stays to the byte.

document = Document.read("train_val.prototxt")
document = document.apply(freeze_all(document))
document = document.apply(rename(document, "fc8", "fc8_flickr"))
document.write("finetune.prototxt")

`perform(document, [Request("--freeze-all"), Request("--unfreeze", "conv5")])` does what the command does,
its checks included; given `Weights.read("caffenet.caffemodel")` as well, it changes them along. What the modules
in `operations` name in their __all__ can be imported from here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operation import Operation, Option, Request
from .runner import Step, modules, operations, perform, steps
from .table import learning_rows, learning_table

if TYPE_CHECKING:
    from .weights import Weights

__all__ = ["Operation", "Option", "Request", "Step", "Weights", "learning_rows", "learning_table", "operations"]
__all__ += ["perform", "steps"]
__all__ += [name for module in modules() for name in module.__all__]


def __getattr__(name: str) -> Any:
    if name == "Weights":
        from .weights import Weights  # not above: it brings numpy, which a command's --help can do without

        return Weights
    for module in modules():
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
