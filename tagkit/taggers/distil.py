"""Distillation: a costly strategy labels products without tags, and a small one learns from gold and these labels."""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Self, cast

import numpy as np
import torch
from scipy import sparse
from scipy.special import expit

from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.datasets import load
from tagkit.datasets.items import as_products
from tagkit.datasets.split import hold_out_tenth
from tagkit.errors import BadInput
from tagkit.explanation import Explanation
from tagkit.neural import bio
from tagkit.neural.character_labels import CharacterLabels
from tagkit.parameters import NonNegativeInt, PositiveInt
from tagkit.product import Product, Tags
from tagkit.refine.thresholds import Thresholds
from tagkit.saved import from_state, to_state
from tagkit.tagger import State, Tagger
from tagkit.taggers.ensemble import labels_characters
from tagkit.taggers.sub_taggers import create_sub_tagger
from tagkit.text.clean import has_content

COPIES, EXCHANGED = 2, 0.5
"""Where there are no products without tags, each of train gives so many texts, in which this share of values is
exchanged."""
log = logging.getLogger(__name__)


class Distil(Tagger):
    """A small strategy that learns from gold tags and from what a costly one says of products without tags.

    The teacher is fitted on the gold tags and labels the products without tags; the student learns from both, and only
    the student is kept. Where the teacher labels characters (`sequence`, `bilstm_crf`, an `ensemble` of these) and the
    student is `sequence`, it learns the probabilities of all labels. Otherwise it learns those tags of the teacher
    whose scores are high enough: the threshold with the best F1 on dev or, where there is none, on a tenth of train
    that the teacher is not fitted on. A `sequence` then learns each tag as far as such scores were right there, and
    nothing of the places of tags below the threshold. Products that get no tags are left out, as are those that a
    `replay` has no answers for.

    It learns more products by its student; the teacher is not asked again.

    Args:
        teacher: The costly strategy: its name, or a pair of name and parameters; for answers that are stored in a file
            ["replay", {"answers": FILE}].
        student: The small strategy, in the same form.
        unlabelled: Products without tags: a file or a data set, or a pair of that and its options. Tags that it has
            are not read; of a data set with tags its train part is taken. "": the products of train without tags.
            Where there are none either, texts are made from those of train by exchanging values.
        ratio: So many products without tags for each product with gold tags are taken at most, drawn at random.
        seed: Of the drawing, and of the student where its parameters give none.

    Attributes:
        student_: The fitted student.
        n_labelled_: How many products it has learned the teacher's labels of.
        threshold_: The lowest score of the teacher's tags that were learned; None where all probabilities were.

    Source: Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network (2015); made texts: Jiao et al.,
    TinyBERT: Distilling BERT for Natural Language Understanding (Findings of EMNLP 2020).
    """

    name = "distil"

    teacher: str | Sequence[Any] = (
        "ensemble",
        {"taggers": [["sequence", {"seed": 0}], ["sequence", {"seed": 1}], ["sequence", {"seed": 2}]]},
    )
    student: str | Sequence[Any] = "sequence"
    unlabelled: str | Sequence[Any] = ""
    ratio: PositiveInt = 10
    seed: NonNegativeInt = 0

    @property
    def needs_threshold(self) -> bool:  # type: ignore[override]
        """Whether the student does."""
        return (getattr(self, "student_", None) or _made(self.student)).needs_threshold

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        teacher, student = _made(self.teacher), _made(self.student, seed=self.seed)
        gold, more = self._parts(train, dev)
        self.threshold_: float | None = None
        if labels_characters(teacher) and hasattr(student, "fit_labels"):
            teacher.fit(gold, dev=dev, cache=cache)
            labeller, types = cast(Any, teacher), _types(gold)
            found = labeller.character_probabilities(more)
            labels = CharacterLabels.of_probabilities(more, found, labeller.types, types)
            student.fit_labels(gold, labels, dev)
        else:
            more, lists = self._labelled(teacher, gold, more, dev, cache)
            self._teach(student, gold, more, lists, dev, cache)
        self.student_, self.n_labelled_ = student, len(more)

    def _parts(self, train: Sequence[Product], dev: Sequence[Product]) -> tuple[list[Product], list[Product]]:
        """Return the products with gold tags, and those that the teacher labels."""
        if self.unlabelled:
            gold, more = list(train), _read(self.unlabelled)
        else:
            gold = [product for product in train if product.tags]
            more = [product for product in train if not product.tags]
            if not gold:
                raise BadInput("distil needs products with gold tags in train, and there are none")
        known = {product.text for product in (*gold, *dev)}
        fresh = {product.text: product for product in more if product.text not in known and has_content(product.text)}
        more = list(fresh.values())
        if not more and not self.unlabelled:
            more = exchanged(gold, min(COPIES, self.ratio), self.seed)
        if not more:
            raise BadInput("distil has nothing to label: name products without tags in the parameter `unlabelled`")
        most = self.ratio * len(gold)
        chosen = sorted(random.Random(self.seed).sample(range(len(more)), min(most, len(more))))
        return gold, [more[at] for at in chosen]

    def _labelled(
        self,
        teacher: Tagger,
        gold: Sequence[Product],
        more: Sequence[Product],
        dev: Sequence[Product],
        cache: FitCache,
    ) -> tuple[list[Product], Tags]:
        """Fit the teacher, choose the threshold, and return the products that it tags, with all of their tags.

        Their scores become probabilities of being right, by what is right of the held-out products; 0 below the
        threshold.
        """
        held_out, learned = [product for product in dev if product.tags], gold
        if not held_out:
            learned, held_out = map(list, hold_out_tenth(gold))  # type: ignore[assignment]
        teacher.fit(learned or gold, dev=dev, cache=cache)
        lists = teacher.predict([*held_out, *more])
        answered = [(row, product) for row, product in zip(lists, held_out, strict=False) if row]
        if not answered:
            log.warning("distil: %s tags no held-out product with gold tags, so all of its tags count", teacher.name)
        steps = Thresholds(min_count=len(answered) + 1)
        self.threshold_ = steps.fit([row for row, _ in answered], [product for _, product in answered]).default_
        pairs = [(product, row) for product, row in zip(more, lists[len(held_out) :], strict=True) if row]
        if not pairs:
            raise BadInput(f"distil: {teacher.name} tags none of the {len(more):,} products without tags")
        if answered and not any(tag.text in product.tags for row, product in answered for tag in row):
            count = f"{len(answered):,} held-out products with gold tags"
            raise BadInput(f"distil: no tag that {teacher.name} gives to {count} is right, so nothing is to be learned")
        sure = _probability([(tag.score, tag.text in product.tags) for row, product in answered for tag in row])
        threshold = self.threshold_
        rows = [
            [replace(tag, score=sure(tag.score) if tag.score >= threshold else 0.0) for tag in row] for _, row in pairs
        ]
        return [product for product, _ in pairs], rows

    def _teach(
        self,
        student: Any,
        gold: Sequence[Product],
        more: Sequence[Product],
        lists: Tags,
        dev: Sequence[Product],
        cache: FitCache,
    ) -> None:
        """Fit the student on gold tags, and on the tags of the teacher, those with the score 0 left out."""
        if hasattr(student, "fit_labels"):
            student.fit_labels(gold, CharacterLabels.of_tags(more, lists, _types(gold)), dev)
            return
        is_annotated = any(product.annotations for product in gold)
        tagged = []
        for product, row in zip(more, lists, strict=True):
            kept = tuple(tag for tag in row if tag.score)
            texts = tuple(dict.fromkeys(tag.text for tag in kept))
            tagged.append(replace(product, tags=texts, annotations=kept if is_annotated else ()))
        student.fit([*gold, *(product for product in tagged if product.tags)], dev=dev, cache=cache)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        before = None
        if self.student_.learned_from_ is None and old is not None:  # loaded: the products are those of the caller
            before = old if self.unlabelled else [product for product in old if product.tags]
        self.student_ = copy.copy(self.student_).learn(more, old=before, dev=dev, cache=cache)

    def _known_tags(self) -> Iterable[str]:
        return self.student_._known_tags()

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [[replace(tag, source=self.name) for tag in row] for row in self.student_.predict(products)]

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        return self.student_.score_of(products, tag)

    def _rough(self) -> Self:
        made = copy.copy(self)
        made.student_ = self.student_._rough()
        return made

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = self.student_._explain(product, tag)
        return replace(found, strategy=self.name, facts={**found.facts, "student": self.student_.name})

    def n_truncated_chars(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters at the end of its text the student does not read."""
        return self.student_.n_truncated_chars(as_products(products))

    def _state(self) -> State:
        return {"student": to_state(self.student_), "labelled": self.n_labelled_, "threshold": self.threshold_}

    def _restore(self, state: State) -> None:
        self.student_ = from_state(state["student"])
        self.n_labelled_, self.threshold_ = state["labelled"], state["threshold"]


def exchanged(products: Sequence[Product], copies: int, seed: int) -> list[Product]:
    """Return new texts of products with gold tags, without tags: values are exchanged as `ValueSwap` does.

    Args:
        products: The products.
        copies: How many texts each gives; fewer where nothing can be exchanged.
        seed: Of what is exchanged for what.
    """
    swap = bio.ValueSwap(products, list(map(bio.flat_gold, products)), EXCHANGED)
    found: dict[str, Product] = {}
    known = {product.text for product in products}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for copy_ in range(copies):
            for row, product in enumerate(products):
                text, _ = swap(row)
                if text not in known:
                    made = Product(f"{product.id} made {copy_}", text, "", product.category, lang=product.lang)
                    found.setdefault(text, made)
    return list(found.values())


def _probability(known: Sequence[tuple[float, bool]]) -> Callable[[float], float]:
    """Return how likely a tag with a score is right, by the scores of tags of which that is known (Platt's sigmoid)."""
    share = float(np.mean([right for _, right in known])) if known else 1.0
    if not 0 < share < 1:
        return lambda _: share
    scores = np.array([[score] for score, _ in known])
    scale, shift = platt(scores, sparse.csr_matrix([[float(right)] for _, right in known]))
    return lambda score: float(expit(scale * score + shift))


def _types(products: Sequence[Product]) -> list[str]:
    """Return the types that a labeller learns from products with gold tags."""
    return sorted({kind for product in products for *_, kind in bio.flat_gold(product)})


def _read(unlabelled: str | Sequence[Any]) -> list[Product]:
    """Return the products of a file or data set, of one with tags those of its train part, without their tags."""
    pair: Any = (unlabelled, {}) if isinstance(unlabelled, str) else unlabelled
    if len(pair) != 2:
        raise BadInput(f"distil: `unlabelled` is a name or a pair of name and options, not {unlabelled!r}")
    data = load(pair[0], **pair[1])
    part = data.train if any(product.tags for product in data.products) else data.products
    return [replace(product, tags=(), annotations=()) for product in part]


def _made(strategy: str | Sequence[Any], **shared: Any) -> Any:
    """Return an unfitted strategy.

    Args:
        strategy: Its name, or a pair of name and parameters.
        **shared: Parameters for a strategy that has them and was not given its own.
    """
    pair: Any = (strategy, {}) if isinstance(strategy, str) else strategy
    if len(pair) != 2 or not isinstance(pair[0], str):
        raise BadInput(f"distil: a strategy is a name or a pair of name and parameters, not {strategy!r}")
    return create_sub_tagger(pair, **shared)
