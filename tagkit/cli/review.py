"""`tagkit review`: what a file of decisions holds, in other tools' formats, and how far reviewers agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli.lists import show_rows
from tagkit.cli.options import JsonOption
from tagkit.console import echo, echo_json, remark

app = typer.Typer(help="Export, import and compare reviews of suggested tags.", no_args_is_help=True)
StoreArgument = Annotated[Path, typer.Argument(metavar="REVIEW", help="The file of a review, as review.db.")]
FormatOption = Annotated[
    str, typer.Option("--format", help="jsonl, csv, xlsx, label-studio, argilla or doccano (default: found out).")
]


@app.command("status")
def status(path: StoreArgument, as_json: JsonOption = False) -> None:
    """Say how many products are finished, by whom, and how many are left."""
    from tagkit.reviewing.store import ReviewStore

    with ReviewStore(path) as store:
        found = store.progress() | {"order": store.order, "overlap": store.overlap}
    if as_json:
        echo_json(found)
        return
    echo(f"{found['products']:,} products, {found['left']:,} left for a new reviewer")
    rows = [["reviewer", "done", "skip", "flag", "decisions about tags"]]
    rows += [[who or "(no name)", *map(str, counts.values())] for who, counts in sorted(found["reviewers"].items())]
    show_rows(rows if len(rows) > 1 else [["nobody decided anything yet", ""]])


@app.command("export")
def export(
    path: StoreArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write.")],
    format: FormatOption = "",
    reviewer: Annotated[str | None, typer.Option(help="Only what this reviewer decided (default: all).")] = None,
    done: Annotated[bool, typer.Option("--done", help="Only products that somebody finished.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write products, suggested tags and decisions for another tool; what its format lacks is said."""
    from tagkit.reviewing.exchange import FORMATS, export_reviews
    from tagkit.reviewing.store import ReviewStore

    with ReviewStore(path) as store:
        count = export_reviews(store, out, format, reviewer=reviewer, done=done)
    lacks = FORMATS[format or out.suffix.lower().removeprefix(".")].lacks
    if as_json:
        echo_json({"file": str(out), "products": count, "lacks": lacks})
        return
    echo(f"{out}: {count:,} products")
    if lacks:
        remark(lacks)


@app.command("import")
def import_(
    path: StoreArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What another tool or `export` wrote.")],
    format: FormatOption = "",
    reviewer: Annotated[str, typer.Option(help="Who decided, where the file does not say it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Save what was decided elsewhere: all of it, or after an error nothing."""
    from dataclasses import asdict

    from tagkit.reviewing.exchange import import_reviews
    from tagkit.reviewing.store import ReviewStore

    with ReviewStore(path, reviewer=reviewer) as store:
        found = import_reviews(store, file, format)
    if as_json:
        echo_json(asdict(found))
        return
    said = f"{found.decisions:,} decisions about {found.products:,} products saved"
    echo(f"{said}; {found.unchanged:,} records were known already" if found.unchanged else said)
    if found.unknown:
        echo(f"{len(found.unknown):,} records are of other products, for instance {found.unknown[0]!r}", err=True)


@app.command("agreement")
def agreement(
    path: StoreArgument,
    reviewer: Annotated[list[str] | None, typer.Option(help="Whom to compare; at least twice (default: all).")] = None,
    show: Annotated[int, typer.Option(min=0, help="How many tags and disagreements to print.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Print Krippendorff's alpha, F1 per tag, and the tags that reviewers disagree about."""
    from dataclasses import asdict

    from tagkit.reviewing.agreement import agreement as compare
    from tagkit.reviewing.agreement import disagreements
    from tagkit.reviewing.store import ReviewStore

    with ReviewStore(path) as store:
        found, open_ones = compare(store, reviewer or ()), disagreements(store)
    rows = [{"id": one.product.id, "tag": one.tag.text, "yes": one.yes, "no": one.no} for one in open_ones]
    if as_json:
        echo_json(asdict(found) | {"disagreements": rows})
        return
    alpha = f"not defined, since {found.why_not}" if found.alpha is None else f"{found.alpha:.3f}"
    echo(f"{', '.join(found.reviewers)}: {found.products:,} products, {found.judged:,} judged tags")
    echo(f"Krippendorff's alpha: {alpha}")
    table = [["tag", "both", "only one", "F1"]]
    table += [[row.tag, str(row.both), str(row.one), f"{row.f1:.2f}"] for row in found.tags[:show]]
    show_rows(table)
    echo(f"{len(rows):,} disagreements to settle")
    if rows[:show]:
        said = [f"yes: {', '.join(one['yes'])}; no: {', '.join(one['no'])}" for one in rows]
        show_rows([[str(one["id"]), str(one["tag"]), who] for one, who in zip(rows, said, strict=True)][:show])
