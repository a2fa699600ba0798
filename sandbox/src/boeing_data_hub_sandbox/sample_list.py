"""The sample list of 3,342 real part numbers, which the demo searches and the console offers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("part-numbers.csv")
