"""What words and photo are worth alone and together: with one of them missing, by kind of tag, and with `colour`.

    python benchmarks/fusion.py [kinds] [fashion_small] [implicit_ave] [colour]

`fashion_small` has masked titles and the seeds 0, 1 and 2; `implicit_ave` has five folds. Everything is fitted on
train, thresholds are chosen on dev, where nothing is missing, and what is shown is from test. Lists are kept in the
folder `fusion` of the cache, so that a run that was stopped goes on; remove it to fit anew. Intervals are paired
bootstrap intervals over products (1,000 samples).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.cache import FitCache, cache_folder
from tagkit.datasets import load
from tagkit.experiment.fit import fold_of, sample
from tagkit.measures import Run, parse
from tagkit.product import Dataset, Product
from tagkit.refine.base import Chain
from tagkit.refine.steps import Limit
from tagkit.refine.thresholds import Thresholds
from tagkit.taggers import create
from tagkit.tags import Tag, Tags
from tagkit.text.spelling import one_spelling

SAMPLES, SEEDS, FOLDS = 1000, (0, 1, 2), 5
PIXELS = {"pixels": 128}
MISSING: Mapping[str, dict[str, Any]] = {
    "": {},
    "photo": {"images": ()},
    "words": {"title": "", "description": "", "category": ""},
}
"""What is taken away from the test products."""
FUSED = ("words", "photo", "late", "early")
KINDS = ("master", "sub", "article", "colour", "usage")
SHARES = {1.0: "all", 0.1: "a tenth", 0.01: "a hundredth"}
Numbers = NDArray[np.float64]
FITS = FitCache(cache_folder("fusion"))


def main() -> None:
    """Measure what is named, or all."""
    parts: dict[str, Callable[[], None]] = {
        "kinds": kinds,
        "fashion_small": partial(missing, "fashion_small", "micro-F1", "P@5"),
        "implicit_ave": partial(missing, "implicit_ave", "micro-F1"),
        "colour": colour,
    }
    for name in sys.argv[1:] or parts:
        parts[name]()


def strategy(name: str, data: str, seed: int) -> Any:
    """Return a strategy, unfitted: "words", "photo", "late", "early" or "all"."""
    photo: list[Any] = ["image", PIXELS | {"seed": seed}] if data == "fashion_small" else ["image_linear", {}]
    if name == "words":
        return create("linear")
    if name == "photo":
        return create(photo[0], **photo[1])
    early: dict[str, Any] = {"seed": seed} | (PIXELS if data == "fashion_small" else {})
    if name == "early":
        return create("multimodal_early", **early)
    return create("multimodal", taggers=["linear", photo, *([["multimodal_early", early]] if name == "all" else [])])


@cache
def products(name: str, run: int) -> Dataset:
    """Return a data set, or one fold of it, as an experiment reads it."""
    if name == "fashion_small":
        return one_spelling(load(name, mask=True))
    return fold_of(one_spelling(load(name, ask=True, photos=True)), FOLDS, run)


def kept(key: str, make: Callable[[], dict[str, Tags]]) -> dict[str, Tags]:
    """Return lists of tags by name from the cache, or make and keep them."""
    path = cache_folder("fusion") / f"{key}.json"
    if not path.exists():
        rows = {name: [[(tag.text, tag.score) for tag in row] for row in lists] for name, lists in make().items()}
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        print(f"{key} is done", flush=True)
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {name: [[Tag(text, score) for text, score in row] for row in lists] for name, lists in rows.items()}


def lists_of(name: str, data: str, run: int) -> dict[str, Tags]:
    """Return the lists of a strategy for the test products of a seed or fold.

    Returns:
        Those of whole products as they are ranked ("ranked"), and as they are refined, by what is missing.
    """

    def make() -> dict[str, Tags]:
        whole = products(data, run)
        tagger = strategy(name, data, run if data == "fashion_small" else 0)
        tagger.fit(whole.train, dev=whole.dev, cache=FITS)
        chains = {"": Chain([Limit(k=1)])}
        if data == "fashion_small":
            lists = tagger.predict(whole.dev)
            steps = {"": Thresholds(), "one threshold ": Thresholds(min_count=len(whole.dev))}
            chains = {key: Chain([step, Limit()]).fit(lists, whole.dev) for key, step in steps.items()}
        made: dict[str, Tags] = {}
        for half, change in MISSING.items():
            test = [replace(product, annotations=(), **change) for product in whole.test]
            lists = tagger.predict(test)
            made |= {f"{key}{half}": chain(lists, test) for key, chain in chains.items()}
            made[f"ranked {half}"] = lists
        return made

    return kept(f"{data}-{name}-{0 if name == 'words' and data == 'fashion_small' else run}", make)


def missing(data: str, *measures: str) -> None:
    """Compare fusion with one half missing to what the other half gives by itself."""
    rows: dict[str, Any] = {}
    for half, alone in (("photo", "words"), ("words", "photo")):
        for measure in measures:
            scores = {name: samples_of(name, data, half, measure) for name in (alone, "late", "early")}
            row: dict[str, Any] = {"by the other half alone": shown(scores[alone])}
            for name in ("late", "early"):
                row[f"{name} fusion"] = shown(scores[name])
                row[f"{name}, difference"] = difference(scores[name] - scores[alone])
            rows[f"without {half}, {measure}"] = row
    photo = "image" if data == "fashion_small" else "image_linear"
    note = f"{data}, test. Difference: to the strategy of the other half, linear or {photo}. Intervals: 95 %."
    write(f"missing_half_{data}", rows, rows="test products", note=note)


def samples_of(name: str, data: str, half: str, measure: str) -> Numbers:
    """Return the score of a strategy in percent, the mean over seeds, first on test and then on each sample of it."""
    runs = SEEDS if data == "fashion_small" else range(FOLDS)
    place = f"ranked {half}" if measure == "P@5" else half
    found = [(lists_of(name, data, run)[place], list(products(data, run).test)) for run in runs]
    if data != "fashion_small":  # the folds are the parts of one run
        found = [([row for lists, _ in found for row in lists], [one for _, test in found for one in test])]
    chosen = parse(measure)
    return np.mean([_resampled(chosen, Run(lists, products=test)) for lists, test in found], axis=0)


def _resampled(measure: Any, run: Run) -> Numbers:
    statistics = measure.statistics(run)
    weights = drawn(statistics.shape[0])
    found: Numbers = 100 * measure.summarise((statistics.T @ weights.T).T)
    return found


@cache
def drawn(count: int) -> Numbers:
    """Return how often each product is in test, and in each of its samples, shape (1 + samples, products)."""
    samples = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=SAMPLES)
    return np.vstack([np.ones(count), samples])


def shown(samples: Numbers) -> float:
    """Return the score itself."""
    return round(float(samples[0]), 2)


def difference(samples: Numbers) -> str:
    """Return a difference with its interval."""
    low, high = np.quantile(samples[1:], [0.025, 0.975])
    return f"{samples[0]:+.2f} ({low:+.2f} to {high:+.2f})"


def kinds() -> None:
    """Tell for each kind of tag how often the best tag of that kind is right, and what the best choice would give."""
    test = products("fashion_small", 0).test
    known = names_of(products("fashion_small", 0).train)
    gold = {kind: [_of_kind(product, kind) for product in test] for kind in KINDS}
    right: dict[str, dict[str, list[NDArray[np.bool_]]]] = {}
    for name in FUSED:
        runs = [lists_of(name, "fashion_small", seed)["ranked "] for seed in SEEDS]
        answers = [{kind: [_first(row, known[kind]) for row in lists] for kind in KINDS} for lists in runs]
        right[name] = {kind: [_equal(run[kind], gold[kind]) for run in answers] for kind in KINDS}
    right["words or photo right"] = {
        kind: [one | other for one, other in zip(right["words"][kind], right["photo"][kind], strict=True)]
        for kind in KINDS
    }
    rows: dict[str, Any] = {}
    for kind, chosen in {**{kind: (kind,) for kind in KINDS}, "mean of the five": KINDS}.items():
        rows[kind] = {name: _percent([one for kind in chosen for one in table[kind]]) for name, table in right.items()}
        rows[kind] |= {"early, difference to photo": _to_photo(right, "early", chosen)}
    for words, place in (("a threshold for each tag", ""), ("one threshold", "one threshold ")):
        scores = {name: samples_of(name, "fashion_small", place, "micro-F1") for name in FUSED}
        rows[f"micro-F1, {words}"] = {name: shown(samples) for name, samples in scores.items()}
        rows[f"micro-F1, {words}"] |= {"early, difference to photo": difference(scores["early"] - scores["photo"])}
    note = (
        "Of kinds: how often the tag of the kind that is ranked best, among 20 tags, is the gold one (one model "
        "for all kinds). Words or photo right: what one would reach who always knew which of the two answers to take. "
        "Words: linear; photo: image; late: both of them by multimodal; early: multimodal_early. Intervals: 95 %."
    )
    write("fusion_kinds", rows, rows="kind of tag", note=note)


def names_of(train: Sequence[Product]) -> dict[str, set[str]]:
    """Return the names of each kind; a name that is of two kinds counts where a tenth of its uses are."""
    uses = Counter((tag.type, tag.text) for product in train for tag in product.annotations)
    total = Counter(tag.text for product in train for tag in product.annotations)
    return {
        kind: {text for (one, text), count in uses.items() if one == kind and 10 * count >= total[text]}
        for kind in KINDS
    }


def _of_kind(product: Product, kind: str) -> str:
    return next(tag.text for tag in product.annotations if tag.type == kind)


def _first(row: Sequence[Tag], known: set[str]) -> str:
    """Return the tag of a kind that is ranked best, "" where there is none."""
    return next((tag.text for tag in row if tag.text in known), "")


def _equal(answers: Sequence[str], gold: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([answer == right for answer, right in zip(answers, gold, strict=True)])


def _percent(runs: Sequence[NDArray[np.bool_]]) -> float:
    return round(100 * float(np.mean(runs)), 1)


def _to_photo(right: Mapping[str, Mapping[str, Sequence[NDArray[np.bool_]]]], name: str, chosen: Sequence[str]) -> str:
    rows = np.mean([np.subtract(right[name][kind], right["photo"][kind], dtype=float) for kind in chosen], axis=(0, 1))
    weights = drawn(len(rows))
    return difference(100 * weights @ rows / len(rows))


def colour() -> None:
    """Compare late fusion with and without `colour`, on colours only, by the size of train."""
    rows: dict[str, Any] = {}
    for share, words in SHARES.items():
        without, with_colour = (
            np.mean([_colours(share, seed, more) for seed in (SEEDS if share < 1 else SEEDS[:1])], axis=0)
            for more in ([], ["colour"])
        )
        size = len(sample(load("fashion_small").with_parts(test=()), share, 0).train)
        rows[f"{words}: {size:,} products"] = {
            "linear, image_linear": shown(without),
            "linear, image_linear, colour": shown(with_colour),
            "difference": difference(with_colour - without),
        }
    note = (
        "Accuracy of the first tag on the 45 colours of fashion_small, masked titles, all of test; train and dev are "
        "drawn at random three times where they are not whole. Intervals: 95 %."
    )
    write("fusion_colour", rows, rows="train", note=note)


def _colours(share: float, seed: int, more: list[Any]) -> Numbers:
    """Return the accuracy on colours, first on test and then on each sample of it."""
    data = sample(one_spelling(load("fashion_small", mask=True, kind="colour")), share, seed)
    taggers = ["linear", ["image_linear", PIXELS], *more]

    def make() -> dict[str, Tags]:
        tagger = create("multimodal", taggers=taggers).fit(data.train, dev=data.dev, cache=FITS)
        return {"first": [row[:1] for row in tagger.predict(data.test)]}

    found = kept(f"colour-{share}-{seed}-{len(taggers)}", make)
    return _resampled(parse("P@1"), Run(found["first"], products=data.test))


if __name__ == "__main__":
    main()
