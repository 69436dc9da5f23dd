"""Measures by the meaning of tags, as an encoder sees it: against gold (semantic-P, …) and within a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import SHARE, Floats, MeanMeasure, number, one_of, positive_int, ratio, text
from tagkit.measures.list_diversity import ILD, Vendi, WithinLists
from tagkit.measures.run import Run, blocks
from tagkit.measures.vectors import ENCODER, SAME, vectors_of

KPEVAL = "Wu et al., KPEval: Towards Fine-Grained Semantic-Based Keyphrase Evaluation (Findings of ACL 2024)"
ROUNDING = 1e-6
"""A similarity that is this much below a threshold reaches it: that of a tag with itself may be 0.9999999."""


class VectorMeasure(MeanMeasure):
    """Base of the measures that compare the vectors of tags.

    The similarity of two tags is the cosine of their vectors less the mean vector and the main direction of the tags of
    the embedded catalogue (`tagkit.measures.vectors`): about 0 for unrelated tags, 1 for equal ones.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
    """

    encoder: str = text(default=ENCODER)

    def prepare(self, tags: Iterable[str]) -> None:
        """Embed all tags in one go.

        Raises:
            MissingExtra: The packages for pre-trained models are not installed.
            WeightsMissing: The encoder's weights are unavailable.
        """
        vectors_of(self.encoder).prepare(tags)

    def versions(self) -> dict[str, str]:
        """Return the checksum of the encoder's weights."""
        return {self.encoder: vectors_of(self.encoder).sha256}

    def vectors(self, run: Run, *codes: NDArray[np.int32]) -> tuple[Floats, list[NDArray[np.int64]]]:
        """Return the vectors of the tags that occur in some arrays of codes, and which of them is where.

        Returns:
            The vectors, the last of which is 0, shape (tags + 1, size), and for each array that of each code, the last
            one for -1.
        """
        used = np.unique(np.concatenate([np.ravel(each) for each in codes]))
        used = used[used >= 0]
        vectors = vectors_of(self.encoder)([run.names[code] for code in used])
        padded = np.vstack([vectors, np.zeros((1, vectors.shape[1]))])
        return padded, [np.where(each >= 0, np.searchsorted(used, each), len(used)) for each in codes]


class SemanticList(VectorMeasure, WithinLists):
    """Base of the measures of the similarities between the first k tags of each list: here of their vectors."""

    def similarities(self, run: Run) -> Iterator[tuple[slice, Floats]]:
        """Yield, block by block of products, the similarities between the first k tags of each list."""
        codes = run.codes[:, : self.k]
        vectors, (at,) = self.vectors(run, codes)
        ranks = np.arange(codes.shape[1])
        for block in blocks(len(run), codes.shape[1] * vectors.shape[1]):
            part = vectors[at[block]]
            out = np.clip(part @ part.transpose(0, 2, 1), -1, 1)
            out[:, ranks, ranks] = codes[block] >= 0
            yield block, out


class SemanticILD(SemanticList, ILD):
    """Intra-list distance of meanings: the mean distance between two of the first k tags, mean over products.

    Protocol: distance 1 - similarity of the vectors of the encoder, centred by those of the embedded catalogue's tags,
    with similarities below 0 taken as 0; whether a tag is gold does not matter; lists of fewer than two tags are left
    out. A score holds for one encoder: a report names its checksum.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
    """

    name = "semantic-ILD"


class SemanticVendi(SemanticList, Vendi):
    """Vendi score of meanings: the effective number of dissimilar tags among the first k, mean over products.

    Protocol: exp of the entropy of the eigenvalues of K / m, where K holds the similarities of the m tags looked at, by
    the vectors of the encoder, centred by those of the embedded catalogue's tags: 1 if all mean the same, m if no two
    have anything in common. Whether a tag is gold does not matter; empty lists are left out. A score holds for one
    encoder: a report names its checksum.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
    """

    name = "semantic-Vendi"


class SemanticRedundancy(SemanticList):
    """Redundancy of meanings: the share of the pairs among the first k tags that say the same, mean over products.

    Protocol: two tags say the same if the similarity of their vectors, centred by those of the embedded catalogue's
    tags, reaches the threshold. With e5-small and 0.3 that holds for 77 % of the pairs of Chinese synonyms of the
    catalogue and 60 % of the English ones, and for 6 % and 5 % of the pairs of gold tags of one product
    (`benchmarks/similarity.py`); for another encoder choose anew. Whether a tag is gold does not matter; lists of fewer
    than two tags are left out.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
        threshold: The similarity from which two tags say the same.
    """

    name = "semantic-redundancy"
    bounds = SHARE
    better = "lower"
    source = "defined here; vectors: Mu and Viswanath, All-but-the-Top (ICLR 2018)"
    threshold: float = number(0, 1, default=SAME)

    def per_product(self, run: Run) -> Floats:
        """Return the share of such pairs within each list, shape (n,)."""
        sizes = np.minimum(run.lengths, self.k)
        found = np.zeros(len(run))
        for block, similarities in self.similarities(run):
            taken = similarities[:, np.arange(similarities.shape[1]), np.arange(similarities.shape[1])] > 0
            both = taken[:, :, None] & taken[:, None, :]
            found[block] = ((similarities >= self.threshold - ROUNDING) & both).sum(axis=(1, 2)) - sizes[block]
        return ratio(found, sizes * (sizes - 1))


