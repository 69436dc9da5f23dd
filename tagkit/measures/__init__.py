"""Measures of accuracy, diversity and calibration, found by name.

A measure is a subclass of `Measure` that states its `name`; to add one, define it in any module of this package.
"""

from tagkit.measures.base import Measure, parse, parse_all
from tagkit.measures.run import Run

__all__ = ["Measure", "Run", "parse", "parse_all"]
