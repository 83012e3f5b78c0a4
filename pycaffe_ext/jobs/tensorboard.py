"""Rows as TensorBoard events."""

from __future__ import annotations

from ..errors import FileError, OptionError
from ..logs import Row


class TensorBoard:
    """Writes each row to `folder`: NAME/train and NAME/test (NAME/test1 for test net 1, and so on).

    `iteration`: events of an earlier run from there on are hidden. Raises OptionError without tensorboard, FileError.
    """

    def __init__(self, folder: str, iteration: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise OptionError("--tensorboard needs the package tensorboard: pip install tensorboard") from error
        try:
            self._writer = SummaryWriter(folder, purge_step=iteration)
        except OSError as error:
            raise FileError(folder, f"cannot be written: {error.strerror}") from error

    def __call__(self, row: Row) -> None:
        which = f"{row.phase}{row.net or ''}"
        values = {"total_loss": row.total_loss, "lr": row.rate, **row.outputs}
        for name, value in values.items():
            if value is not None:
                self._writer.add_scalar(f"{name}/{which}", value, row.iteration)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
