"""Why a product has a tag, and why not: one explanation for all strategies."""

from tagkit.explaining.explanations import explain
from tagkit.explaining.methods import METHODS

__all__ = ["METHODS", "explain"]
