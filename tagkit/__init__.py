"""tagkit: a research toolkit for product tagging.

    import tagkit
    tagger = tagkit.default_tagger()
    tagger.predict(["这是一款蓝色的高跟鞋"])

Everything heavy is imported only when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Product": "tagkit.product",
    "Tag": "tagkit.product",
    "Span": "tagkit.product",
    "Dataset": "tagkit.product",
    "Tagger": "tagkit.taggers",
    "create": "tagkit.taggers",
    "load_data": "tagkit.datasets",
    "Result": "tagkit.experiment.result",
    "compare": "tagkit.experiment.compare",
    "tune": "tagkit.experiment.tune",
    "Tuned": "tagkit.experiment.tuned",
    "Pipeline": "tagkit.pipeline",
    "default_tagger": "tagkit.default",
    "load_tagger": "tagkit.default",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tagkit' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), "load" if name == "load_data" else name)
