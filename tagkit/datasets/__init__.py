"""Data sets: one reader a file, found by name.

To add one, write one file here whose name is the data set's name, holding one subclass of `Reader`.
"""

from tagkit.datasets.auditing import Audit, audit
from tagkit.datasets.base import Reader, card, load
from tagkit.datasets.files import from_frame, iter_products, read_file
from tagkit.datasets.rows import Rejects
from tagkit.datasets.store import fetch

__all__ = ["Audit", "Reader", "Rejects", "audit", "card", "fetch", "from_frame", "iter_products", "load", "read_file"]
