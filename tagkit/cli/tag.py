"""`tagkit tag`: tags for a text, a file or standard input, streamed."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagkit.cli.compare import split_setting
from tagkit.cli.evaluate import allow
from tagkit.cli.files import with_file_options
from tagkit.cli.options import FittedOnOption, JsonOption, ModelOption, TaggerOption
from tagkit.cli.tagged import PHOTO, Unread, converter, for_people, json_row, table_row, tag_separator
from tagkit.console import echo, remark, to_json

if TYPE_CHECKING:
    from tagkit.cli.unfinished import Unfinished
    from tagkit.datasets.rejects import FileRow
    from tagkit.pipeline import Pipeline
    from tagkit.product import Product

CHUNK = 1000
"""Products held in memory at a time."""
Rows = Iterator[tuple["FileRow", "Product"]]


@with_file_options
def tag(
    source: Annotated[str, typer.Argument(help="A file (table, JSON Lines, one title per line); a text; or - .")],
    tagger: TaggerOption = "",
    data: FittedOnOption = "catalogue",
    model: ModelOption = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="What no saved tagger chooses: llm.endpoint=URL, llm.key_variable=NAME."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Tags per product at most (default: all).")] = None,
    min_score: Annotated[float, typer.Option(help="Leave out tags below this score.")] = 0.0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Write here: .jsonl, or with all columns of the input .csv, .xlsx or .parquet."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue what a stopped command began in --out.")] = False,
    text: Annotated[bool, typer.Option("--text", help="SOURCE is a text, even if it looks like a file.")] = False,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Tag a text, or every product of a file."""
    import tagkit
    from tagkit.datasets.rejects import SUFFIX
    from tagkit.datasets.table import WRITERS
    from tagkit.default import DEFAULT, default_tagger, load_tagger
    from tagkit.errors import BadInput
    from tagkit.files import file_digest, named_files

    if resume and out is None:
        raise BadInput("--resume needs --out: it continues after what that file holds")
    if set_ and model is None:
        raise BadInput("--set goes with --model")
    settings = {f"{name}.{parameter}": value for name, parameter, value in map(split_setting, set_ or ())}
    is_text = text or _is_text(source)
    write = WRITERS.get(out.suffix.lower()) if out else None
    if out:
        _check_ending(out, bool(write))
    with ExitStack() as stack:
        files = [] if is_text or source == "-" else [Path(source), Path(source + SUFFIX)]
        output = stack.enter_context(_output(out, [Path(data), *files]))
        place = None if is_text else stack.enter_context(_input(source))
        if model and tagger:
            allow(tagger)
        fitted = load_tagger(model, settings) if model else default_tagger(tagger or DEFAULT, data)
        if output:
            learned = list(named_files(str(model or data)).values()) or str(model or data)
            own = list(named_files([fitted.tagger, *map(type, fitted.refinement.steps)]).values())
            depends: dict[str, Any] = {
                "input": file_digest(place) if place else source,
                "tagger": repr(fitted),
                "source of the tagger": own,
                "data": learned,
            }
            depends |= {"limit": limit, "min-score": min_score, "ending": out.suffix.lower() if out else ""}
            depends |= {"reading": file, "settings": settings, "tagkit": tagkit.__version__}
            output.begin(depends, resume=resume)
            if output.is_finished:
                remark(f"{out} is finished; nothing is left to do")
                return
        rows = _rows(place, source, file) if place else iter([(None, _product(source))])
        form = table_row if write else json_row if as_json or place else for_people
        _stream(fitted, rows, output, limit, min_score, form, file.get("separator", ""), _lines(place))
        if output:
            output.finish(converter(write) if write else None)


def _is_text(source: str) -> bool:
    """Say whether the argument is a text, not a file or standard input.

    Raises:
        BadInput: It looks like a file that is not there, or is a file that cannot be read.
    """
    from tagkit.datasets.rows import KINDS, TEXT_ENDINGS, ending_of, is_readable
    from tagkit.errors import BadInput

    if source == "-":
        return False
    if not source.strip():
        raise BadInput("the text is empty: there is nothing to tag")
    known = (*KINDS, *filter(None, TEXT_ENDINGS))
    if os.path.isdir(source):
        raise BadInput(f"{source} is a folder, not a file")
    if os.path.exists(source):  # unlike Path.exists, no error for a text too long for a name
        if not os.path.isfile(source) or is_readable(Path(source)):
            return False
        endings = ", ".join(known)
        raise BadInput(
            f"{source}: the ending must be one of {endings}; a list of titles can be given as `-` < {source}"
        )
    looks = ending_of(Path(source)) in known or re.search(r"[/\\]", source)
    if looks or re.fullmatch(r"\S+\.[A-Za-z][A-Za-z0-9]{0,4}", source):
        raise BadInput(f"there is no file {source}; if it is a text to tag, add --text")
    return True


