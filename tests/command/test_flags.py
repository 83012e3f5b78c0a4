"""Flags in gflags' manner."""

from __future__ import annotations

from pathlib import Path

import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.command.flags import Flags, parse, usage
from pycaffe_ext.errors import CaffeError, OptionError, UnknownNameError


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


GIVEN = {  # whether the real tool takes it, and what it then means
    "-iterations=0x1F": Flags(iterations=31),
    "-iterations= +5": Flags(iterations=5),
    "-level=-3": Flags(level=-3),
    "-iterations=5 ": None,
    "-iterations=1_000": None,
    "-iterations=1e3": None,
    "-iterations=4294967296": None,
    "---level=1": None,
    "-nolevel": None,
    "-level": None,
    "-stage=": Flags(),
    "-v=1 --stderrthreshold=0 -vmodule=a=1 -logbuflevel=-1 -max_log_size=9": Flags(),
    "-colorlogtostderr -nostop_logging_if_full_disk -log_link=x -logfile_mode=420": Flags(),
    "-nolog_prefix": Flags(log_prefix=False),
    "-undefok=foo,b_ar -foo=3 -b_ar=1": Flags(),
    "-undefok=foo -bar=3": None,
    "-flagfile=first,second -level=4": Flags(level=4, iterations=7, stage="a b"),
    "-flagfile=absent": None,
}


@needs_real_caffe
def test_the_real_tool_takes_the_same_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        Path("first").write_text("# comment\n\n  -iterations=7\n--level=3\n")
        Path("second").write_text("-stage=a b\n")
        for given, flags in GIVEN.items():
            arguments = ["device_query", *([given] if " +" in given or given.endswith(" ") else given.split())]
            done = real.run("caffe", *arguments, check=False)
            assert (done.returncode == 0) == (flags is not None), (given, done.stderr)
            if flags is not None:
                assert parse(arguments) == (["device_query"], flags), given
            else:
                with pytest.raises(CaffeError):
                    parse(arguments)
