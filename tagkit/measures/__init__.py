"""Measures of accuracy, diversity and calibration: one small file each, found by name.

To add one, write one file here whose name is the measure's name in lower case, holding one subclass of `Measure`.
"""

from tagkit.measures.base import Measure, parse, parse_all
from tagkit.measures.run import Run

__all__ = ["Measure", "Run", "parse", "parse_all"]