def _check_ending(out: Path, is_table: bool) -> None:
    from tagkit.datasets.table import WRITERS
    from tagkit.errors import BadInput

    if is_table:
        WRITERS[out.suffix.lower()]([], [], io.BytesIO())  # the package for it is there, before any work is done
    elif out.suffix.lower() not in ("", ".jsonl", ".ndjson"):
        raise BadInput(f"{out}: tags are written as .jsonl, {', '.join(WRITERS)}")


def _output(out: Path | None, inputs: Iterable[Path]) -> Any:
    """Return the output, None for standard output; it is none of the files that are read or that take rejected rows."""
    from contextlib import nullcontext

    from tagkit.cli.unfinished import Unfinished
    from tagkit.errors import BadInput

    if out is None:
        return nullcontext()
    read = [os.stat(path) for path in inputs if os.path.isfile(path)]
    with suppress(OSError, ValueError):
        read.append(os.fstat(sys.stdin.fileno()))
    names = {os.path.realpath(path) for path in inputs}
    for path in Unfinished.paths_of(out):
        if str(path) in names or (path.is_file() and any(os.path.samestat(path.stat(), one) for one in read)):
            raise BadInput(f"--out {out} is a file that is read, or takes rejected rows: writing it would destroy it")
    return Unfinished(out)


def _input(source: str) -> Any:
    """Return the file that is read; standard input and pipes are copied to one, since all of it tells the encoding."""
    import shutil
    import tempfile
    from contextlib import contextmanager, nullcontext

    if source != "-" and os.path.isfile(source):
        return nullcontext(Path(source))

    @contextmanager
    def copied() -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="tagkit-") as folder:
            path = Path(folder, "input")
            stream = sys.stdin.buffer if source == "-" else Path(source).open("rb")  # noqa: SIM115
            with path.open("wb") as copy:
                shutil.copyfileobj(stream, copy)
            yield path

    return copied()


def _product(text: str) -> Product:
    """Return the product of a text that was typed, also where the locale could not decode it."""
    from tagkit.datasets.items import as_products

    return as_products([os.fsencode(text).decode("utf-8", "replace")])[0]


def _rows(place: Path, source: str, options: Mapping[str, Any]) -> Rows:
    """Yield the products of a file with its rows; bad rows go to a file beside it and are counted at the end."""
    from tagkit.datasets import Rejects, iter_rows
    from tagkit.datasets.rejects import SUFFIX
    from tagkit.errors import BadInput

    total = 0
    is_copy = place != Path(source)
    name = "standard input" if source == "-" else source
    with Rejects(None if is_copy else Path(source + SUFFIX)) as rejects:
        for row, product in iter_rows(place, rejects=rejects, name=name, **options):
            total += 1
            yield row, product
        if not total and not rejects.count:
            raise BadInput(f"{name} holds no products: there is nothing to tag")
        if rejects.count:
            echo(rejects.summary(total + rejects.count), err=True)


def _stream(
    fitted: Pipeline,
    rows: Iterable[Any],
    output: Unfinished | None,
    limit: int | None,
    min_score: float,
    form: Callable[..., Any],
    separator: str,
    total: int | None,
) -> None:
    from tagkit.files import naming
    from tagkit.images.unread import noting_unread
    from tagkit.progress import progress_bar

    rows = iter(rows)
    left_out = output.done if output else 0
    n_unread, n_products = 0, 0
    with progress_bar(total=total, unit=" products", shown=form is not for_people, delay=1) as bar:
        while chunk := list(itertools.islice(rows, CHUNK)):
            separator = separator or tag_separator([row for row, _ in chunk])
            chunk, left_out = chunk[left_out:], max(0, left_out - len(chunk))
            products = [product for _, product in chunk]
            truncated = fitted.n_truncated_chars(products)
            with noting_unread() as noted:
                found = fitted.predict(products)
            left = [Unread(*both) for both in zip(truncated, (noted.get(p.images, "") for p in products), strict=True)]
            with output.writing() if output else naming("standard output"):
                for (row, product), tags, unread in zip(chunk, found, left, strict=True):
                    kept = [tag for tag in tags if tag.score >= min_score][:limit]
                    made = form(row, product, kept, unread, separator)
                    if output is None:
                        sys.stdout.write(f"{made if isinstance(made, str) else to_json(made, sys.stdout)}\n")
                    else:
                        line = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False, default=str)
                        output.file.write(line.encode("utf-8", "backslashreplace") + b"\n")
                sys.stdout.flush()
            n_unread, n_products = n_unread + sum(bool(one.photo) for one in left), n_products + len(chunk)
            bar.update(len(chunk))
    if n_unread:
        where = "" if form is for_people else f"; {PHOTO} says why"
        echo(f"no photo of {n_unread:,} of {n_products:,} products could be read{where}", err=True)


def _lines(place: Path | None) -> int | None:
    """Return about how many products a file holds, for the time left: its lines; None where it has none."""
    from tagkit.datasets.rows import kind_of

    if place is None or kind_of(place) not in ("", "csv", "tsv", "jsonl") or place.suffix == ".gz":
        return None
    with place.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
