"""The speed of generation, compared with the article's loop and with llama.cpp, with and without constraints.

    python benchmarks/generation.py [--loop 20] [--titles 256] [--gguf FILE]

All use `smollm2-135m` and the same prompts ("Product: TITLE" and "Attributes:" for OA-Mine test titles), and generate
32 new tokens per text. The article's code samples five sequences for one product at a time and decodes the first; its
loop is timed with 32-bit floats, as it loads the model. tagkit is timed in batches, with one greedy text and with five
sampled texts per product. llama.cpp (the package llama-cpp-python; not measured if it is not installed) decodes
greedily with the same weights as GGUF (Q4_1 as published, and converted to BF16 and Q8_0): one product at a time by the
package's own interface, and several texts in one batch; the best result counts. Constrained decoding is timed on the
same prompts with grammars that end only when nothing else is allowed, so that both sides generate 32 tokens: types with
spans of the title, and the values of train. Then both grammars generate whole lists, which are checked. Times of greedy
decoding are the better of two runs.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from results_file import write
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from tagkit import weights
from tagkit.datasets import load
from tagkit.generation import Hypothesis, Search, TagList, TypedList
from tagkit.generation.prompt_format import Item
from tagkit.generation.votes import pieces
from tagkit.generation.writer import Writer
from tagkit.neural.hardware import fast_bf16
from tagkit.product import Product
from tagkit.taggers import create
from tagkit.weights import wheel as wheels

MODEL, NEW, RETURNS = "smollm2-135m", 32, 5
PARALLEL = (8, 32, 64)
"""Texts in one batch of llama.cpp."""
FILES = {"Q4_1": None, "BF16": 32, "Q8_0": 7}
"""The timed formats of llama.cpp, with its codes for them; None: as published, not converted."""


def main() -> None:
    """Measure everything, print the results and store them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loop", type=int, default=20, help="products of the article's loop")
    parser.add_argument("--titles", type=int, default=256, help="products of the others")
    parser.add_argument("--gguf", type=Path, help="the model as a llama.cpp file (default: from its wheel)")
    options = parser.parse_args()
    logging.set_verbosity_error()
    data = load("oa_mine")
    products = list(data.test[: options.titles])
    results: dict[str, Any] = {"model": MODEL, "new tokens": NEW, "titles": len(products)}

    loop = articles_loop([product.title for product in products[: options.loop]])
    results["the article's loop, products/s"] = round(loop, 3)
    print(results, flush=True)
    precision = "bf16" if fast_bf16() else "fp32"
    results |= ours(data.train, products, precision, loop)
    print(results, flush=True)
    ids = prompts_of(writer_of(data.train, True), products)
    results |= llama_cpp(options.gguf, ids, results[f"tagkit {precision}, products/s"])
    write("generation", results)


def articles_loop(titles: Sequence[str]) -> float:
    """Return the products per second of the article's loop, which encodes twice and decodes one of five samples."""
    folder = weights.path(MODEL)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def one(title: str) -> str:
        text = f"Product: {title}\nAttributes:"
        tokenizer.encode(text, return_tensors="pt")
        ids = tokenizer.encode(text, return_tensors="pt")
        with torch.no_grad():
            found = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=NEW,
                do_sample=True,
                num_return_sequences=RETURNS,
                pad_token_id=tokenizer.eos_token_id,
            )
        return tokenizer.decode(found[0], skip_special_tokens=True)

    one(titles[0])
    start = time.perf_counter()
    for title in titles:
        one(title)
    return len(titles) / (time.perf_counter() - start)


def writer_of(train: Sequence[Product], typed: bool) -> Writer:
    """Return the writer of a prompted strategy: for typed values of the title, or for the values of train."""
    rows = train if typed else [Product(p.id, p.title, tags=p.tags) for p in train]
    tagger = create("generator", model=MODEL, mode="prompted", category=False).fit(rows)
    writer: Writer = tagger.writer_
    writer.prefix = [*writer.model.initial_tokens(), *writer.prompt_format.opening]
    return writer


def prompts_of(writer: Writer, products: Sequence[Product]) -> list[list[int]]:
    """Return whole prompts, including the prefix."""
    return [[*writer.prefix, *prompt] for prompt in writer.prompts(products)]


class Endless:
    """A grammar that ends only when nothing else is allowed."""

    def __init__(self, constraint: TagList | TypedList) -> None:
        self.constraint = constraint
        self.start, self.advance = constraint.start, constraint.advance

    def allowed(self, state: Any) -> Any:
        """Return the tokens that may come next, without the end unless nothing else is allowed."""
        found = self.constraint.allowed(state)
        return found[found != self.constraint.special.end] if len(found) > 1 else found