class SemanticMatch(VectorMeasure):
    """Base of the measures that compare each tag with the nearest one of the other list.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
    """

    bounds = SHARE
    k: int | str = positive_int(default="M", letters="MO")

    def nearest(self, run: Run) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Return how similar each predicted tag is to the nearest gold tag, and each gold tag to the nearest predicted.

        Returns:
            Shapes (n, ranks) and (n, most gold tags), from 0 to 1, 0 where there is no tag; and the number of predicted
            tags that are looked at, shape (n,).
        """
        codes = run.codes[:, : self.k] if isinstance(self.k, int) else run.codes
        if self.k == "O":
            codes = np.where(np.arange(run.width) < run.gold_sizes[:, None], codes, -1)
        vectors, (predicted, gold) = self.vectors(run, codes, run.gold_codes)
        to_gold, to_predicted = np.zeros(codes.shape), np.zeros(run.gold_codes.shape)
        if codes.shape[1] and run.gold_codes.shape[1]:
            for block in blocks(len(run), (codes.shape[1] + run.gold_codes.shape[1]) * vectors.shape[1]):
                similarities = vectors[predicted[block]] @ vectors[gold[block]].transpose(0, 2, 1)
                similarities = np.clip(similarities, 0, 1)
                to_gold[block], to_predicted[block] = similarities.max(axis=2), similarities.max(axis=1)
        return to_gold, to_predicted, np.count_nonzero(codes >= 0, axis=1)


class SemanticOverlap(SemanticMatch):
    """Base of semantic-P, semantic-R and semantic-F1.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
        short: What the precision of a list shorter than a number k is divided by: "k", or "own", its own length (as in
            KPEval).
    """

    source = KPEVAL
    parts: ClassVar[str]
    """Of which the harmonic mean is taken: precision ("P"), recall ("R"), or both ("PR")."""
    short: str = one_of("k", "own", default="k")

    def per_product(self, run: Run) -> Floats:
        """Return the score of each product, shape (n,)."""
        to_gold, to_predicted, sizes = self.nearest(run)
        if self.k == "O":
            sizes = run.gold_sizes
        elif isinstance(self.k, int) and self.short == "k":
            sizes = np.full(len(run), self.k)
        precision = np.nan_to_num(ratio(to_gold.sum(axis=1), sizes))
        recall = ratio(to_predicted.sum(axis=1), run.gold_sizes)
        score = {"P": precision, "R": recall, "PR": np.nan_to_num(ratio(2 * precision * recall, precision + recall))}
        return np.where(run.has_gold, score[self.parts], np.nan)


class SemanticPrecision(SemanticOverlap):
    """Semantic precision: how similar the first k tags are to the nearest gold tag, mean over products.

    Protocol: as P, with for each tag its highest similarity to a gold tag instead of 1 or 0; the cosine of the vectors
    of the encoder, centred by those of the embedded catalogue's tags, with similarities below 0 taken as 0 (KPEval has
    an encoder of its own, and raw cosines); a list shorter than k is divided by k all the same; at "M" by its own
    length, an empty list scores 0; products without gold tags are left out. A score holds for one encoder: a report
    names its checksum.
    """

    name = "semantic-P"
    parts = "P"


class SemanticRecall(SemanticOverlap):
    """Semantic recall: how similar the gold tags are to the nearest of the first k tags, mean over products.

    Protocol: as semantic-P; an empty list scores 0.
    """

    name = "semantic-R"
    parts = "R"


class SemanticF1(SemanticOverlap):
    """Semantic F1: the harmonic mean of semantic-P@k and semantic-R@k per product, mean over products.

    Protocol: as semantic-P. A synonym of a gold tag counts nearly as much as the tag, a tag of the same kind a little,
    an unrelated tag hardly at all.
    """

    name = "semantic-F1"
    parts = "PR"


class SemanticCoverage(SemanticMatch):
    """Semantic coverage of gold: the share of the gold tags that one of the first k tags says too, mean over products.

    Protocol: a tag says the same as a gold tag if the similarity of their vectors, centred by those of the embedded
    catalogue's tags, reaches the threshold (see semantic-redundancy, also for what 0.3 means); products without gold
    tags are left out.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
        threshold: The similarity from which two tags say the same.
    """

    name = "semantic-coverage"
    source = "defined here, after semantic recall in KPEval (Wu et al. 2024)"
    threshold: float = number(0, 1, default=SAME)

    def per_product(self, run: Run) -> Floats:
        """Return the share of each product, shape (n,)."""
        _, to_predicted, _ = self.nearest(run)
        covered = (to_predicted >= self.threshold - ROUNDING) & (run.gold_codes >= 0)
        return ratio(covered.sum(axis=1), run.gold_sizes)
