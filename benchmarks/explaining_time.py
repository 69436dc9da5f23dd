"""How long one explanation takes on all cores: python benchmarks/explaining_time.py, after benchmarks/faithfulness.py.

The strategies are those that `benchmarks/faithfulness.py` keeps in runs/faithfulness (fitted first where they are not
there). Of each of twelve products of the catalogue's test part the best tag is explained by the strategy's default.
"""

from __future__ import annotations

import statistics
import time
from itertools import islice

from faithfulness import fitted
from results_file import write

from tagkit.datasets import load
from tagkit.explaining import explain
from tagkit.product import Dataset
from tagkit.text.spelling import one_spelling

STRATEGIES = ("dictionary", "lexicon", "knn", "linear", "hybrid", "semantic", "ensemble", "encoder", "seq2seq")
STRATEGIES += ("sequence", "bilstm_crf")
PRODUCTS = 12


def seconds(data: Dataset, strategy: str) -> list[float]:
    """Return the seconds of one explanation after another; the first of all, which loads things, is not counted."""
    tagger = fitted(data, "catalogue", strategy)
    tagged = ((product, tags[0].text) for product in data.test if (tags := tagger.predict([product])[0]))
    taken = []
    for product, tag in islice(tagged, PRODUCTS + 1):
        start = time.perf_counter()
        explain(tagger, product, tag)
        taken.append(time.perf_counter() - start)
    return taken[1:]


def main() -> None:
    """Measure and write the result."""
    data = one_spelling(load("catalogue"))
    figures = {}
    for strategy in STRATEGIES:
        taken = seconds(data, strategy)
        figures[strategy] = {"median s": f"{statistics.median(taken):.2f}", "slowest s": f"{max(taken):.2f}"}
    write("explaining_time", figures, rows="strategy", note=f"One explanation, {PRODUCTS} products of the catalogue.")


if __name__ == "__main__":
    main()
