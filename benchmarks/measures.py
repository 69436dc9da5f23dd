"""How long our measures take beside those of scikit-learn, ranx and ir_measures.

    python benchmarks/measures.py [--lists 100000] [--only semantic]

Every time is from the same Python lists of strings (for Brier and ECE: of `Tag`s) to the score, conversion to the
library's own form included. Each of our measures gets a fresh `Run`, so nothing is shared. A time is the least of wall
and CPU time (ranx uses several threads), the median of the repeats. ranx compiles at its first call: a tiny call before
the clock starts takes that out; its conversion takes most of its time, so it is timed once and added to each measure.
scikit-learn's nDCG needs dense tables of tags by lists: timed on 1,000 lists and scaled up (*). Lists are full, so that
all libraries treat a cutoff alike, and the scores are compared. The measures by meaning find the vectors of all tags in
memory: random ones of the encoder's size, since the time does not depend on them. Exits 1 if one of ours is slower or
differs.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import ir_measures
import numpy as np
import ranx
from results_file import write
from sklearn.metrics import brier_score_loss, f1_score, ndcg_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from tagkit import registry
from tagkit.measures import Run, parse, vectors
from tagkit.product import Tag

REPEATS = 3
DENSE = 1_000
RANX = {"P@10": "precision@10", "R@10": "recall@10", "F1@10": "f1@10", "nDCG@10": "ndcg@10", "MAP": "map", "MRR": "mrr"}
IR = {"P@10": "P@10", "R@10": "R@10", "F1@10": "SetF", "nDCG@10": "nDCG@10", "MAP": "AP", "MRR": "RR"}
SKLEARN = {
    "P@10": (precision_score, "samples"),
    "R@10": (recall_score, "samples"),
    "F1@10": (f1_score, "samples"),
    "micro-P": (precision_score, "micro"),
    "micro-R": (recall_score, "micro"),
    "micro-F1": (f1_score, "micro"),
    "macro-F1": (f1_score, "macro"),
}
EXACT = "alpha-nDCG(threshold=2.0)@10"
"""Only equal tags cover each other, which is what ir_measures can be given without similarities."""
Lists = list[list[str]]


def make_lists(n: int, seed: int = 0) -> tuple[list[str], Lists, Lists]:
    """Return 5,000 tags, n lists of 10 predicted and n of about 6 gold tags, drawn from them by Zipf's law."""
    rng = random.Random(seed)
    signs = [chr(0x4E00 + i) for i in range(500)]
    tags = sorted({"".join(rng.choices(signs, k=rng.choice((2, 2, 3, 4)))) for _ in range(5_200)})[:5_000]
    rng.shuffle(tags)
    weights = np.cumsum([1 / (rank + 10) for rank in range(len(tags))]).tolist()

    def draw(size: int) -> list[str]:
        row: dict[str, None] = {}
        while len(row) < size:
            row |= dict.fromkeys(rng.choices(tags, cum_weights=weights, k=size))
        return list(row)[:size]

    gold = [draw(rng.randint(3, 9)) for _ in range(n)]
    predicted = [draw(10) for _ in range(n)]
    for row, truth in zip(predicted, gold, strict=True):  # about a quarter of the gold tags are found
        for tag in truth:
            if rng.random() < 0.25 and tag not in row:
                row[rng.randrange(10)] = tag
    return tags, predicted, gold


def clock(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, Any]:
    """Return the median seconds of the repeats, and the last result."""
    seconds, result = [], None
    for _ in range(repeats):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(min(time.perf_counter() - wall, time.process_time() - cpu))
    return statistics.median(seconds), result


def by_sklearn(name: str, predicted: Lists, gold: Lists) -> float:
    """Score by scikit-learn over sparse indicator matrices."""
    score, average = SKLEARN[name]
    binarizer = MultiLabelBinarizer(sparse_output=True).fit([*predicted, *gold])
    return score(binarizer.transform(gold), binarizer.transform(predicted), average=average, zero_division=0)


def by_sklearn_ndcg(predicted: Lists, gold: Lists) -> float:
    """Score nDCG@10 by scikit-learn over dense tables."""
    binarizer = MultiLabelBinarizer().fit([*predicted, *gold])
    column = {tag: place for place, tag in enumerate(binarizer.classes_)}
    scores = np.zeros((len(predicted), len(column)))
    for line, row in zip(scores, predicted, strict=True):
        line[[column[tag] for tag in row]] = np.arange(len(row), 0, -1)
    return ndcg_score(binarizer.transform(gold), scores, k=10)


def by_sklearn_brier(predicted: list[list[Tag]], gold: Lists) -> float:
    """Score by scikit-learn from flat lists."""
    right = [tag.text in truth for row, truth in zip(predicted, map(set, gold), strict=True) for tag in row]
    return brier_score_loss(right, [tag.score for row in predicted for tag in row])


def to_ranx(predicted: Lists, gold: Lists) -> tuple[ranx.Qrels, ranx.Run]:
    """Convert lists to ranx's own types."""
    qrels = ranx.Qrels({str(i): dict.fromkeys(row, 1) for i, row in enumerate(gold)})
    run = ranx.Run({str(i): {tag: float(-rank) for rank, tag in enumerate(row)} for i, row in enumerate(predicted)})
    return qrels, run


