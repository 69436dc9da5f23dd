"""redundancy@k: how many pairs of tags in a list say nearly the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.measures._similarity import blocks, tag_bigrams
from tagkit.measures.base import MeanMeasure, check_cutoff, check_number, ratio
from tagkit.measures.run import Run
from tagkit.text.ngrams import NgramMatrix
from tagkit.text.present import is_present


class Redundancy(MeanMeasure):
    """Redundancy: the share of the pairs among the first k tags that are near-duplicates, mean over products.

    Protocol: two tags are near-duplicates when one stands in the other (Latin letters as whole words), or the Jaccard
    similarity of their character bigrams reaches the threshold; case is ignored; right or wrong plays no part; lists
    of fewer than two tags are left out.

    Args:
        k: How many tags to look at.
        threshold: From which similarity on two tags are near-duplicates; above 1 only containment counts.
    """

    name = "redundancy"
    better = "lower"
    source = "defined here, after Broder, On the Resemblance and Containment of Documents (SEQUENCES 1997)"

    def __init__(self, k: int = 10, threshold: float = 0.6) -> None:
        self.k = check_cutoff(k)
        self.threshold = check_number("threshold", threshold, 0)

    def per_product(self, run: Run) -> NDArray[np.float64]:
        """Return the share of near-duplicate pairs within each list, shape (n,)."""
        codes = run.codes[:, : self.k]
        bigrams = tag_bigrams(run)
        upper, lower = np.triu_indices(codes.shape[1], 1)
        found = np.zeros(len(run))
        for block in blocks(len(run), len(upper)):
            part = codes[block]
            row, pair = np.nonzero(part[:, lower] >= 0)
            alike = self._alike(bigrams, run.names, part[row, upper[pair]], part[row, lower[pair]])
            found[block] = np.bincount(row[alike], minlength=len(part))
        sizes = np.minimum(run.lengths, self.k)
        return ratio(found, sizes * (sizes - 1) / 2)

    def _alike(
        self, bigrams: NgramMatrix, tags: list[str], first: NDArray[np.int32], second: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        both = bigrams.shared(first, second)
        sizes_first, sizes_second = bigrams.sizes[first], bigrams.sizes[second]
        alike = both / (sizes_first + sizes_second - both) >= self.threshold
        single = np.fromiter((len(tag) == 1 for tag in tags), dtype=bool, count=len(tags))
        # only a tag that shares all its bigrams with the other, or is a single character, can stand in it
        possible = (both == np.minimum(sizes_first, sizes_second)) | single[first] | single[second]
        for pair in np.flatnonzero(~alike & possible):
            one, two = tags[first[pair]], tags[second[pair]]
            alike[pair] = is_present(one, two) or is_present(two, one)
        return alike
