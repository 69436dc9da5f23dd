"""Why a product has a tag, and why not: one explanation for all strategies."""

from tagkit.explaining.explain import explain
from tagkit.explaining.methods import METHODS

__all__ = ["METHODS", "explain"]
