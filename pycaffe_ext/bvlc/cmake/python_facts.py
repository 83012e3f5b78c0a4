"""For CaffePython.cmake: version; headers; shared library, or nothing; NumPy's version. In the interpreter asked."""

import importlib
import sys
import sysconfig
from pathlib import Path

PACKAGES = {  # module: what pip calls it
    "numpy": "numpy",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "google.protobuf": "protobuf",
    "six": "six",
    "pydot": "pydot",
}

missing = []
for module, package in PACKAGES.items():
    try:
        importlib.import_module(module)
    except ImportError:
        missing.append(package)
if missing:
    sys.exit(f"pycaffe needs {', '.join(missing)} there:\n  {sys.executable} -m pip install {' '.join(missing)}")

library = ""
if sysconfig.get_config_var("Py_ENABLE_SHARED"):
    file = Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY"))
    library = str(file) if file.exists() else ""
numpy = importlib.import_module("numpy").__version__
version = f"{sys.version_info[0]}.{sys.version_info[1]}"
print(";".join([version, sysconfig.get_path("include"), library, numpy]))
