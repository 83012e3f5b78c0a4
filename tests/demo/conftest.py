"""data/ is no package: its scripts find each other through the folder that they start in."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "data"))
