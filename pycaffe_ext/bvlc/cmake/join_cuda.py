#!/usr/bin/env python3
"""Joins a CUDA toolkit from parts into one folder that nvcc, CMake and BVLC's build understand.

A part is a folder of installed NVIDIA wheels (one that holds nvidia/, as `pip install --target` makes), a toolkit
that lacks libraries, or Debian's package nvidia-cuda-toolkit unpacked with dpkg -x: NVIDIA's wheels for CUDA 12 hold
all but nvcc itself. Files are hard links where the file system allows it.

  join_cuda.py cuda-12.4 wheels-cu12 unpacked-nvidia-cuda-toolkit
  join_cuda.py cuda-13.0 /usr/local/cuda-13.0 wheels-cu13
"""

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

FOLDERS = ("bin", "include", "lib", "nvvm")
DEBIAN = Path("usr/lib/nvidia-cuda-toolkit")  # within the unpacked package
# Where nvcc finds its parts, counted from its own folder: Debian's package has other places for them
PROFILE = """\
TOP = $(_HERE_)/..
CICC_PATH = $(TOP)/nvvm/bin
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
PATH += $(CICC_PATH):$(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
LIBRARIES =+ $(_SPACE_) "-L$(TOP)/lib"
"""


def link(source: str, target: str) -> None:
    if os.path.lexists(target):  # the same file from an earlier part
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def add(folder: Path, into: Path) -> None:
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, into / name, copy_function=link, symlinks=True, dirs_exist_ok=True)


def add_debian(unpacked: Path, into: Path) -> None:
    own = unpacked / DEBIAN
    for folder in ("bin", "nvvm/bin"):
        (into / folder).mkdir(parents=True, exist_ok=True)
    for tool in ("bin2c", "cudafe++", "fatbinary", "nvlink", "ptxas", "cuobjdump", "nvprune"):
        link(str(unpacked / "usr/bin" / tool), str(into / "bin" / tool))
    link(str(own / "bin/nvcc"), str(into / "bin/nvcc"))
    link(str(own / "bin/cicc"), str(into / "nvvm/bin/cicc"))
    shutil.copytree(own / "bin/crt", into / "bin/crt", copy_function=link, dirs_exist_ok=True)
    shutil.copytree(own / "libdevice", into / "nvvm/libdevice", copy_function=link, dirs_exist_ok=True)
    (into / "bin/nvcc.profile").write_text(PROFILE)


def name_for_the_linker(into: Path) -> None:
    """Wheels hold libcublas.so.12 alone; linkers look for libcublas.so."""
    for library in sorted((into / "lib").glob("lib*.so.*")):
        plain = library.with_name(re.sub(r"\.so\..*", ".so", library.name))
        if not plain.exists():
            plain.symlink_to(library.name)
    if not (into / "lib64").exists():
        (into / "lib64").symlink_to("lib")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", metavar="DIR", type=Path, help="the toolkit; a new folder")
    parser.add_argument("parts", metavar="PART", type=Path, nargs="+")
    options = parser.parse_args()
    if options.into.exists():
        parser.error(f"{options.into} exists already")
    for part in options.parts:
        if (part / DEBIAN).is_dir():
            add_debian(part, options.into)
        elif (part / "nvidia").is_dir():
            for wheel in sorted((part / "nvidia").iterdir()):
                add(wheel, options.into)
        elif (part / "include").is_dir():
            add(part, options.into)
        else:
            parser.error(f"{part} holds neither nvidia/ nor include/ nor {DEBIAN}/")
    name_for_the_linker(options.into)
    missing = [
        file
        for file in ("bin/nvcc", "include/cuda_runtime.h", "lib/libcudart.so", "lib/libcublas.so", "lib/libcurand.so")
        if not (options.into / file).exists()
    ]
    if missing:
        parser.error(f"{', '.join(missing)} is in none of the parts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
