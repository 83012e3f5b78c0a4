"""tools/surgery.py as users run it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = ROOT / "tests" / "text" / "files"

NET = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } } # nothing to learn
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 } }
"""
FROZEN = NET.replace('top: "fc" ', 'top: "fc" param { lr_mult: 0 } param { lr_mult: 0 } ')


def surgery(*arguments: str | Path, folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "surgery.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="surrogateescape")
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train_val.prototxt").write_text(NET)
    return tmp_path


def test_default_net_to_a_file_and_a_table(folder: Path) -> None:
    done = surgery("--freeze-all", "-o", "out.prototxt", folder=folder)
    assert (folder / "out.prototxt").read_text() == FROZEN
    assert (folder / "train_val.prototxt").read_text() == NET
    assert done.stdout.splitlines()[1].split() == ["fc", "InnerProduct", "frozen", "15"]
    assert sorted(path.name for path in folder.iterdir()) == ["out.prototxt", "train_val.prototxt"]


def test_no_option_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = sorted(FILES.glob("*.prototxt"))
    surgery(*paths, "--out-dir", "out", folder=tmp_path)
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written == {path.name: path.read_bytes() for path in paths}


def test_onto_itself_and_in_place(folder: Path) -> None:
    surgery("train_val.prototxt", "--freeze", "fc", "-o", "train_val.prototxt", folder=folder)
    assert (folder / "train_val.prototxt").read_text() == FROZEN
    surgery("--freeze-all", "--unfreeze", "*", "--in-place", folder=folder)
    assert (folder / "train_val.prototxt").read_text() == FROZEN.replace("0 }", "1 }", 1).replace("0 }", "2 }", 1)


def test_several_nets(folder: Path) -> None:
    (folder / "deploy.prototxt").write_text(NET)
    done = surgery("train_val.prototxt", "deploy.prototxt", "--freeze-all", "--out-dir", "new/nets", folder=folder)
    assert [(folder / "new/nets" / name).read_text() for name in ("train_val.prototxt", "deploy.prototxt")] == [
        FROZEN
    ] * 2
    assert "train_val.prototxt:\nlayer" in done.stdout and "\ndeploy.prototxt:\nlayer" in done.stdout


def test_options_apply_in_the_order_given(folder: Path) -> None:
    options = ["--rename", "fc=new", "--num-output", "new=7", "--lr-mult", "new=10,20", "--rename", "new=last"]
    surgery(*options, "-o", "out", folder=folder)
    blocks = "param { lr_mult: 10 } param { lr_mult: 20 } inner_product_param { num_output: 7 }"
    expected = NET.replace('"fc"', '"last"').replace("inner_product_param { num_output: 3 }", blocks)
    assert (folder / "out").read_text() == expected
    assert "no layer 'new'" in surgery("--num-output", "new=7", *options, "-o", "no", folder=folder, status=2).stderr
    assert not (folder / "no").exists()


def test_dry_run_shows_a_diff_and_writes_nothing(folder: Path) -> None:
    done = surgery("--freeze-all", "--dry-run", folder=folder)
    first, frozen = NET.splitlines()[0], FROZEN.splitlines()[1]
    expected = ["--- train_val.prototxt", "+++ train_val.prototxt", "@@ -1,2 +1,2 @@"]
    assert done.stdout.splitlines() == [*expected, f" {first}", f"-{NET.splitlines()[1]}", f"+{frozen}"]
    assert [path.name for path in folder.iterdir()] == ["train_val.prototxt"]


def test_dry_run_of_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    done = surgery(FILES / "not_utf8.prototxt", "--rename", "caf\udce9=tea", "--dry-run", folder=tmp_path)
    assert '-layer { name: "caf\udce9" type' in done.stdout
    (tmp_path / "train_val.prototxt").write_bytes(b"layer { name: 'caf\xe9' type: 'PReLU' }")
    assert r"caf\udce9" in surgery(folder=tmp_path).stdout


def test_without_anything_to_do_it_shows_the_table(folder: Path) -> None:
    assert surgery(folder=folder).stdout.endswith("1 of 1 layers learn: 15 of 15 parameters\n")
    assert [path.name for path in folder.iterdir()] == ["train_val.prototxt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.prototxt"], "absent.prototxt: cannot be read: No such file or directory"),
        (["--freeze", "cf", "-o", "out"], "train_val.prototxt: no layer 'cf'; did you mean 'fc'?"),
        (["--freeze-all"], "say where the result goes: -o OUT, --out-dir DIR, --in-place, or see it with --dry-run"),
        (
            ["train_val.prototxt", "broken.prototxt", "-o", "out"],
            "broken.prototxt:2:3: the name of a field is expected",
        ),
        (["train_val.prototxt", "train_val.prototxt", "-o", "out"], "-o takes one net, not 2; use --out-dir or"),
        (["train_val.prototxt", "./train_val.prototxt", "--out-dir", "out"], "two of the nets have one name"),
        (["--freeze-all", "-o", "none/out"], "none/out: cannot be written: No such file or directory"),
        (["-o", "."], "-o takes a file, '.' is a folder; use --out-dir"),
        (["--out-dir", "train_val.prototxt"], "train_val.prototxt: cannot be made: File exists"),
    ],
)
def test_bad_input_is_one_line_and_status_2(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "broken.prototxt").write_text("layer {\n  {\n}\n")
    before = sorted(path.name for path in folder.iterdir())
    done = surgery(*arguments, folder=folder, status=2)
    assert done.stderr.startswith(f"surgery.py: error: {message}")
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_contradicting_options(folder: Path) -> None:
    assert "not allowed with argument" in surgery("-o", "a", "--dry-run", folder=folder, status=2).stderr


def test_help_is_quick_and_brings_no_heavy_module(tmp_path: Path) -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        done = surgery("--help", folder=tmp_path)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5
    assert "--freeze-up-to LAYER" in done.stdout and "examples:" in done.stdout
    code = (
        "import sys, runpy; sys.argv = ['surgery.py', '--help']\n"
        f"try: runpy.run_path({str(ROOT / 'tools' / 'surgery.py')!r}, run_name='__main__')\n"
        "finally: print({'torch', 'numpy', 'google.protobuf', 'cv2', 'rich'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "set()\n"
