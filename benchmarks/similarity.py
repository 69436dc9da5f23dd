"""How well cosines of tags tell synonyms from strangers: raw, rescaled, centred, and without the main direction too.

    TAGKIT_DATA=FOLDER python benchmarks/similarity.py [--encoder e5-small]

The pairs that say the same are the catalogue's synonyms, each with its preferred tag, by language; and 600 categories
of Google's product taxonomy with their Chinese names. They are set against strangers of the same kind: other tags of
the catalogue; pairs of gold tags of one product, which belong together and are no synonyms; categories of either
language. Printed and stored: the AUC (how often a pair that says the same is more similar than a stranger), with
similarities below 0 taken as 0; for the last form the threshold with the best balanced accuracy, and the shares of
pairs from the threshold of semantic-redundancy on.

- raw: the cosine;
- rescaled: less the mean cosine of two reference tags, over 1 less that mean (BERTScore);
- centred: the cosine of the vectors less the mean vector of the reference tags;
- main direction removed: centred, less the part along the first principal component of the reference tags.

The reference tags are those of the catalogue. The synonyms are pairs of it, so the taxonomy is the independent set.

Sources: Zhang et al., BERTScore (ICLR 2020); Mu and Viswanath, All-but-the-Top (ICLR 2018).
"""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write
from sklearn.metrics import roc_auc_score

from tagkit.datasets import load
from tagkit.measures.vectors import ENCODER, SAME, reference_tags, vectors_of

CATEGORIES, STRANGERS = 600, 10
CHOSEN = "main direction removed"
Pairs = list[tuple[str, str]]


def main() -> None:
    """Print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="e5-small")
    vectors = vectors_of(parser.parse_args().encoder)
    sets = pairs(random.Random(0))
    reference = list(reference_tags())
    paired = (word for same, strangers in sets.values() for pair in [*same, *strangers] for word in pair)
    words = list(dict.fromkeys([*reference, *paired]))
    vectors.prepare(words)
    tables = forms(vectors, words, reference)
    known = tables["raw"][: len(reference)]
    base = float((known @ known.T)[np.triu_indices(len(known), 1)].mean())
    rows = {word: row for row, word in enumerate(words)}
    figures: dict[str, Any] = {}
    for name, (same, strangers) in sets.items():
        first, second = np.array([[rows[one], rows[two]] for one, two in [*same, *strangers]]).T
        cosines = {form: np.einsum("ij,ij->i", table[first], table[second]) for form, table in tables.items()}
        found = {"raw": cosines["raw"], "rescaled": (cosines["raw"] - base) / (1 - base)} | cosines
        truth = np.repeat([True, False], [len(same), len(strangers)])
        figures[name] = {"pairs": len(same), "strangers": len(strangers)}
        for form, similarity in found.items():
            figures[name][form] = round(float(roc_auc_score(truth, np.maximum(similarity, 0))), 3)
        chosen = found[CHOSEN]
        figures[name] |= {"best threshold": best_threshold(chosen, truth)}
        figures[name] |= {
            f"pairs from {SAME} on": share(chosen[truth]),
            f"strangers from {SAME} on": share(chosen[~truth]),
        }
    note = f"Encoder {vectors.encoder}, checksum {vectors.sha256[:12]}; {len(reference)} reference tags."
    name = "similarity" if vectors.encoder == ENCODER else f"similarity_{vectors.encoder}"
    write(name, figures, rows="AUC of", note=note)


def forms(vectors: Any, words: list[str], reference: list[str]) -> dict[str, np.ndarray]:
    """Return the unit vectors of words in three forms."""
    raw = vectors._raw(words)
    centred = raw - vectors._raw(reference).mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    return {"raw": raw, "centred": centred, CHOSEN: vectors(words)}


def best_threshold(similarity: np.ndarray, truth: np.ndarray) -> float:
    """Return the threshold, in hundredths, with the best mean of the shares that are right on either side."""
    tried = np.arange(0, 1, 0.01)
    right = [(similarity[truth] >= at).mean() + (similarity[~truth] < at).mean() for at in tried]
    return round(float(tried[np.argmax(right)]), 2)


def share(similarity: np.ndarray) -> float:
    """Return the share of pairs that reach the threshold of semantic-redundancy."""
    return round(float((similarity >= SAME).mean()), 3)


def pairs(rng: random.Random) -> dict[str, tuple[Pairs, Pairs]]:
    """Return by name the pairs that say the same, and strangers."""
    english, chinese = categories("en-US"), categories("zh-CN")
    ids = rng.sample(sorted(english.keys() & chinese.keys()), CATEGORIES)
    foreign: Pairs = []
    for i in ids:
        others = [j for j in ids if english[j] != english[i] and chinese[j] != chinese[i]]
        for j in rng.sample(others, STRANGERS // 2):
            foreign += [(english[i], chinese[j]), (english[i], english[j])]
    translations = [(english[i], chinese[i]) for i in ids]
    out: dict[str, tuple[Pairs, Pairs]] = {}
    catalogue = load("catalogue")
    for language, name in (("zh", "Chinese"), ("en", "English")):
        products = [product for product in catalogue.products if product.lang == language]
        tags = sorted({tag for product in products for tag in product.tags})
        same = [(word, other) for word, others in catalogue.synonyms.items() if word in tags for other in others]
        strangers = [(word, rng.choice([tag for tag in tags if tag != word])) for word, _ in same * STRANGERS]
        drawn = [rng.sample(product.tags, 2) for product in products for _ in range(3)]
        out[f"{name} synonyms among other tags"] = (same, strangers)
        out[f"{name} synonyms among gold tags of one product"] = (same, [(one, two) for one, two in drawn])
    return out | {"translations among categories of both languages": (translations, foreign)}


def categories(language: str) -> dict[str, str]:
    """Return the names of Google's categories by their numbers; the files are in `TAGKIT_DATA`."""
    file = Path(os.environ["TAGKIT_DATA"], "google_taxonomy", f"taxonomy-with-ids.{language}.txt")
    lines = file.read_text(encoding="utf-8").splitlines()[1:]
    return {number: path.split(" > ")[-1] for number, path in (line.split(" - ", 1) for line in lines)}


if __name__ == "__main__":
    main()
