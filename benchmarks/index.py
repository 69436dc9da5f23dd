"""Vector indexes side by side: usearch, hnswlib and FAISS (HNSW, all of them), and comparing with all.

    python benchmarks/index.py [--vectors 100000]

Vectors of the length of the small encoders (384) in clusters, as products lie; same graph settings (16 links, 128 when
building and searching), cosine, one thread, 32-bit floats (usearch with 16-bit ones as well). Printed: seconds to
build, queries per second one at a time and in a batch, recall of the true ten nearest, size of the saved index, and
whether two builds answer the same. hnswlib has no wheel for Linux and is compiled when installed, so no extra brings
it: `pip install hnswlib`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write

LINKS, EFFORT, NEIGHBOURS, QUERIES = 16, 128, 10, 1000


def main() -> None:
    """Measure each and print one row per index."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=100_000)
    count = parser.parse_args().vectors
    vectors, queries = clustered(count + QUERIES, seed=0)[:count], clustered(count + QUERIES, seed=0)[count:]
    truth = np.argsort(-(queries @ vectors.T), axis=1)[:, :NEIGHBOURS]
    start = time.perf_counter()
    np.argpartition(-(queries @ vectors.T), NEIGHBOURS, axis=1)
    rows: dict[str, Any] = {"all pairs": {"queries/s in a batch": round(QUERIES / (time.perf_counter() - start))}}
    kinds = {"usearch": Usearch, "usearch, bf16": UsearchBf16, "hnswlib": Hnswlib, "faiss": Faiss}
    for name, kind in kinds.items():
        try:
            rows[name] = measure(kind, vectors, queries, truth)
        except ModuleNotFoundError as error:
            rows[name] = f"not measured: {error.name} is not installed"
    write("index", {"vectors": count, "size": vectors.shape[1], **rows})


def clustered(count: int, seed: int) -> np.ndarray:
    """Return vectors of length 1 around 500 centres."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(500, 384))
    found = centres[random.integers(500, size=count)] + 0.7 * random.normal(size=(count, 384))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def measure(kind: Any, vectors: np.ndarray, queries: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return the figures of one library."""
    start = time.perf_counter()
    index = kind(vectors)
    built = time.perf_counter() - start
    start = time.perf_counter()
    found = index.search(queries)
    batch = QUERIES / (time.perf_counter() - start)
    start = time.perf_counter()
    for query in queries[:200]:
        index.search(query[None])
    single = 200 / (time.perf_counter() - start)
    recall = np.mean([len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(found, truth, strict=True)])
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        size = (Path(folder) / "index").stat().st_size
    return {
        "build, s": round(built, 1),
        "queries/s in a batch": round(batch),
        "queries/s one at a time": round(single),
        "recall@10": round(float(recall), 4),
        "MiB on disk": round(size / 2**20),
        "two builds agree": bool(np.array_equal(found, kind(vectors).search(queries))),
    }


class Usearch:
    """usearch."""

    dtype = "f32"

    def __init__(self, vectors: np.ndarray) -> None:
        from usearch.index import Index

        self.index = Index(
            ndim=vectors.shape[1],
            metric="cos",
            dtype=self.dtype,
            connectivity=LINKS,
            expansion_add=EFFORT,
            expansion_search=EFFORT,
        )
        self.index.add(np.arange(len(vectors)), vectors, threads=1)

    def search(self, queries: np.ndarray) -> np.ndarray:
        """Return the keys of the nearest."""
        return np.asarray(self.index.search(queries, NEIGHBOURS, threads=1).keys).reshape(len(queries), -1)

    def save(self, path: Path) -> None:
        """Write the index."""
        self.index.save(str(path))


class UsearchBf16(Usearch):
    """usearch that keeps and compares 16-bit floats."""

    dtype = "bf16"


class Hnswlib:
    """hnswlib."""

    def __init__(self, vectors: np.ndarray) -> None:
        import hnswlib

        self.index = hnswlib.Index("cosine", vectors.shape[1])
        self.index.init_index(len(vectors), ef_construction=EFFORT, M=LINKS)
        self.index.set_num_threads(1)
        self.index.set_ef(EFFORT)
        self.index.add_items(vectors, np.arange(len(vectors)))

    def search(self, queries: np.ndarray) -> np.ndarray:
        """Return the keys of the nearest."""
        return self.index.knn_query(queries, NEIGHBOURS)[0]

    def save(self, path: Path) -> None:
        """Write the index."""
        self.index.save_index(str(path))


class Faiss:
    """FAISS."""

    def __init__(self, vectors: np.ndarray) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = self.index.hnsw.efSearch = EFFORT
        self.index.add(vectors)

    def search(self, queries: np.ndarray) -> np.ndarray:
        """Return the keys of the nearest."""
        return self.index.search(queries, NEIGHBOURS)[1]

    def save(self, path: Path) -> None:
        """Write the index."""
        import faiss

        faiss.write_index(self.index, str(path))


if __name__ == "__main__":
    main()
