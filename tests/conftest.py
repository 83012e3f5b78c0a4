"""Before any test imports torch: its threads wait without spinning, so that tests may share the cores."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as pycaffe_ext.engine does where it is the first to import torch
