"""The measures of facets for data sets without any: clusters of the vectors of tags stand for the facets."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tagkit.measures.base import Floats, positive_int
from tagkit.measures.facets import FacetEntropy, FacetMeasure, FacetRecall
from tagkit.measures.run import Run
from tagkit.measures.semantic import VectorMeasure
from tagkit.measures.vectors import vectors_of


class ClusterMeasure(VectorMeasure, FacetMeasure):
    """Base of cluster-R and cluster-entropy."""

    needs = "train_counts"
    clusters: int = positive_int(default=12)

    def facets(self, run: Run) -> NDArray[np.int64]:
        """Return the number of the cluster of each tag, to be indexed with codes, shape (tags + 1,).

        Raises:
            BadInput: The run lacks `train_counts`.
        """
        known = tuple(sorted(tag for tag, count in run.require("train_counts", self).items() if count > 0))
        if not known or not run.names:
            return np.full(len(run.names) + 1, -1)
        centres = _centres(self.encoder, self.clusters, known)
        # |v - c|² is least where v·c - |c|² / 2 is greatest
        near = vectors_of(self.encoder)(run.names) @ centres.T - (centres**2).sum(axis=1) / 2
        return np.append(near.argmax(axis=1), -1)


class ClusterRecall(ClusterMeasure, FacetRecall):
    """Cluster recall: as facet-R, with clusters of the vectors of tags for facets.

    Protocol: as facet-R, but a facet is a cluster: k-means (k-means++, ten starts, fixed seed) of the vectors of all
    tags of train, and any other tag belongs to the cluster whose centre is nearest. The clusters are the same for all
    strategies. They hold what is alike in meaning, which is the topic (food, clothes) as often as the kind of
    information. Since each tag belongs to some cluster, phrases that no shop would use as tags cover too: compare
    strategies that choose from one vocabulary. A score holds for one encoder: a report names its checksum.

    Args:
        right: Whether only gold tags cover a cluster.
        clusters: How many clusters there are.
        encoder: A name from `tagkit models list`, a hub id or a folder.
    """

    name = "cluster-R"


class ClusterEntropy(ClusterMeasure, FacetEntropy):
    """Cluster entropy: as facet-entropy, with clusters of the vectors of tags for facets.

    Protocol: as facet-entropy, with the clusters of cluster-R.

    Args:
        clusters: How many clusters there are.
        encoder: A name from `tagkit models list`, a hub id or a folder.
    """

    name = "cluster-entropy"


@lru_cache(maxsize=4)
def _centres(encoder: str, clusters: int, tags: tuple[str, ...]) -> Floats:
    """Return the centres of the clusters of some tags, shape (clusters, size)."""
    from sklearn.cluster import KMeans

    found = KMeans(min(clusters, len(tags)), n_init=10, random_state=0).fit(vectors_of(encoder)(tags))
    return np.asarray(found.cluster_centers_)
