"""The house keeps its shape: who may import whom, which names are public, how large files may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pycaffe_ext"

# What each part may import of ours, beside itself; the package root's small modules are for everyone.
ALLOWED = {
    "text": set(),
    "proto": set(),
    "model": {"text", "proto"},
    "datasets": {"proto"},
    "surgery": {"model", "proto", "text"},
    "doctor": {"model", "proto", "text", "datasets", "surgery"},
    "engine": {"model", "proto", "datasets"},
    "logs": set(),
    "jobs": {"engine", "bvlc", "proto", "model", "logs"},
    "bvlc": set(),
    "inspection": {
        *("doctor", "engine", "bvlc", "datasets", "model", "proto", "surgery", "text"),
        *("graphviz", "logs", "progress"),
    },
    "layers": {"datasets", "engine"},
}
FOR_ALL = {"allocation", "errors", "atomic", "cli"}
FACE = {"engine", "model", "proto", "datasets"}  # what pycaffe's own modules at the root stand on

# Files of more than 300 lines, each with its reason.
LARGE: dict[str, str] = {}


def _imports(path: Path) -> set[str]:
    """The parts of pycaffe_ext that a file imports, relative imports resolved."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            names = [".".join([*module, alias.name]) for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("pycaffe_ext.")}
    return found


def _files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_stay_within_the_rules(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    imported = _imports(path) - FOR_ALL - {part}
    if part in ALLOWED:
        assert imported <= ALLOWED[part]
    elif part in FOR_ALL:
        assert not imported
    else:  # pycaffe's face and `python -m pycaffe_ext`
        assert "tools" not in imported


def test_nothing_imports_tools() -> None:
    for path in _files():
        assert "import tools" not in path.read_text()


def test_every_part_has_a_rule() -> None:
    folders = {path.parent.relative_to(PACKAGE).parts[0] for path in _files() if path.parent != PACKAGE}
    assert folders <= set(ALLOWED) | {"command"}


def test_tools_shadow_no_module() -> None:
    """A script's folder comes first on sys.path: a tool must not bear the name of a module that others import."""
    names = {path.stem for path in (ROOT / "tools").glob("*.py")}
    assert names.isdisjoint(sys.stdlib_module_names | {"caffe", "numpy", "torch", "lmdb", "cv2", "test"})


def test_public_names() -> None:
    import pycaffe_ext

    for name in pycaffe_ext.__all__:
        assert getattr(pycaffe_ext, name) is not None


def test_editing_and_databases_need_no_torch() -> None:
    code = (
        "import sys, pkgutil, importlib\n"
        "import pycaffe_ext, pycaffe_ext.cli\n"
        "for part in ('text', 'proto', 'model', 'surgery', 'datasets', 'doctor'):\n"
        "    package = importlib.import_module('pycaffe_ext.' + part)\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_files_are_small() -> None:
    paths = [p for folder in ("pycaffe_ext", "tools", "tests", "data") for p in (ROOT / folder).rglob("*.py")]
    large = {str(path.relative_to(ROOT)) for path in paths if len(path.read_text().splitlines()) > 300}
    assert large == set(LARGE)


def test_no_pickle() -> None:
    for path in _files():
        text = path.read_text()
        assert "import pickle" not in text and "torch.load" not in text and "allow_pickle=True" not in text
