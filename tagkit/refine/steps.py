"""The refinements that have nothing to choose on dev: what is dropped, merged, rewritten, reordered or cut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from tagkit.errors import BadInput
from tagkit.measures.vectors import ENCODER, TagVectors, vectors_of
from tagkit.parameters import NonNegativeInt, PositiveFloat, Probability
from tagkit.product import Dataset, Product, Tag
from tagkit.refine.base import Step
from tagkit.text.clean import clean
from tagkit.text.ngrams import char_ngrams, jaccard
from tagkit.text.present import is_present
from tagkit.text.spelling import merge

COMPARED = 1000
"""The best ranked tags of a list that are compared with each other, which takes a second."""


class Limit(Step):
    """Cut the list after k tags, in the order it has.

    Args:
        k: The highest number of tags.
    """

    name = "limit"
    k: NonNegativeInt = 10

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the first k tags."""
        return tags[: self.k]


class StopTags(Step):
    """Drop the tags of a given list, which are never wanted.

    Args:
        tags: The unwanted texts, compared exactly.
    """

    name = "stop_tags"
    tags: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Prepare the comparison."""
        super().__post_init__()
        self._stop = frozenset(self.tags)

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list without the unwanted tags."""
        return [tag for tag in tags if tag.text not in self._stop]


class Vocabulary(Step):
    """Drop the tags outside a vocabulary; `dropped` returns them, since they may be what the vocabulary lacks.

    Args:
        tags: The vocabulary, compared exactly. None: the tags of train in an experiment, otherwise no tag is dropped.
    """

    name = "vocabulary"
    tags: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Prepare the comparison."""
        super().__post_init__()
        self._known = None if self.tags is None else frozenset(self.tags)

    def for_data(self, data: Dataset) -> Vocabulary:
        """Return the step with the tags of train where no vocabulary was given."""
        return Vocabulary(data.vocabulary) if self.tags is None else self

    def extended(self, known: Collection[str], new: Sequence[str]) -> Vocabulary:
        """Return the step with the new tags as well, if its vocabulary is that of train."""
        is_train = self.tags is not None and set(self.tags) == set(known)
        return Vocabulary([*(self.tags or ()), *new]) if is_train else Vocabulary(self.tags)

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the tags of the vocabulary."""
        return [tag for tag in tags if self._contains(tag)]

    def dropped(self, tags: Sequence[Tag]) -> list[Tag]:
        """Return the tags that `apply` drops, in their order."""
        return [tag for tag in tags if not self._contains(tag)]

    def _contains(self, tag: Tag) -> bool:
        return self._known is None or tag.text in self._known


class Synonyms(Step):
    """Replace synonyms by the preferred tag, and merge tags that become equal.

    Texts are compared with the table exactly; put `normalise` before this step where case or width may differ. Of
    equal tags, in whatever spelling, the best ranked one stays, with the highest score and all spans.

    Args:
        table: The synonyms of each preferred tag, as in `Dataset.synonyms`. None: those of the data set in an
            experiment, otherwise none.

    Raises:
        BadInput: A text is a synonym of two preferred tags, or is itself preferred and a synonym of another.
    """

    name = "synonyms"
    table: Mapping[str, Sequence[str]] | None = None

    def __post_init__(self) -> None:
        """Invert the table."""
        super().__post_init__()
        self._preferred: dict[str, str] = {}
        table = self.table or {}
        for word, others in table.items():
            for other in others:
                if other == word:
                    continue
                if self._preferred.setdefault(other, word) != word:
                    raise BadInput(f"{other!r} is a synonym of both {self._preferred[other]!r} and {word!r}")
                if other in table:
                    raise BadInput(
                        f"{other!r} is a synonym of {word!r} and has synonyms of its own: list them under {word!r}"
                    )

    def for_data(self, data: Dataset) -> Synonyms:
        """Return the step with the data set's synonyms where no table was given."""
        return Synonyms(data.synonyms) if self.table is None else self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list with preferred tags only."""
        return merge([replace(tag, text=self._preferred.get(tag.text, tag.text)) for tag in tags])


class Normalise(Step):
    """Normalise the text of each tag (width, case, script, whitespace), and merge tags that become equal.

    Tags are cleaned as product texts are, see `tagkit.text.clean`. Of equal tags the best ranked one stays, with the
    highest score and all spans. A tag of which nothing is left (an emoji, a row of exclamation marks) is dropped.

    Args:
        vocabulary: The preferred spellings, most wanted first, for example `Dataset.vocabulary`: a tag with the same
            normal form gets that spelling, so that "t恤" becomes "T恤" if the gold tags have it. None: the tags of
            train in an experiment, otherwise normal forms.
    """

    name = "normalise"
    vocabulary: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Look up the normal forms of the vocabulary."""
        super().__post_init__()
        self._spelling: dict[str, str] = {}
        for tag in self.vocabulary or ():
            self._spelling.setdefault(_normal(tag), tag)

    def for_data(self, data: Dataset) -> Normalise:
        """Return the step with the tags of train where no vocabulary was given."""
        return Normalise(data.vocabulary) if self.vocabulary is None else self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the normalised and merged list."""
        texts = [_normal(tag.text) for tag in tags]
        texts = [self._spelling.get(text, text) for text in texts]
        return merge([replace(tag, text=text) for tag, text in zip(tags, texts, strict=True) if text])


class NearDuplicates(Step):
    """Drop a tag that says nearly the same as a better ranked one of the same product.

    Only tags of the same type are compared: a colour and a brand of one name are two statements. In a list of thousands
    each is compared with the 1,000 best ranked only.

    Args:
        threshold: The Jaccard similarity of their character bigrams from which two tags are near-duplicates; above 1 no
            such pair is.
        containment: Whether two tags of which one contains the other (Latin letters as whole words) are near-duplicates
            too.
    """

    name = "near_duplicates"
    threshold: PositiveFloat = 0.6
    containment: bool = False

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list without near-duplicates."""
        chosen: list[tuple[Tag, frozenset[str]]] = []
        for tag in tags:
            grams = char_ngrams(tag.text, 2)
            if not any(self._similar(tag, grams, other, others) for other, others in chosen[:COMPARED]):
                chosen.append((tag, grams))
        return [tag for tag, _ in chosen]

    def _similar(self, tag: Tag, grams: frozenset[str], other: Tag, others: frozenset[str]) -> bool:
        if tag.type != other.type:
            return False
        if tag.text == other.text or jaccard(grams, others) >= self.threshold:
            return True
        return self.containment and (is_present(tag.text, other.text) or is_present(other.text, tag.text))


