"""Flags in gflags' manner."""

from __future__ import annotations

import pytest

from pycaffe_ext.command.flags import Flags, parse, usage
from pycaffe_ext.errors import OptionError, UnknownNameError


@pytest.mark.parametrize("given", [["-solver", "x"], ["--solver", "x"], ["-solver=x"], ["--solver=x"]])
def test_one_and_two_dashes_space_and_equals_are_the_same(given: list[str]) -> None:
    assert parse(["train", *given]) == (["train"], Flags(solver="x"))
    assert parse([*given, "train"]) == (["train"], Flags(solver="x"))


def test_every_kind_of_value() -> None:
    rest, flags = parse(["test", "-level", "-1", "--iterations=3", "-stage=a,b", "-logtostderr", "-noalsologtostderr"])
    assert rest == ["test"]
    assert (flags.level, flags.iterations, flags.stages) == (-1, 3, ["a", "b"])
    assert (flags.logtostderr, flags.alsologtostderr) == (True, False)
    assert parse(["-logtostderr=0", "-sigint-effect", "none"])[1] == Flags(logtostderr=False, sigint_effect="none")
    assert parse(["-weights", "a", "-weights", "b"])[1].weights == "b"
    assert parse(["-model=a=b", "--", "-solver"]) == (["-solver"], Flags(model="a=b"))


def test_no_stage_is_one_without_a_name() -> None:
    assert Flags().stages == [""]  # the C++ tool's log shows it too


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no command line flag 'solvr'; did you mean 'solver'"):
        parse(["-solvr=x"])
    with pytest.raises(OptionError, match="flag '-solver' is missing its argument"):
        parse(["train", "-solver"])
    with pytest.raises(OptionError, match="flag '-iterations' takes a whole number, got 'many'"):
        parse(["-iterations=many"])
    with pytest.raises(OptionError, match="flag '-logtostderr' takes true or false, got '2'"):
        parse(["-logtostderr=2"])


def test_usage_has_every_flag() -> None:
    assert all(f"  -{name} " in usage() for name in vars(Flags()))
