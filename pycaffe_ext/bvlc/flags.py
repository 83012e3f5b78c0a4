"""The flags that say where real Caffe is, for all commands that drive it."""

from __future__ import annotations

import argparse

from .launch import IMAGE, Place


def add_place(parser: argparse.ArgumentParser, title: str) -> None:
    """Adds --caffe-python, --caffe-chroot and --docker, of which one may be given."""
    group = parser.add_argument_group(title).add_mutually_exclusive_group()
    group.add_argument("--caffe-python", metavar="PATH", help="a Python that has pycaffe; default: the PATH's python3")
    group.add_argument("--caffe-chroot", metavar="DIR", help="a root folder with such a python3 (as root)")
    group.add_argument(
        "--docker", metavar="IMAGE", nargs="?", const=IMAGE, help="an image with one; default: what docker/build makes"
    )


def place_of(options: argparse.Namespace) -> Place | None:
    """The Place that the flags name, None where none is given."""
    if options.docker or options.caffe_chroot or options.caffe_python:
        return Place(options.caffe_python or "python3", options.caffe_chroot or "", options.docker or "")
    return None
