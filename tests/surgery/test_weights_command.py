"""surgery.py with weights: what it writes, shows and refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from surgery.small_net import net, weights

from pycaffe_ext.surgery import Weights

ROOT = Path(__file__).resolve().parents[2]


def surgery(*arguments: str, folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "surgery.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    net().write(tmp_path / "deploy.prototxt")
    weights().write(tmp_path / "in.caffemodel")
    return tmp_path


WITH = ["deploy.prototxt", "--weights", "in.caffemodel"]
OUT = ["-o", "new.prototxt", "--save-weights", "out.caffemodel"]


def test_net_and_weights_change_together(folder: Path) -> None:
    done = surgery(*WITH, "--rename", "conv=first", "--replace-head", "fc=coins,2", *OUT, folder=folder)
    assert Weights.read(folder / "out.caffemodel").names == ["first"]
    assert done.stdout.splitlines()[-4:] == [
        "conv -> first  renamed  4 x 3 x 3 x 3, 4",
        "fc             dropped  5 x 96, 5",
        "",
        "1 renamed, 1 dropped",
    ]
    assert (folder / "in.caffemodel").read_bytes() == weights().to_bytes()


def test_dry_run_shows_both_and_writes_nothing(folder: Path) -> None:
    done = surgery(*WITH, "--num-output", "conv=3", "--dry-run", folder=folder)
    assert "+    num_output: 3" in done.stdout and "2 dropped" in done.stdout
    assert "conv   dropped  4 x 3 x 3 x 3, 4" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["deploy.prototxt", "in.caffemodel"]


def test_hdf5_by_name(folder: Path) -> None:
    surgery(*WITH, "--rename", "conv=c", "-o", "new.prototxt", "--save-weights", "out.caffemodel.h5", folder=folder)
    assert sorted(Weights.read(folder / "out.caffemodel.h5").names) == ["c", "fc"]


def test_nothing_asked_for_is_the_same_file_or_the_same_numbers(folder: Path) -> None:
    done = surgery(*WITH, "--save-weights", "same", folder=folder)
    assert (folder / "same").read_bytes() == (folder / "in.caffemodel").read_bytes()
    assert done.stdout.endswith("weights: all 2 layers are kept\n")
    surgery(*WITH, "--save-weights", "new.h5", folder=folder)
    assert (Weights.read(folder / "new.h5").blobs("fc")[0] == weights().blobs("fc")[0]).all()


def test_two_nets_one_file(folder: Path) -> None:
    (folder / "train_val.prototxt").write_text(net().text.replace("dim: 2", "dim: 64"))
    nets = ["deploy.prototxt", "train_val.prototxt", "--weights", "in.caffemodel", "--save-weights", "out.caffemodel"]
    surgery(*nets, "--keep-classes", "fc=1,3", "--in-place", folder=folder)
    assert Weights.read(folder / "out.caffemodel").shapes("fc") == [(2, 96), (2,)]
    assert (folder / "train_val.prototxt").read_text().count("num_output: 2") == 1
    (folder / "train_val.prototxt").write_text(net().text.replace('"fc"', '"ip"'))
    done = surgery(*nets, "--rename", "conv=c", "--remove", "[fi][cp]", "--in-place", folder=folder, status=2)
    assert "want different weights for layer 'fc'; operate on one net at a time" in done.stderr


def test_equivalences_are_proven(folder: Path) -> None:
    drop = 'layer { name: "drop" type: "Dropout" bottom: "pool" top: "pool" }\n'
    text = net().text.replace('layer { name: "fc"', drop + 'layer { name: "fc"')
    (folder / "deploy.prototxt").write_text(text)
    cv2.imwrite(str(folder / "image.png"), np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8))
    np.save(folder / "array.npy", np.ones((4, 3, 7, 9)))
    inputs = ["--input", "image.png", "--input", "array.npy"]
    done = surgery(*WITH, "--drop-dropout", "*", *inputs, *OUT, folder=folder)
    assert "--drop-dropout: largest relative difference 0\n" in done.stdout
    assert (folder / "new.prototxt").read_text() == net().text


LIE = """
import sys
sys.argv[0] = "surgery.py"
sys.path.insert(0, {tools!r})
from pycaffe_ext import cli
from pycaffe_ext.surgery.operations.set_field import SetField
SetField.equivalent = True  # which it is not
import surgery
sys.exit(cli.run(surgery.main))
"""


def test_what_computes_something_else_is_not_written_without_force(folder: Path) -> None:
    random = np.random.default_rng(2)
    loaded = weights()
    for name in loaded.names:
        loaded.set_blobs(name, [random.standard_normal(shape) / 9 for shape in loaded.shapes(name)])
    loaded.write(folder / "in.caffemodel")
    command = [sys.executable, "-c", LIE.format(tools=str(ROOT / "tools")), *WITH, *OUT]
    command += ["--set", "pool.pooling_param.pool=AVE"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2 and "--set: largest relative difference 0." in done.stdout
    assert "nothing is written: not within 1e-05 of what the net computed; --force writes it anyway" in done.stderr
    assert not (folder / "new.prototxt").exists() and not (folder / "out.caffemodel").exists()
    subprocess.run([*command, "--force"], cwd=folder, check=True, capture_output=True)
    assert (folder / "new.prototxt").exists() and (folder / "out.caffemodel").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rename", "conv=c", "-o", "x"], "say where the weights go: --save-weights OUT, or see it with --dry-run"),
        (["--set", "fc.inner_product_param.num_output=9", "--rename", "fc=f", *OUT], ""),
        (["--permute-classes", "fc=0,1", *OUT], "--permute-classes: 'fc' has 5 classes"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], message: str) -> None:
    done = surgery(*WITH, *arguments, folder=folder, status=2 if message else 0)
    assert message in done.stderr
    assert (folder / "new.prototxt").exists() is not bool(message)


def test_a_net_and_weights_that_disagree(folder: Path) -> None:
    (folder / "deploy.prototxt").write_text(net().text.replace("num_output: 5", "num_output: 20"))
    done = surgery(*WITH, "--rename", "conv=c", *OUT, folder=folder, status=2)
    assert done.stderr == (
        "surgery.py: error: deploy.prototxt:26:7: layer 'fc': needs blobs of shape 20 x 96, 20, in.caffemodel has"
        " 5 x 96, 5; give it the size that the weights have, or start it afresh: --replace-head fc=NEW,N or"
        " --drop-weights fc\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["deploy.prototxt", "in.caffemodel"]
    surgery(*WITH, "--drop-weights", "fc", *OUT, folder=folder)
    assert Weights.read(folder / "out.caffemodel").names == ["conv"]


def test_weights_alone(folder: Path) -> None:
    done = surgery("deploy.prototxt", "--save-weights", "x", folder=folder, status=2)
    assert "--save-weights writes what comes of --weights IN; give both" in done.stderr
    done = surgery("deploy.prototxt", "--drop-weights", "fc", "-o", "x", folder=folder, status=2)
    assert "--drop-weights computes with the weights: give --weights IN --save-weights OUT" in done.stderr


def test_a_net_split_and_compared(folder: Path) -> None:
    surgery("deploy.prototxt", "--split-at", "pool", "--out-dir", "parts", folder=folder)
    names = sorted(path.name for path in (folder / "parts").iterdir())
    assert names == ["deploy_from_pool.prototxt", "deploy_up_to_pool.prototxt"]
    done = surgery("deploy.prototxt", "--diff", "parts/deploy_up_to_pool.prototxt", folder=folder, status=1)
    assert done.stdout == "- layer 'fc' (InnerProduct)\n- layer 'prob' (Softmax)\n"
    assert surgery("deploy.prototxt", "--diff", "deploy.prototxt", folder=folder).stdout == "no difference\n"
    done = surgery("deploy.prototxt", "--phases", "split", folder=folder, status=2)
    assert "--phases makes several nets; say where with --out-dir DIR" in done.stderr


def test_receptive_field_in_place_of_the_learning_table(folder: Path) -> None:
    done = surgery("deploy.prototxt", "--receptive-field", folder=folder)
    assert "blob" in done.stdout and "pool" in done.stdout and "lr_mult" not in done.stdout


def test_an_option_whose_value_may_be_left_out_leaves_the_net_alone(folder: Path) -> None:
    (folder / "bn.prototxt").write_text('layer { name: "b" type: "BatchNorm" }')
    surgery("--bn-freeze", "bn.prototxt", "-o", "one", folder=folder)
    surgery("bn.prototxt", "--bn-freeze", "b", "-o", "two", folder=folder)
    assert "use_global_stats: true" in (folder / "one").read_text() == (folder / "two").read_text()
