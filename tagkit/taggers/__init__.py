"""Tagging strategies, one file each, found by name.

To add one, write one file here whose name is the strategy's name, holding one subclass of `Tagger`.
"""

from tagkit.tagger import Tagger, create

__all__ = ["Tagger", "create"]
