"""tagkit: a research toolkit for product tagging.

    import tagkit
    tagger = tagkit.default_tagger()
    tagger.predict(["这是一款蓝色的高跟鞋"])

Everything heavy is imported only when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tagkit import datasets as datasets
    from tagkit import experiment as experiment
    from tagkit import exploring as exploring
    from tagkit import images as images
    from tagkit import label_errors as label_errors
    from tagkit import measures as measures
    from tagkit import report as report
    from tagkit import reviewing as reviewing
    from tagkit import taggers as taggers
    from tagkit.datasets import load as load_data
    from tagkit.default import default_tagger, load_tagger
    from tagkit.experiment.compare import compare
    from tagkit.experiment.result import Result
    from tagkit.experiment.tune import tune
    from tagkit.experiment.tuned import Tuned
    from tagkit.explaining import explain
    from tagkit.explanation import Explanation
    from tagkit.pipeline import Pipeline
    from tagkit.product import Dataset, Product, Span, Tag
    from tagkit.report import use_chinese_fonts
    from tagkit.reviewing.start import review
    from tagkit.taggers import Tagger, create

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "Explanation",
    "Pipeline",
    "Product",
    "Result",
    "Span",
    "Tag",
    "Tagger",
    "Tuned",
    "__version__",
    "compare",
    "create",
    "default_tagger",
    "explain",
    "load_data",
    "load_tagger",
    "review",
    "tune",
    "use_chinese_fonts",
]
_PACKAGES = (
    "datasets",
    "experiment",
    "exploring",
    "images",
    "label_errors",
    "measures",
    "report",
    "reviewing",
    "taggers",
)
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
    "explain": "tagkit.explaining",
    "Explanation": "tagkit.explanation",
    "Pipeline": "tagkit.pipeline",
    "default_tagger": "tagkit.default",
    "load_tagger": "tagkit.default",
    "use_chinese_fonts": "tagkit.report",
    "review": "tagkit.reviewing.start",
}


def __getattr__(name: str) -> Any:
    """Import a public name or package when it is first used."""
    if name in _PACKAGES:
        return import_module(f"tagkit.{name}")
    if name not in _HOMES:
        from tagkit.errors import did_you_mean

        hint = did_you_mean(name, [*_HOMES, *_PACKAGES])
        raise AttributeError(f"module 'tagkit' has no attribute {name!r}{hint}")
    return getattr(import_module(_HOMES[name]), "load" if name == "load_data" else name)


def __dir__() -> list[str]:
    """Return the public names, which an editor or a notebook offers after `tagkit.`."""
    return sorted([*__all__, *_PACKAGES])
