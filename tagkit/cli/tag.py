"""`tagkit tag`: tags for a text, a file or standard input, streamed."""

from __future__ import annotations

import itertools
import json
import os.path
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from tagkit.cli.compare import split_setting
from tagkit.cli.lists import JsonOption
from tagkit.console import echo

CHUNK = 1000
"""Products held in memory at a time."""


def tag(
    source: Annotated[str, typer.Argument(help="A text; or a JSONL, CSV or text file, one product a line; or - .")],
    tagger: Annotated[str, typer.Option(help="A strategy by name (default: hybrid).")] = "",
    data: Annotated[str, typer.Option(help="What the strategy is fitted on.")] = "catalogue",
    model: Annotated[Path | None, typer.Option(help="A saved tagger instead.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="What a saved tagger does not choose: llm.endpoint=URL, llm.key_variable=NAME."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Tags per product at most (default: all).")] = None,
    min_score: Annotated[float, typer.Option(help="Leave out tags below this score.")] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Write here instead of to standard output.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue after the lines that --out already holds.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag a text, or every product of a file."""
    from tagkit.datasets.rows import KINDS
    from tagkit.default import DEFAULT, default_tagger, load_tagger
    from tagkit.errors import BadInput

    if resume and out is None:
        raise BadInput("--resume needs --out: it continues after what that file holds")
    is_file = source == "-" or os.path.isfile(source)  # unlike Path.is_file, no error for a text too long for a name
    if not is_file and Path(source).suffix.lower() in KINDS:
        raise BadInput(f"there is no file {source}")
    if set_ and model is None:
        raise BadInput("--set goes with --model")
    settings = {f"{name}.{parameter}": value for name, parameter, value in map(split_setting, set_ or ())}
    fitted = load_tagger(model, settings) if model else default_tagger(tagger or DEFAULT, data)
    done = _finished_lines(out) if resume and out else 0
    sink: Any = out.open("a" if resume else "w", encoding="utf-8") if out else nullcontext(sys.stdout)
    with sink as stream:
        products = itertools.islice(_products(source) if is_file else iter([source]), done, None)
        _stream(fitted, products, stream, limit, min_score, as_json or is_file, is_file)


def _products(source: str) -> Iterator[Any]:
    """Yield the products of a file or of standard input; bad rows go to a file beside it and are counted at the end."""
    from tagkit.datasets import Rejects, iter_products

    total = 0
    with Rejects(None if source == "-" else Path(f"{source}.rejects.jsonl")) as rejects:
        for product in iter_products(sys.stdin if source == "-" else Path(source), rejects=rejects):
            total += 1
            yield product
        if rejects.count:
            echo(rejects.summary(total + rejects.count), err=True)


def _finished_lines(path: Path) -> int:
    """Count the whole lines of an earlier run's output and cut off a half-written last one."""
    if not path.exists():
        return 0
    lines = size = 0
    with path.open("rb+") as file:
        for line in file:
            if line.endswith(b"\n"):
                lines += 1
                size += len(line)
        file.truncate(size)
    return lines


def _stream(
    fitted: Any,
    products: Iterable[Any],
    stream: TextIO,
    limit: int | None,
    min_score: float,
    as_json: bool,
    is_file: bool,
) -> None:
    from tqdm import tqdm

    from tagkit.datasets.items import as_products

    with tqdm(unit=" products", disable=not is_file, file=sys.stderr, mininterval=1) as bar:
        rest = iter(products)
        while chunk := as_products(itertools.islice(rest, CHUNK)):
            truncated = fitted.n_truncated_chars(chunk)
            for product, tags, left in zip(chunk, fitted.predict(chunk), truncated, strict=True):
                kept = [tag for tag in tags if tag.score >= min_score][:limit]
                stream.write(_line(product, kept, left, as_json) + "\n")
            bar.update(len(chunk))
        stream.flush()


def _line(product: Any, tags: list[Any], truncated: int, as_json: bool) -> str:
    if not as_json:
        note = f"  ({truncated} characters of the text were not read)" if truncated else ""
        return ", ".join(f"{tag.text} {tag.score:.2f}" for tag in tags) + note
    row = {"id": product.id, "title": product.title, "tags": [t.to_dict() | {"score": round(t.score, 6)} for t in tags]}
    return json.dumps(row | ({"n_truncated_chars": truncated} if truncated else {}), ensure_ascii=False)
