"""What the tests of several families of measures share: random runs and lists."""

from __future__ import annotations

import inspect
import itertools
import random
from collections import Counter

import pytest

from tagkit import registry
from tagkit.measures import Measure, Run
from tagkit.product import Product, Span, Tag

LETTERS = "abcdefghijklmnopqrst"
SIGNS = "红蓝鞋裙包衣"


def tag_at(title: str, span: Span, kind: str, score: float) -> Tag:
    """Return the tag of a span."""
    return Tag(title[span.start : span.end], score, "x", (span,), kind)


@pytest.fixture(scope="session")
def make_run():
    """Make a run with everything that any measure may need: scores, types, spans, products, counts of train."""

    def make(rows=range(40)) -> Run:
        rng = random.Random(3)
        predicted, products = [], []
        for i in range(40):
            title = "".join(rng.choice(SIGNS) for _ in range(30))
            places = [Span(s, s + rng.choice((2, 3))) for s in rng.sample(range(27), 5)]
            gold = tuple(tag_at(title, span, rng.choice("XY"), 1.0) for span in places)
            chosen = [Span(s, s + rng.choice((2, 3))) for s in rng.sample(range(27), rng.randint(0, 8))]
            predicted.append([tag_at(title, span, rng.choice("XYZ"), rng.random()) for span in chosen])
            texts = tuple(dict.fromkeys(tag.text for tag in gold)) if i % 9 else ()
            products.append(Product(str(i), title, attributes={"Z": ""}, tags=texts, annotations=gold))
        texts = ["".join(signs) for length in (2, 3) for signs in itertools.product(SIGNS, repeat=length)]
        columns = {text: column for column, text in enumerate(texts)}
        known = {"train_counts": Counter(texts[:100:2]), "train_size": 50, "columns": columns}
        known["parents"] = {text: (text[0] + SIGNS[0], text[:2]) for text in texts if len(text) == 3}
        known["facets"] = {text: text[-1] for text in texts}
        return Run([predicted[i] for i in rows], products=[products[i] for i in rows], **known)

    return make


@pytest.fixture
def make_measure(request, monkeypatch, tmp_path):
    """Make a measure with its default parameters, but with a small encoder and an empty cache for its vectors."""

    def make(name: str, **params: object) -> Measure:
        cls = registry.measures.get(name)
        if "encoder" in inspect.signature(cls).parameters:
            params = {"encoder": str(request.getfixturevalue("tiny_model"))} | params
        return cls(**params)

    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    return make


@pytest.fixture(scope="session")
def lists():
    """300 predicted and gold lists of two-letter tags, among them empty ones, short ones, and products without gold."""
    rng = random.Random(7)
    tags = [a + b for a in LETTERS for b in LETTERS[:3]]
    predicted = [[], ["aa"], *(rng.sample(tags, rng.randint(0, 12)) for _ in range(298))]
    gold = [["aa"], [], *(rng.sample(tags[:40], rng.randint(0, 8)) for _ in range(298))]
    return predicted, gold


@pytest.fixture(scope="session")
def lists_with_gold(lists):
    """Those of `lists` that have gold tags, which is what other libraries score."""
    pairs = [(predicted, gold) for predicted, gold in zip(*lists, strict=True) if gold]
    return [predicted for predicted, _ in pairs], [gold for _, gold in pairs]