def by_ir_measures(name: str, predicted: Lists, gold: Lists) -> float:
    """Score by ir_measures (pytrec_eval; pyndeval for alpha-nDCG)."""
    run = {str(i): {tag: float(-rank) for rank, tag in enumerate(row)} for i, row in enumerate(predicted)}
    if name == EXACT:
        measure = ir_measures.alpha_nDCG @ 10
        qrels: Any = [ir_measures.GenericQrel(str(i), tag, 1, tag) for i, row in enumerate(gold) for tag in row]
    else:
        measure = ir_measures.parse_measure(IR[name])
        qrels = {str(i): dict.fromkeys(row, 1) for i, row in enumerate(gold)}
    return ir_measures.calc_aggregate([measure], qrels, run)[measure]


def fill_vectors(tags: list[str], size: int = 384) -> None:
    """Keep random vectors of tags in memory, as if the default encoder had given them."""
    rng = np.random.default_rng(0)
    texts = [*tags, *vectors.reference_tags()]
    vectors.vectors_of()._kept = dict(zip(texts, rng.normal(size=(len(texts), size)).astype(np.float32), strict=True))


def measure_all(n: int, only: str = "") -> dict[str, dict[str, tuple[float, float]]]:
    """Return measure → library → (seconds, score), of the measures whose names begin so."""
    tags, predicted, gold = make_lists(n)
    rng = random.Random(1)
    scored = [[Tag(tag, rng.random()) for tag in row] for row in predicted]
    fill_vectors(tags)
    known: dict[str, Any] = {"train_counts": dict.fromkeys(tags[:4_000], 5), "train_size": n}
    known |= {
        "facets": {tag: str(i % 12) for i, tag in enumerate(tags)},
        "parents": {tag: (tags[0],) for tag in tags[1:]},
    }
    fixed = {"P": "P@10", "R": "R@10", "F1": "F1@10"}
    names = [str(registry.measures.get(name)()) for name in registry.measures.names()]
    names = [fixed.get(name.partition("@")[0], name) for name in names] + [EXACT]
    table: dict[str, dict[str, tuple[float, float]]] = {}
    for name in [name for name in names if name.startswith(only)]:
        measure = parse(name)
        if measure.needs not in ("spans", "attributes"):  # those have no counterpart in the other libraries
            lists: Any = scored if name in ("Brier", "ECE") else predicted
            table[name] = {"tagkit": clock(lambda m=measure, rows=lists: m(Run(rows, gold, **known)))}
    if only:
        return table
    for name in SKLEARN:
        table[name]["scikit-learn"] = clock(lambda name=name: by_sklearn(name, predicted, gold))
    table["Brier"]["scikit-learn"] = clock(lambda: by_sklearn_brier(scored, gold))
    dense = min(DENSE, n)
    seconds, score = clock(lambda: by_sklearn_ndcg(predicted[:dense], gold[:dense]))
    whole = table["nDCG@10"]["tagkit"][1]
    agrees = abs(score - parse("nDCG@10")(predicted[:dense], gold[:dense])) < 1e-9
    table["nDCG@10"]["scikit-learn*"] = (seconds * n / dense, whole if agrees else score)
    for name in IR:
        table[name]["ir_measures"] = clock(lambda name=name: by_ir_measures(name, predicted, gold))
    table[EXACT]["ir_measures"] = clock(lambda: by_ir_measures(EXACT, predicted, gold), repeats=1)
    tiny = to_ranx([["a"]], [["a"]])
    for other in RANX.values():
        ranx.evaluate(*tiny, other)
    conversion, (qrels, run) = clock(lambda: to_ranx(predicted, gold), repeats=1)
    for name, other in RANX.items():
        seconds, score = clock(lambda other=other: float(ranx.evaluate(qrels, run, other)))
        table[name]["ranx"] = (conversion + seconds, score)
    return table


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lists", type=int, default=100_000, help="how many lists")
    parser.add_argument(
        "--only", default="", help="the beginning of the names of the measures, which no other library has"
    )
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    start = time.perf_counter()
    table = measure_all(options.lists, options.only)
    broken = []
    print(f"{'measure':<30}{'score':>9}{'tagkit s':>10}   others: seconds (times ours)")
    for name, row in table.items():
        seconds, score = row["tagkit"]
        cells = []
        for library, (other, value) in row.items():
            if library != "tagkit":
                cells.append(f"{library} {other:.2f} ({other / seconds:.1f}x)")
                if other < seconds or abs(value - score) > 1e-6:
                    broken.append(
                        f"{name}: {library} takes {other:.3f} s with {value}, tagkit {seconds:.3f} s with {score}"
                    )
        print(f"{name:<30}{score:>9.4f}{seconds:>10.3f}   {', '.join(cells) or '-'}")
    print(f"{options.lists} lists, median of {REPEATS}, {time.perf_counter() - start:.0f} s in all")
    print("\n".join(broken) or "none of ours is slower, and all scores agree")
    figures = {name: {f"{lib} s": round(row[0], 2) for lib, row in found.items()} for name, found in table.items()}
    note = f"{options.lists:,} lists of 10 tags beside 3 to 9 gold tags, the median of {REPEATS} runs."
    write(f"measures_{options.only}".rstrip("_"), figures, rows="measure", note=note)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
