"""One warning when the loss is lost: no number, infinite, or 87.3365."""

from __future__ import annotations

from math import isfinite

from .events import Event, Listener, Started, Stepped, Warned

_LOG_OF_LEAST_FLOAT = 87.3365  # -log(FLT_MIN): what SoftmaxWithLoss gives where the softmax is 0


class Alarm:
    """A listener that tells `tell` a Warned the first time that the loss goes wrong."""

    def __init__(self, tell: Listener) -> None:
        self._tell = tell
        self._done = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._rate = event.param.base_lr
        if self._done or not isinstance(event, Stepped):
            return
        if not isfinite(event.loss):
            what = f"the loss is {event.loss}, and the weights are most likely lost"
        elif abs(event.loss - _LOG_OF_LEAST_FLOAT) < 1e-3:
            what = "the loss is 87.3365 = -log(FLT_MIN): the softmax gave the true classes the probability 0"
        else:
            return
        self._done = True
        remedies = (
            f"a smaller base_lr (it is {self._rate:g}), inputs scaled to about -1..1 or without their mean,"
            " clip_gradients, fillers (xavier, msra), labels within 0..num_output-1"
        )
        self._tell(Warned(event.iteration, f"iteration {event.iteration}: {what}; usual remedies: {remedies}"))