class Diversity(Step):
    """Reorder the tags by maximal marginal relevance, which trades score against repetition.

    The next tag is the one with the highest (1 - diversity) · score - diversity · similarity to the most similar tag
    before it; of equal ones the better ranked. No tag is dropped and no score changes: the order is the result, and no
    later step sorts again. Behind the 1,000 best ranked tags the order stays.

    Source: Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
    Summaries (SIGIR 1998).

    Args:
        diversity: From 0 (by score alone) to 1 (by dissimilarity alone).
        similarity: "characters": the Jaccard similarity of character bigrams; "vectors": that of meanings, as the
            measure semantic-ILD has it (below 0 is 0).
        encoder: Of the vectors: a name from `tagkit models list`, a hub id or a folder.

    Attributes:
        sha256_: The checksum of the encoder's weights, which a saved strategy asks for again.

    Raises:
        MissingExtra: Vectors are asked for, and the packages for pre-trained models are not installed.
        WeightsMissing: The encoder's weights are unavailable.
    """

    name = "diversity"
    diversity: Probability = 0.3
    similarity: Literal["characters", "vectors"] = "characters"
    encoder: str = ENCODER

    def __post_init__(self) -> None:
        """Begin with an encoder of any checksum."""
        super().__post_init__()
        self.sha256_ = ""

    def state(self) -> dict[str, Any]:
        """Return the parameters and the checksum of the encoder."""
        if self.similarity == "vectors":
            self.sha256_ = self._vectors.sha256
        return super().state()

    def prepare(self, predictions: Sequence[Sequence[Tag]]) -> None:
        """Embed the tags of all lists in one go."""
        if self.similarity == "vectors":
            self._vectors.prepare(tag.text for tags in predictions for tag in tags[:COMPARED])

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return all tags in the new order."""
        tags, rest = tags[:COMPARED], tags[COMPARED:]
        similarity = self._by_vectors(tags) if self.similarity == "vectors" else _by_characters(tags)
        closest = [0.0] * len(tags)
        left = list(range(len(tags)))
        order: list[int] = []
        while left:
            best = max(left, key=lambda i: (1 - self.diversity) * tags[i].score - self.diversity * closest[i])
            left.remove(best)
            order.append(best)
            for i in left:
                closest[i] = max(closest[i], similarity(i, best))
        return [tags[i] for i in order] + rest

    @property
    def _vectors(self) -> TagVectors:
        return vectors_of(self.encoder, self.sha256_)

    def _by_vectors(self, tags: Sequence[Tag]) -> Callable[[int, int], float]:
        vectors = self._vectors([tag.text for tag in tags])
        cosines = np.round(vectors @ vectors.T, 5).tolist()  # rounded, so that equal ones tie in any batch
        return lambda i, j: cosines[i][j]


def _by_characters(tags: Sequence[Tag]) -> Callable[[int, int], float]:
    grams = [char_ngrams(tag.text, 2) for tag in tags]
    return lambda i, j: jaccard(grams[i], grams[j])


def _normal(text: str) -> str:
    return " ".join(clean(text).text.split())
