"""The CSV log: what is written reads back, row by row."""

from __future__ import annotations

import csv
from math import inf, isnan, nan
from pathlib import Path

import pytest

from pycaffe_ext.errors import FileError
from pycaffe_ext.logs.csv_log import CsvLog, read_log
from pycaffe_ext.logs.rows import Row

TEST = Row(0, 0.5, "test", 0, None, 2.25, {"accuracy": 0.125, "loss": 2.25})
TRAIN = Row(0, 1.25, "train", None, 0.01, 2.5, {"loss": 2.5})


def test_rows_read_back(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "log.csv", [])
    log(TEST)
    log(TRAIN)
    assert (tmp_path / "log.csv").read_text() == (
        "iteration,seconds,phase,net,lr,total_loss,accuracy,loss\n"
        "0,0.500,test,0,,2.25,0.125,2.25\n"
        "0,1.250,train,,0.01,2.5,,2.5\n"
    )
    assert read_log(tmp_path / "log.csv") == [TEST, TRAIN]


def test_each_row_is_there_at_once_and_columns_grow(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log = CsvLog(path, [])
    assert read_log(path) == []
    log(TRAIN)
    assert read_log(path) == [TRAIN]
    log(TEST)
    assert read_log(path) == [TRAIN, TEST]


def test_kept_rows_stay_in_front(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "log.csv", [TEST])
    log(TRAIN)
    assert read_log(tmp_path / "log.csv") == [TEST, TRAIN]


def test_odd_names_and_numbers(tmp_path: Path) -> None:
    row = Row(3, 1, "train", None, 1e-9, nan, {"loss,1": inf, "lr": 5.0, 'say "x"': -inf, "per_class[0]": 1 / 3})
    CsvLog(tmp_path / "log.csv", [])(row)
    (read,) = read_log(tmp_path / "log.csv")
    assert read.outputs == pytest.approx(row.outputs, rel=1e-6)
    assert read.rate == 1e-9
    assert read.total_loss is not None
    assert isnan(read.total_loss)
    with open(tmp_path / "log.csv", newline="") as file:
        (cells,) = csv.DictReader(file)
    assert (cells["lr"], cells["lr (output)"]) == ("1e-09", "5")


def test_a_row_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    CsvLog(path, [TEST, TRAIN])
    whole = path.read_bytes()
    for cut in range(1, len("0,1.250,train,,0.01,2.5,,2.5\n") + 1):
        path.write_bytes(whole[:-cut])
        assert read_log(path) == [TEST]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "not a log"),
        ("iteration,price\n1,2\n", "not a log"),
        ("iteration,seconds,phase,net,lr,total_loss\nx,1,train,,,\n", "is damaged: invalid literal"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "log.csv").write_text(content)
    with pytest.raises(FileError, match=problem):
        read_log(tmp_path / "log.csv")


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent/log\.csv: cannot be written: No such file"):
        CsvLog(tmp_path / "absent" / "log.csv", [])
    log = CsvLog(tmp_path / "log.csv", [TEST])
    (tmp_path / "log.csv").unlink()
    (tmp_path / "log.csv").mkdir()
    with pytest.raises(FileError, match=r"log\.csv: cannot be written: Is a directory"):
        log(TRAIN)
