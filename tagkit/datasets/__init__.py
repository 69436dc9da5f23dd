"""Data sets: readers found by name, the user's own files, and audits.

To add a data set, add a module with a subclass of `Reader` that states its `name`.
"""

from tagkit.datasets.auditing import Audit, audit
from tagkit.datasets.base import Reader, card, load
from tagkit.datasets.checking import Check, check
from tagkit.datasets.files import from_frame, iter_products, iter_rows, read_file
from tagkit.datasets.rejects import Rejects
from tagkit.datasets.store import fetch

__all__ = [
    "Audit",
    "Check",
    "Reader",
    "Rejects",
    "audit",
    "card",
    "check",
    "fetch",
    "from_frame",
    "iter_products",
    "iter_rows",
    "load",
    "read_file",
]