def ours(train: Sequence[Product], products: Sequence[Product], precision: str, loop: float) -> dict[str, Any]:
    """Time the decoding of tagkit, without constraints and with each grammar."""
    results: dict[str, Any] = {}
    free = writer_of(train, True)
    keys = [product.text for product in products]
    prompts = free.prompts(products)
    never = free.model.model.config.vocab_size  # no token ends these texts
    greedy, sampled = Search(tokens=NEW), Search(method="sample", returns=RETURNS, tokens=NEW)

    def run(writer: Writer, how: Search, low: str, end: int, grammars: Sequence[Any] | None = None) -> list[Any]:
        found: list[list[Hypothesis]] = [[] for _ in products]
        for batch, texts in writer.decode(
            prompts, how, low, prefix=writer.prefix, end=end, grammars=grammars, keys=keys
        ):
            for i, text in zip(batch, texts, strict=True):
                found[i] = text
        return found

    for low in dict.fromkeys((precision, "fp32")):
        speed = len(products) / best(lambda low=low: run(free, greedy, low, never))
        results[f"tagkit {low}, products/s"] = round(speed, 2)
        results[f"tagkit {low} / the article's loop"] = round(speed / loop, 1)
    speed = len(products) / best(lambda: run(free, sampled, precision, never), 1)
    results[f"tagkit {precision}, five sampled texts, products/s"] = round(speed, 2)
    results[f"tagkit {precision}, five sampled texts / the article's loop"] = round(speed / loop, 1)

    for name, writer in (("types and the title's spans", free), ("train's values", writer_of(train, False))):
        writer.model = free.model
        prompts = writer.prompts(products)
        start = time.perf_counter()
        constraints = writer.constraints.make(products, True)
        making = time.perf_counter() - start
        endless = [Endless(constraint.grammar) for constraint in constraints]  # type: ignore[arg-type]
        plain = best(lambda writer=writer: run(writer, greedy, precision, never))
        limited = best(lambda w=writer, e=endless: run(w, greedy, precision, w.prompt_format.special.end, e)) + making
        written = run(writer, greedy, precision, writer.prompt_format.special.end, endless)
        count = sum(len(text.tokens) for row in written for text in row) / (NEW * len(products))
        whole = run(
            writer,
            Search(tokens=96),
            precision,
            writer.prompt_format.special.end,
            [constraint.grammar for constraint in constraints],
        )
        results[f"constrained to {name}"] = {
            "products/s": round(len(products) / limited, 2),
            "unconstrained, products/s": round(len(products) / plain, 2),
            "share of the 32 tokens written": round(count, 3),
            "slower by, %": round(100 * (limited / plain / count - 1), 1),
            **check(writer, products, whole),
        }
    return results


def check(writer: Writer, products: Sequence[Product], found: list[list[Hypothesis]]) -> dict[str, int]:
    """Count the tags, and those that are malformed, unknown or repeated."""
    out = {"tags": 0, "malformed": 0, "outside the vocabulary": 0, "repeated": 0}
    special = writer.prompt_format.special
    types = set(writer.constraints.types)
    for product, texts in zip(products, found, strict=True):
        for text in texts:
            seen = set()
            out["malformed"] += any(
                a == special.separator and b in (special.separator, special.end)
                for a, b in itertools.pairwise(text.tokens)
            )
            for piece in pieces(text, special):
                # Read from the text of the tokens, independently of the grammar.
                written = writer.model.decode(piece.tokens).strip()
                kind, colon, value = written.partition(": ") if writer.prompt_format.typed else ("", ": ", written)
                out["tags"] += 1
                out["malformed"] += not colon or not value or "\n" in written
                if writer.prompt_format.typed:
                    out["outside the vocabulary"] += kind not in types or value not in product.text
                else:
                    out["outside the vocabulary"] += Item(value, "") not in writer.constraints.known
                out["repeated"] += written in seen
                seen.add(written)
    return out


