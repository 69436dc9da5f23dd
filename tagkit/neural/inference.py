"""Run a model over many windows: length buckets, the fastest device, the wanted precision.

On a CPU each core computes batches of its own, on one thread. With all cores on one batch they wait for each other
after every small operation: in bf16, short titles took 1.3 times as long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from tagkit.neural.batches import sorted_buckets
from tagkit.neural.hardware import device, prepare, uses_bf16
from tagkit.neural.tokens import Window

MOST, FEWEST = 1024, 256
"""Tokens of a batch, padding counted, where batches are shared out among cores."""
ON_GPU = {"tokens": 32_768, "most": 2_048}
"""Tokens, padding counted, and texts of a batch on a GPU."""

Found = tuple[list[int], Tensor]
T = TypeVar("T")
Batch = TypeVar("Batch")


def pad(windows: Sequence[Window], padding: int) -> dict[str, Tensor]:
    """Return the token ids and the mask of a batch, shape (batch, longest)."""
    width = max(map(len, windows))
    ids = np.full((len(windows), width), padding, dtype=np.int64)
    mask = np.zeros((len(windows), width), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window.ids
        mask[row, : len(window)] = 1
    return {"ids": torch.from_numpy(ids), "mask": torch.from_numpy(mask)}


def run(
    model: nn.Module, windows: Sequence[Window], padding: int, precision: str = "fp32", **extra: Any
) -> Iterator[Found]:
    """Run a model over windows in length buckets.

    Args:
        model: Takes `ids` and `mask`; it is put on the fastest device there is, and into evaluation mode.
        windows: What to read.
        padding: The id of the padding token.
        precision: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.
        **extra: More keywords for the model.

    Yields:
        The positions of a batch's windows, and the model's output for them in fp32 on the CPU.
    """
    where = device()
    prepare(model, where)
    low = uses_bf16(precision, where)

    @torch.inference_mode()
    def outputs(batch: list[int]) -> Found:
        given = {key: value.to(where) for key, value in pad([windows[i] for i in batch], padding).items()}
        with torch.autocast(where.type, torch.bfloat16, enabled=low):
            output = model(**given, **extra)
        return batch, output.float().cpu()

    lengths = [len(window) for window in windows]
    workers = torch.get_num_threads() if where.type == "cpu" else 1
    if where.type == "cuda":
        batches = sorted_buckets(lengths, **ON_GPU)
    elif workers == 1:
        batches = sorted_buckets(lengths)
    else:
        batches = sorted_buckets(lengths, tokens=min(MOST, max(FEWEST, sum(lengths) // (4 * workers))))
    yield from side_by_side(outputs, batches, workers)


def side_by_side(call: Callable[[Batch], T], batches: Sequence[Batch], workers: int) -> Iterator[T]:
    """Yield what a function gives for batches, in order.

    Args:
        call: The function; it is called in threads.
        batches: What it is called with.
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
