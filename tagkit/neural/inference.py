"""Inference: a model over many windows in length buckets on the fastest device; one vector per text.

On a CPU each core computes batches of its own, on one thread. With all cores on one batch they wait for each other
after every small operation: in bf16, short titles took 1.3 times as long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.neural.backbone import Backbone
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.hardware import device, prepare, uses_bf16
from tagkit.neural.tokens import Window
from tagkit.progress import announced

MOST, FEWEST = 1024, 256
"""The most and the fewest tokens of a batch, padding included, where each core computes batches of its own."""
ON_GPU = {"tokens": 32_768, "most": 2_048}
"""The most tokens, padding included, and texts of a batch on a GPU."""
PREFIX = "query: "
"""What texts begin with for the encoders of the E5 family, on both sides of a symmetric task."""

Output = tuple[list[int], Tensor]
T = TypeVar("T")
Batch = TypeVar("Batch")


def pad(windows: Sequence[Window], padding: int) -> dict[str, Tensor]:
    """Return the token ids and the mask (1 for tokens, 0 for padding) of a batch, both of shape (batch, longest).

    Where windows have hints, these are there too, of shape (batch, longest, labels).
    """
    width = max(map(len, windows))
    ids = np.full((len(windows), width), padding, dtype=np.int64)
    mask = np.zeros((len(windows), width), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window.ids
        mask[row, : len(window)] = 1
    batch = {"ids": torch.from_numpy(ids), "mask": torch.from_numpy(mask)}
    if windows[0].hints is not None:
        sequences = [torch.from_numpy(window.hints) for window in windows]
        batch["hints"] = nn.utils.rnn.pad_sequence(sequences, batch_first=True)
    return batch


def run(model: nn.Module, windows: Sequence[Window], padding: int, precision: str = "fp32") -> Iterator[Output]:
    """Run a model over windows in length buckets.

    Args:
        model: It takes `ids` and `mask`, and `hints` where windows have some, and is put on the fastest device there
            is, and into evaluation mode.
        windows: The windows.
        padding: The id of the padding token.
        precision: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.

    Yields:
        The positions of the windows of a batch, and the output of the model for them in fp32 on the CPU.
    """
    where = device()
    prepare(model, where)
    low = uses_bf16(precision, where)

    @torch.inference_mode()
    def outputs(batch: list[int]) -> Output:
        given = {key: value.to(where) for key, value in pad([windows[i] for i in batch], padding).items()}
        with torch.autocast(where.type, torch.bfloat16, enabled=low):
            output = model(**given)
        return batch, output.float().cpu()

    lengths = [len(window) for window in windows]
    workers = torch.get_num_threads() if where.type == "cpu" else 1
    if where.type == "cuda":
        batches = sorted_buckets(lengths, **ON_GPU)
    elif workers == 1:
        batches = sorted_buckets(lengths)
    else:
        batches = sorted_buckets(lengths, tokens=min(MOST, max(FEWEST, sum(lengths) // (4 * workers))))
    sizes = [sum(lengths[i] for i in batch) for batch in batches]
    yield from announced(side_by_side(outputs, batches, workers), sizes, f"reading {sum(lengths):,} tokens")


def side_by_side(call: Callable[[Batch], T], batches: Sequence[Batch], workers: int) -> Iterator[T]:
    """Yield the results of a function for batches, in order.

    Args:
        call: The function, which is called in threads.
        batches: Its arguments.
        workers: How many calls run at once; each has its share of torch's threads.
    """
    if workers == 1 or len(batches) < 2:
        yield from map(call, batches)
        return
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(max(1, threads // workers),))
    waiting: deque[Future[T]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(call, batch))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # The number of threads that new ones start with is the process's, not theirs.


def mean_pool(vectors: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the tokens that are not padding.

    Args:
        vectors: Shape (batch, tokens, size).
        mask: Shape (batch, tokens).

    Returns:
        Shape (batch, size).
    """
    weights = mask[..., None].to(vectors.dtype)
    return (vectors * weights).sum(1) / weights.sum(1).clamp(min=1)


class MeanPooled(nn.Module):
    """An encoder whose output is one vector per window."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the mean vectors, shape (batch, size)."""
        return mean_pool(self.backbone(ids, mask), mask)


def embed(
    backbone: Backbone, texts: Sequence[str], *, prefix: str = PREFIX, precision: str = "fp32"
) -> NDArray[np.float32]:
    """Return one vector of length 1 per text.

    Args:
        backbone: The encoder.
        texts: The texts; the vector of a text longer than the window is the mean of those of its windows.
        prefix: What each text begins with.
        precision: "fp32", "bf16" or "auto".

    Returns:
        Shape (texts, size).

    Source: Wang et al., Multilingual E5 Text Embeddings: A Technical Report (2024).
    """
    windows = backbone.reader().read([prefix + text for text in texts])
    out = np.zeros((len(texts), backbone.size), dtype=np.float32)
    for batch, vectors in run(MeanPooled(backbone), windows, backbone.padding, precision):
        unit = torch.nn.functional.normalize(vectors, dim=1).numpy()
        np.add.at(out, [windows[i].row for i in batch], unit)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