def best(call: Callable[[], Any], runs: int = 2) -> float:
    """Return the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# ---------------------------------------------------------------- llama.cpp


def llama_cpp(gguf: Path | None, prompts: list[list[int]], ours_: float) -> dict[str, Any]:
    """Time llama.cpp, if its package is installed."""
    if importlib.util.find_spec("llama_cpp") is None:
        reason = "the package llama-cpp-python is not installed (it compiles llama.cpp: pip install llama-cpp-python)"
        return {"llama.cpp": f"not measured: {reason}"}
    import llama_cpp as package
    from llama_cpp._logger import set_verbose  # noqa: PLC2701 - the package has no public way to silence it

    set_verbose(False)

    results: dict[str, Any] = {"llama.cpp, version of llama-cpp-python": package.__version__}
    some, prompts = prompts[:20], prompts[:96]
    best_rate = 0.0
    with _gguf(gguf) as file:
        for kind, ftype in FILES.items():
            source = file if ftype is None else _converted(file, kind, ftype)
            one = package.Llama(str(source), n_ctx=256, n_threads=torch.get_num_threads(), verbose=False)

            def alone(one: Any = one) -> None:
                for prompt in some:
                    one.reset()
                    for _ in itertools.islice(one.generate(prompt, temp=0.0, repeat_penalty=1.0), NEW):
                        pass

            rates = {1: len(some) / best(alone)}
            one.close()
            for count in PARALLEL:
                with _Parallel(source, count, max(map(len, prompts)) + NEW) as batch:
                    rates[count] = len(prompts) / best(lambda batch=batch: batch.run(prompts))
            results[f"llama.cpp {kind}, products/s by texts in a batch"] = {n: round(r, 2) for n, r in rates.items()}
            best_rate = max(best_rate, *rates.values())
    results["tagkit / llama.cpp at its best"] = round(ours_ / best_rate, 2)
    return results


def _converted(file: Path, kind: str, ftype: int) -> Path:
    """Convert the model to another format of llama.cpp, in the same folder."""
    from llama_cpp import llama_cpp as c

    out = file.with_name(f"{kind}.gguf")
    settings = c.llama_model_quantize_default_params()
    settings.ftype, settings.nthread, settings.allow_requantize = ftype, torch.get_num_threads(), True
    if c.llama_model_quantize(str(file).encode(), str(out).encode(), ctypes.byref(settings)):
        raise RuntimeError(f"llama.cpp cannot write {kind}")
    return out


@contextmanager
def _gguf(given: Path | None) -> Iterator[Path]:
    entry = weights.ENTRIES[MODEL]
    folder = Path(tempfile.mkdtemp())
    try:
        if given is not None:
            yield Path(shutil.copy(given, folder))
            return
        wheel = wheels.download(f"{entry.wheel}=={entry.version}", folder)
        wheels.check(wheel, entry.sha256)
        wheels.unpack(wheel, folder / "unpacked")
        yield folder / "unpacked" / entry.inside
    finally:
        shutil.rmtree(folder)


class _Parallel:
    """Greedy decoding of several texts in one batch through llama.cpp's own calls."""

    def __init__(self, file: Path, count: int, longest: int) -> None:
        from llama_cpp import llama_cpp as c

        self.c, self.count = c, count
        settings = c.llama_model_default_params()
        self.model = c.llama_model_load_from_file(str(file).encode(), settings)
        context = c.llama_context_default_params()
        context.n_ctx, context.n_seq_max = count * longest, count
        context.n_batch = context.n_ubatch = 2048
        context.n_threads = context.n_threads_batch = torch.get_num_threads()
        context.no_perf = True
        self.context = c.llama_init_from_model(self.model, context)
        self.size = c.llama_vocab_n_tokens(c.llama_model_get_vocab(self.model))
        self.batch = c.llama_batch_init(2048, 0, 1)

    def __enter__(self) -> _Parallel:
        return self

    def __exit__(self, *_: Any) -> None:
        self.c.llama_batch_free(self.batch)
        self.c.llama_free(self.context)
        self.c.llama_model_free(self.model)

    def run(self, prompts: list[list[int]]) -> list[list[int]]:
        """Return the generated tokens of each prompt."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        out: list[list[int]] = [[] for _ in prompts]
        for first in range(0, len(order), self.count):
            rows = order[first : first + self.count]
            for row, text in zip(rows, self._write([prompts[i] for i in rows]), strict=True):
                out[row] = text
        return out

    def _write(self, prompts: list[list[int]]) -> list[list[int]]:
        self.c.llama_memory_clear(self.c.llama_get_memory(self.context), True)
        texts: list[list[int]] = [[] for _ in prompts]
        # As many whole prompts at a time as fit in one call.
        waiting = list(range(len(prompts)))
        next_ = [0] * len(prompts)
        while waiting:
            total, taken = 0, []
            while waiting and total + len(prompts[waiting[0]]) <= 2048:
                total += len(prompts[waiting[0]])
                taken.append(waiting.pop(0))
            found = self._decode([(row, at, t) for row in taken for at, t in enumerate(prompts[row])], set(taken))
            for row, token in found.items():
                next_[row] = token
        for step in range(NEW):
            for row, token in enumerate(next_):
                texts[row].append(token)
            if step + 1 < NEW:
                rows = [(row, len(prompts[row]) + step, token) for row, token in enumerate(next_)]
                found = self._decode(rows, set(range(len(prompts))))
                next_ = [found[row] for row in range(len(prompts))]
        return texts

    def _decode(self, rows: list[tuple[int, int, int]], wanted: set[int]) -> dict[int, int]:
        """Compute (text, position, token) triples; return the most probable next token of each wanted text."""
        last = {row: number for number, (row, _, _) in enumerate(rows) if row in wanted}
        self.batch.n_tokens = len(rows)
        for number, (row, at, token) in enumerate(rows):
            self.batch.token[number], self.batch.pos[number] = token, at
            self.batch.n_seq_id[number], self.batch.seq_id[number][0] = 1, row
            self.batch.logits[number] = last.get(row) == number
        if self.c.llama_decode(self.context, self.batch):
            raise RuntimeError("llama_decode failed")
        out = {}
        for row, number in last.items():
            logits = np.ctypeslib.as_array(self.c.llama_get_logits_ith(self.context, number), shape=(self.size,))
            out[row] = int(logits.argmax())
        return out


if __name__ == "__main__":
    main()
