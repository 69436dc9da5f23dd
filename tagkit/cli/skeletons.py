"""What `tagkit new` writes: for each kind the file, its test, and where to go on.

NAME, LABEL and MODULE stand for the name, the name of the class, and the module or file.
"""

TAGGER = '''"""LABEL: one sentence on what it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tagkit.cache import FitCache
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import State, Tagger


class LABEL(Tagger):
    """The tags of train that occur in the text, the most frequent ones first: replace this by your own idea.

    Args:
        k: How many tags to give at most.

    Source: who had the idea.
    """

    name = "NAME"

    k: int = 10

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        counts = Counter(tag for product in train for tag in product.tags)
        self.shares_ = {tag: count / len(train) for tag, count in counts.most_common()}

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._tag_one(product.text) for product in products]

    def _tag_one(self, text: str) -> list[Tag]:
        return [Tag(tag, share, self.name) for tag, share in self.shares_.items() if tag in text][: self.k]

    def _state(self) -> State:
        return {"shares": list(self.shares_.items())}

    def _restore(self, state: State) -> None:
        self.shares_ = dict(state["shares"])
'''
TAGGER_TEST = '''"""LABEL keeps the contract of all strategies, and does what it is for."""

from MODULE import LABEL

from tagkit.contract import CHECKS, Subject
from tagkit.product import Product


def test_it_keeps_the_contract():
    subject = Subject(LABEL())
    for check in CHECKS:
        check(subject)


def test_frequent_tags_of_the_text_come_first():
    train = [Product("红色鞋", tags=["红色", "鞋"]), Product("蓝色鞋", tags=["蓝色", "鞋"])]
    assert [tag.text for tag in LABEL().fit(train).predict("红色的鞋")] == ["鞋", "红色"]
'''
TAGGER_NEXT = """compare it: tagkit compare --taggers lexicon,WHERE
check it: tagkit check WHERE
read on: docs/how-to/add-a-strategy.md"""

MEASURE = '''"""LABEL: one sentence on what it measures."""

from __future__ import annotations

import numpy as np

from tagkit.measures import Run
from tagkit.measures.base import SHARE, Floats, MeanMeasure, positive_int


class LABEL(MeanMeasure):
    """Share of products whose first k tags hold a right one: replace this by your own idea.

    Matching is exact. The score is the mean over the products with gold tags.

    Args:
        k: How many tags of each list are looked at.
    """

    name = "NAME"
    bounds = SHARE
    source = "who defined it"

    k: int = positive_int(default=5)

    def per_product(self, run: Run) -> Floats:
        """Return 1 for a product with a right tag, else 0, shape (n,); NaN without gold tags."""
        return np.where(run.has_gold, run.hits[:, : self.k].any(axis=1), np.nan)
'''
MEASURE_TEST = '''"""LABEL gives the scores that are counted by hand."""

from MODULE import LABEL


def test_products_with_a_right_tag_are_counted():
    lists = [["高跟鞋", "红色"], ["衬衫"], ["包"]]
    gold = [["高跟鞋"], ["裤子"], []]
    assert LABEL(k=1)(lists, gold) == 0.5


def test_only_the_first_tags_count():
    assert LABEL(k=1)([["红色", "鞋"]], [["鞋"]]) == 0
    assert LABEL(k=2)([["红色", "鞋"]], [["鞋"]]) == 1
'''
MEASURE_NEXT = """compare by it: tagkit compare --taggers lexicon,dictionary --measures F1@M,WHERE@5
read on: docs/how-to/add-a-measure.md"""

DATASET = '''"""LABEL: one sentence on whose products these are."""

from __future__ import annotations

from typing import ClassVar

from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset, Product

CARD = """# NAME

**What.** Four titles. **Who.** … **Licence.** … **Not good for.** Anything but a first try.
"""
ROWS = (("红色高跟鞋", ("高跟鞋", "红色")), ("蓝色运动鞋", ("运动鞋", "蓝色")), ("黑色高跟鞋", ("高跟鞋", "黑色")))


class LABEL(Reader):
    """Titles of shoes with gold tags (Chinese): replace them by what your files hold.

    Files of your own are read by `tagkit.datasets.read_file`; those to download are named in `files`.
    """

    name = "NAME"
    licence = "CC0-1.0"
    card = CARD
    expectations: ClassVar[dict[str, Expectation]] = {"train products": ("==", 3), "test texts in train": ("==", 0)}

    def read(self) -> Dataset:
        """Return the products in three parts."""
        train = [Product(str(i), title, lang="zh", tags=tags) for i, (title, tags) in enumerate(ROWS)]
        test = [Product("new", "红色运动鞋", lang="zh", tags=("运动鞋", "红色"))]
        return Dataset(self.name, tuple(train), test=tuple(test), card=self.card, licence=self.licence)
'''
DATASET_TEST = '''"""LABEL is read as it was written, and an audit finds what is expected."""

from MODULE import LABEL

from tagkit.datasets import audit
from tagkit.taggers import create


def test_an_audit_finds_what_is_expected():
    data = LABEL().read()
    assert audit(data, LABEL.expectations).ok
    assert data.test[0].tags == ("运动鞋", "红色")


def test_it_can_be_learned_from():
    data = LABEL().read()
    assert create("lexicon").fit(data.train).score(data.test) == 1
'''
DATASET_NEXT = """compare on it: tagkit compare --data WHERE --taggers lexicon,dictionary
audit it: tagkit data audit WHERE
read on: docs/how-to/add-a-data-set.md"""

EXPERIMENT = """title: What two dictionaries find on the catalogue
source: {paper: ours, table: none}
quick: true
data: {name: catalogue}
protocol: Exact match of tags on the test part; F1@M is the mean over products.
measures: [F1@M, P@5]
tolerance: 0.5
baseline: lexicon
rows:
  - name: lexicon
    strategy: lexicon
    expected: {F1@M: null, P@5: null}
  - name: dictionary, long tags only
    strategy: dictionary
    params: {min_chars: 3}
    expected: {F1@M: null, P@5: null}
"""
EXPERIMENT_TEST = '''"""The experiment NAME is a right one, and runs."""

from pathlib import Path

from tagkit.experiment.load import load_experiment
from tagkit.experiment.run import run


def test_every_row_runs():
    experiment = load_experiment(Path("MODULE"))
    result = run(experiment, isolate=False, progress=False)
    assert list(result.rows) == [row.name for row in experiment.rows] and not result.failed
    assert 0 < result.scores["test"]["lexicon"]["F1@M"].value < 1
'''
EXPERIMENT_NEXT = """run it: tagkit reproduce FILE
read on: docs/how-to/add-an-experiment.md"""

SKELETONS = {
    "tagger": (TAGGER, TAGGER_TEST, TAGGER_NEXT),
    "measure": (MEASURE, MEASURE_TEST, MEASURE_NEXT),
    "dataset": (DATASET, DATASET_TEST, DATASET_NEXT),
    "experiment": (EXPERIMENT, EXPERIMENT_TEST, EXPERIMENT_NEXT),
}
