"""Runs a notebook cell by cell in the current folder, on either side; arguments: the notebook, a job in JSON.

The job: "replace", pairs of what stands in the code and what runs instead; "left_out", cells by number. What cells
print goes to standard output, and at its end, in JSON, which cells ran and which replacements found nothing. The
notebooks are Python 2.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import caffe
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

if "pycaffe_ext" not in caffe.__name__:
    import skimage.io

    imread = skimage.io.imread
    skimage.io.imread = lambda file, as_grey=False: imread(file, as_gray=as_grey)  # the name it has had since 0.16


def python_3(code):
    """The cell without IPython's magic, with print and iterators as they are now."""
    code = re.sub(r"^%matplotlib.*$", "", code, flags=re.MULTILINE)
    code = re.sub(r"^%timeit ", "", code, flags=re.MULTILINE)
    code = re.sub(r"\b(\w+)\.iteritems\(\)", r"\1.items()", code)
    code = re.sub(r"\bxrange\b", "range", code)
    code = re.sub(r"\\\n\s*", "", code)
    code = re.sub(r"^(\s*)!(.*)$", lambda found: f"{found[1]}shell({found[2]!r})", code, flags=re.MULTILINE)
    magic = re.match(r"%%time(it)?\n", code)
    if magic:
        code = code[magic.end() :]
        if magic[1]:  # the names of a cell that is timed are its own
            code = "def timed():\n" + re.sub("^", "    ", code, flags=re.MULTILINE) + "\ntimed()"
    return print_calls(code)


def print_calls(code):
    """`print a, b` as `print(a, b)`, over as many lines as its brackets take."""
    lines, done = code.split("\n"), []
    while lines:
        line = lines.pop(0)
        found = re.match(r"(\s*)print (.*)", line)
        if found:
            rest = found[2]
            while sum(rest.count(bracket) for bracket in "([{") > sum(rest.count(bracket) for bracket in ")]}"):
                rest += "\n" + lines.pop(0)
            line = f"{found[1]}print({rest.rstrip().rstrip(',')})"
        done.append(line)
    return "\n".join(done)


def shell(command):
    """IPython's `!command`."""
    print(subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True).stdout)


def zip_2(*parts):
    """Python 2's zip, a list."""
    return list(zip(*parts))  # noqa: B905


def main(notebook, job):
    names = {"__name__": "__main__", "shell": shell, "zip": zip_2}
    unused = {old for old, _ in job["replace"]}
    ran = []
    for number, cell in enumerate(json.loads(Path(notebook).read_text())["cells"]):
        if cell["cell_type"] != "code" or number in job["left_out"]:
            continue
        code = "".join(cell["source"])
        for old, new in job["replace"]:
            if old in code:
                code = code.replace(old, new)
                unused.discard(old)
        print(f"In [{number}]", flush=True)
        exec(compile(python_3(code), f"{notebook}, cell {number}", "exec"), names)
        plt.close("all")
        ran.append(number)
    print(json.dumps({"ran": ran, "unused": sorted(unused)}))


if __name__ == "__main__":
    np.random.seed(0)
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        np.set_printoptions(legacy="1.25")  # numbers alone, without their type
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))
