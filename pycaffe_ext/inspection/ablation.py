"""What a net loses without a part: it is trained anew without it, for the same budget, and tested."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ..engine.events import Event, Stepped, Tested
from ..engine.solver import Solver, get_solver
from ..errors import CaffeError, OptionError, UnknownNameError
from ..model.load import read_solver
from ..proto import caffe_pb2
from ..proto.files import parse_text
from ..surgery import Request, Weights, operations, perform
from ..text import Document


class Variant(NamedTuple):
    """A changed net: its name in tables, and the operations of surgery.py that make it."""

    name: str
    requests: tuple[Request, ...] = ()


class Trained(NamedTuple):
    """One training: the number of parameters, the loss averaged over the last tenth of the iterations, and the test
    net's outputs at the end, by name.
    """

    variant: str
    seed: int
    parameters: int
    train_loss: float
    outputs: dict[str, float]


def parse_variant(text: str) -> Variant:
    """ "no conv4: --remove conv4 --remove relu4". Raises OptionError, UnknownNameError for no operation."""
    name, colon, rest = text.partition(":")
    if not colon or not name.strip() or not rest.strip():
        raise OptionError(f"--variant is 'NAME: OPERATIONS of surgery.py', not '{text}'")
    known = {option.flag: option for operation in operations() for option in operation.options}
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise OptionError(f"--variant {name}: {error}") from None
    requests = []
    while words:
        flag, equals, value = words.pop(0).partition("=")
        if flag not in known:
            raise UnknownNameError("operation", flag, known, where=f"--variant {name.strip()}")
        metavar = known[flag].metavar
        if not equals and metavar:
            if words and not words[0].startswith("--"):
                value = words.pop(0)
            elif not metavar.startswith("["):
                raise OptionError(f"--variant {name.strip()}: {flag} takes {metavar}")
        requests.append(Request(flag, value))
    return Variant(name.strip(), tuple(requests))


def train_variant(
    solver_file: str, variant: Variant, *, iterations: int, seed: int = 1, weights: str | None = None,
    done: Callable[[], None] = lambda: None,
) -> Trained:  # fmt: skip
    """Trains a variant of the solver's net for `iterations` and tests it with the first test net.

    The solver's other settings stay, and its files; a rate that falls until max_iter (poly) falls within the budget.
    `weights`: to start from, changed along with the net (else from its fillers). `done` is called after every
    iteration.

    Raises OptionError for a solver without one `net` and a test, and for a net that cannot be, with the variant's name.
    """
    param, carried = changed_net(solver_file, variant, weights)
    _set_budget(param, iterations, seed)
    with _naming(variant):
        solver = get_solver(param)
        try:
            if carried:
                _start_from(solver, carried)
            return _train(solver, variant, iterations, seed, done)
        finally:
            solver.close()


def changed_net(solver_file: str, variant: Variant, weights: str | None = None) -> tuple[Any, Weights | None]:
    """The solver's SolverParameter with the variant's net in it, and the weights changed along. Raises as above."""
    param = read_solver(solver_file)
    if not param.HasField("net") or not param.test_iter:
        raise OptionError(f"{solver_file}: ablation needs a solver with `net` and `test_iter`")
    with _naming(variant):
        carried = Weights.read(weights) if weights else None
        document = perform(Document.read(param.net), variant.requests, carried)
        text = document.to_bytes().decode(errors="replace")
        param.net_param.CopyFrom(parse_text(text, caffe_pb2.NetParameter(), file=param.net))
    param.ClearField("net")
    return param, carried


@contextmanager
def _naming(variant: Variant) -> Iterator[None]:
    try:
        yield
    except CaffeError as error:
        raise OptionError(f"variant '{variant.name}': {error}") from error


def _set_budget(param: Any, iterations: int, seed: int) -> None:
    param.max_iter = param.test_interval = iterations
    param.random_seed = seed
    param.test_initialization = param.snapshot_after_train = False
    param.ClearField("weights")
    param.display = param.snapshot = 0
    del param.test_iter[1:]
    del param.test_state[1:]


def _start_from(solver: Solver, weights: Weights) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "start.caffemodel"
        weights.write(path)
        solver.net.copy_from(path)


def _train(solver: Solver, variant: Variant, iterations: int, seed: int, done: Callable[[], None]) -> Trained:
    losses: list[float] = []
    outputs: dict[str, float] = {}

    def note(event: Event) -> None:
        if isinstance(event, Stepped):
            losses.append(event.loss)
            done()
        elif isinstance(event, Tested):
            outputs.update({output.name: output.value for output in event.outputs})

    solver.listeners.append(note)
    solver.solve_on()
    parameters = sum(learnable.blob.tensor.numel() for learnable in solver.net.learnables)
    last = losses[-max(1, iterations // 10) :]
    return Trained(variant.name, seed, parameters, sum(last) / len(last), outputs)
