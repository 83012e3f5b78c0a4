"""tools/doctor.py as users run it, on nets with the slips that people have asked about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from doctor.examine import ROOT, data, fc, given, images, layer, loss, maps

from pycaffe_ext.doctor import checks
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

REGIONS = Path(__file__).parent / "files" / "regions.prototxt"


def doctor(*arguments: str | Path, folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "doctor.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    """Images 12 x 16 and label maps at half their size, of which 9 in 10 pixels are background."""
    images(tmp_path / "images_lmdb", [0] * 4, (12, 16))
    label = np.zeros((6, 8), np.uint8)
    label[1, 1:3], label[4, 5:7], label[3, 3] = 1, 2, 3
    maps(tmp_path / "labels_lmdb", [label] * 4)
    write_binary(tmp_path / "mean.binaryproto", array_to_blob(np.full((1, 3, 12, 16), 110.0), legacy=True))
    (tmp_path / "train_val.prototxt").write_text(REGIONS.read_text())
    return tmp_path


def test_the_net_of_facial_regions(regions: Path) -> None:
    """A second relu2 on the scores, and classes of very different size; mean file and databases are right."""
    found = json.loads(doctor("train_val.prototxt", "--json", folder=regions, status=1).stdout)
    assert [(one["severity"], one["check"], one["line"]) for one in found["findings"]] == [
        ("error", "activation-before-loss", 62),
        ("warning", "class-balance", 76),
        ("note", "duplicate-names", 62),
    ]
    assert {"mean", "random-apart", "label-maps", "labels", "net-builds"} <= set(found["checked"])
    assert found["counts"] == {"error": 1, "warning": 1, "note": 1}
    assert "lines 62 to 67" in found["findings"][0]["remedy"]
    assert "always class 0 is right for 89.6%" in found["measured"][0]


def test_its_page(regions: Path) -> None:
    page = doctor("train_val.prototxt", folder=regions, status=1).stdout
    assert page.startswith("error  train_val.prototxt:62  layer 'relu2'  [activation-before-loss]\n")
    assert page.endswith("\ntrain_val.prototxt: 1 error, 1 warning, 1 note\n")
    assert page.index("error  ") < page.index("warning  ") < page.index("note  ") < page.index("checked:")
    assert "the solver (--solver S): test-iter" in page
    assert max(map(len, page.splitlines())) <= 100


def test_cured_by_hand_and_by_weights(regions: Path) -> None:
    """What the remedies say: lines 62 to 67 go, the loss is weighed."""
    lines = (regions / "train_val.prototxt").read_text().splitlines(keepends=True)
    (regions / "train_val.prototxt").write_text("".join(lines[:61] + lines[67:]))
    page = doctor("train_val.prototxt", "--write-class-weights", "w.binaryproto", folder=regions).stdout
    text = (regions / "train_val.prototxt").read_text()
    pasted = page[page.index("\nlayer {") :]
    (regions / "train_val.prototxt").write_text(text[: text.rindex("layer {")] + pasted)
    page = doctor("train_val.prototxt", folder=regions).stdout
    assert page.startswith("Nothing found.\n") and page.endswith("train_val.prototxt: nothing found\n")
    assert "activation-before-loss: ReLU or another activation" in page  # what was checked, in words


def test_nothing_found_names_what_was_not_checked(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(data("far/away_lmdb") + fc("fc", "data", 3) + loss("fc"))
    page = doctor("net.prototxt", folder=tmp_path).stdout
    assert page.startswith("Nothing found.")
    assert "'far/away_lmdb', which is not there (--db far/away_lmdb=PATH): class-balance" in page
    images(tmp_path / "away_lmdb", [0, 1, 2, 3])
    for given_as in ("away_lmdb", "far/away_lmdb=away_lmdb"):
        assert "label 3" in doctor("net.prototxt", "--db", given_as, folder=tmp_path, status=1).stdout


def test_sources_are_found_beside_and_above_the_net(tmp_path: Path) -> None:
    images(tmp_path / "data_lmdb", [0, 1, 5])
    (tmp_path / "nets/one").mkdir(parents=True)
    (tmp_path / "nets/one/net.prototxt").write_text(data("data_lmdb") + fc("fc", "data", 3) + loss("fc"))
    assert "label 5" in doctor("one/net.prototxt", folder=tmp_path / "nets", status=1).stdout


def test_deploy_beside_train_val(tmp_path: Path) -> None:
    source = images(tmp_path / "db", [0, 1, 2, 0])
    (tmp_path / "net.prototxt").write_text(data(str(source), transform="scale: 0.5") + fc("fc", "data", 3) + loss("fc"))
    right = given("data 1 3 8 9") + fc("fc", "data", 3) + layer("prob", "Softmax", "fc", "prob")
    for text, words in (
        (right, ""),
        (right.replace("num_output: 3", "num_output: 4"), "num_output is 4, and 3 in training"),
        (right.replace("dim: 9", "dim: 7"), "input 'data' is 3x8x7, and 3x8x9 in testing"),
        (right.replace('name: "fc"', 'name: "fc9"'), "no layer of 'net.prototxt' bears its name"),
        (given("data 1 3 8 9") + fc("fc", "data", 3), "has no Softmax here"),
    ):
        (tmp_path / "deploy.prototxt").write_text(text)
        status = 1 if words and "Softmax" not in words else 0
        done = doctor("net.prototxt", "--deploy", "deploy.prototxt", "--json", folder=tmp_path, status=status)
        found = json.loads(done.stdout)
        problems = [one["problem"] for one in found["findings"] if one["check"] == "deploy-match"]
        assert [words in one for one in problems] == [True] * bool(words), problems
        assert any("BGR, times 0.5" in line for line in found["measured"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.prototxt"], "none.prototxt: cannot be read"),
        (["solver.prototxt"], "holds no layers; is this the net and not the solver?"),
        (["net.prototxt", "--db", "x=net.prototxt"], "the net has no source 'x'; it names 'db'"),
        (["net.prototxt", "--db", "db=nowhere"], "'nowhere' does not exist"),
        (["net.prototxt", "--weights", "net.prototxt"], "net.prototxt"),
        (["net.prototxt", "--write-class-weights", "w"], "has labels that can be read"),
        (["net.prototxt", "--sample", "-1"], "--sample is 0 or more"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "net.prototxt").write_text(data("db") + fc("fc", "data", 3) + loss("fc"))
    (tmp_path / "solver.prototxt").write_text("base_lr: 1\n")
    done = doctor(*arguments, folder=tmp_path, status=2)
    assert words in done.stderr and not done.stdout
    assert not (tmp_path / "w").exists()


def test_help_and_what_each_check_looks_for(tmp_path: Path) -> None:
    assert "examples:" in doctor("--help", folder=tmp_path).stdout
    assert all(check.__doc__ and "\n" not in check.__doc__ for check in checks().values())
    assert len(checks()) >= 15


def test_nothing_here_loads_torch(regions: Path) -> None:
    code = (
        "import sys; from pycaffe_ext.doctor import *; from pycaffe_ext.text import Document\n"
        "examine(Case(Document.read('train_val.prototxt'))); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=regions, check=True, env={"PYTHONPATH": str(ROOT)})
