"""The HTML report: one page for one or several results, compared or reproduced, from one template."""

from __future__ import annotations

import base64
import inspect
import json
import logging
import math
import re
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from tagkit.experiment.expected import VERDICTS
from tagkit.experiment.result import Result
from tagkit.experiment.spec import TEST, Row
from tagkit.images.thumbnails import thumbnail
from tagkit.measures import Measure, parse
from tagkit.report import facts, plots
from tagkit.report.canvas import embedded_font
from tagkit.report.findings import summary
from tagkit.report.scores import cost, has_expected, label, measure_names, number, score_table, views
from tagkit.report.tables import Cell

log = logging.getLogger(__name__)
CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
EXAMPLES, TAGS_SHOWN, GAPS_SHOWN = 10, 12, 30


def render(results: Sequence[Result], title: str = "") -> str:
    """Return the page as HTML, with a section for each result; a heading of "" is made from the results."""
    environment = Environment(
        loader=PackageLoader("tagkit.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"lang": _lang, "rich": _rich, "sort_key": _sort_key}
    expected = [result for result in results if has_expected(result)]
    only = results[0] if len(results) == 1 else None
    if not title:
        title = "Results" if only is None else only.experiment.title or f"Tagging strategies on {label(only)}"
    names = dict.fromkeys(name for result in results for view in views(result) for name in measure_names(result, view))
    page = environment.get_template("report.html.j2").render(
        title=title,
        sections=[_section(result, at, len(results) > 1) for at, result in enumerate(results)],
        verdicts=VERDICTS if expected else {},
        summary=facts.verdict_counts(expected) if expected else "",
        protocols=[_protocol(parse(name)) for name in names],
        shown=GAPS_SHOWN,
        version=metadata.version("tagkit"),
    )
    return page.replace("</style>", f"{embedded_font(CHINESE.findall(page))}\n</style>", 1)


def _section(result: Result, at: int, is_one_of_several: bool) -> dict[str, Any]:
    """Return what the template shows of one result; several on a page have no examples and only the first plot."""
    has_tags = result.data is not None and not is_one_of_several
    has_gaps = has_tags and bool(result.train_counts)
    rows = [row for row in result.experiment.rows if row.name in result.rows]
    ranks = {name: rank for rank, name in enumerate(result.order())}
    return {
        "id": f"experiment-{at + 1}-" if is_one_of_several else "",
        "name": label(result),
        "title": result.experiment.title,
        "summary": summary(result),
        "about": facts.about(result),
        "card": result.data.card if result.data is not None else "",
        "tables": {view: score_table(result, view) for view in views(result)},
        "notes": [note for note in facts.notes(result) if note not in facts.not_set_up(result)],
        "not_set_up": facts.not_set_up(result),
        "row_notes": facts.row_notes(result),
        "drops": [
            (drop.name, *(number(value, result.experiment.unit) for value in (drop.test, drop.dedup, drop.loss)))
            for drop in facts.drops(result)
        ],
        "first": str(result.measures[0]),
        "plots": _plots(result, only_scores=is_one_of_several),
        "examples": _examples(result) if has_tags else [],
        "has_gaps": has_gaps,
        "unknown_gold": facts.unknown_gold(result) if has_gaps else [],
        "gaps": facts.gaps(result) if has_gaps else {},
        "rows": [_row(result, row) for row in sorted(rows, key=lambda row: ranks.get(row.name, len(ranks)))],
        "environments": _environments(result),
        "samples": result.experiment.samples,
        "seed": result.experiment.seed,
    }


def _lang(text: str) -> str:
    """Return the language to mark a text with, so that it is read aloud and drawn properly."""
    return "zh-Hans" if CHINESE.search(text) else "en"


def _rich(text: str) -> Markup:
    """Turn `backticks` into code and addresses into links."""
    html = re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text)))
    html = re.sub(r"https?://[^\s<>;,]+[^\s<>;,.)]", r'<a href="\g<0>">\g<0></a>', html)
    return Markup(html)  # escaped above  # nosec B704


def _sort_key(cell: Cell) -> str:
    """Return the number that a column is sorted by; "" where a cell has none."""
    value = next(iter(cell.values.values()), None)
    return str(value) if isinstance(value, (int, float)) and not math.isnan(value) else ""


def _plots(result: Result, *, only_scores: bool) -> list[dict[str, str]]:
    """Return the plots as data addresses, each with a text for readers who do not see it."""
    kinds = {"scores": plots.scores} if only_scores else plots.kinds(result)
    out = []
    for name, draw in kinds.items():
        try:
            figure = draw(result)
            image = base64.b64encode(plots.svg(figure).encode()).decode()
        except Exception as error:  # a page without one plot is better than none
            log.warning("the plot %s could not be drawn: %s", name, error)
            continue
        title = figure.axes[0].get_title(loc="left").partition("\n")[0]
        alt = f"{title}. {_alt(result, name)}"
        out.append({"title": title, "src": f"data:image/svg+xml;base64,{image}", "alt": alt})
    return out


def _alt(result: Result, plot: str) -> str:
    """Say in words what a plot shows."""
    if plot == "unique-finds":
        found = facts.finds(result)
        alone = ", ".join(f"{name} {count}" for name, count in found.alone.items())
        return f"Gold tags that only one strategy finds: {alone}. Found by nobody: {found.nobody} of {found.total}."
    if plot == "tags":
        return f"F1 of the most frequent gold tags for {', '.join(facts.comparable(result)[:4])}."
    first, diversity = result.measures[0], str(plots.diversity(result))
    parts = []
    for name in result.order():
        cells = {key: score.scaled(result.experiment.scale) for key, score in result.scores[TEST][name].items()}
        text = f"{name}: {first} {number(cells[str(first)].value)}" if str(first) in cells else name
        if plot == "accuracy-diversity" and diversity in cells:
            text += f", {diversity} {number(cells[diversity].value)}"
        if plot == "accuracy-speed":
            text += f", {cost(result.rows[name].items_per_second)} products a second"
        parts.append(text)
    return "; ".join(parts) + "."


def _examples(result: Result) -> list[dict[str, Any]]:
    """Return products at even distances through the test part, with the gold tags and the tags of each row."""
    products = result.products()
    with_gold = [at for at, product in enumerate(products) if product.tags]
    chosen = np.unique(np.linspace(0, len(with_gold) - 1, min(EXAMPLES, len(with_gold))).round().astype(int))
    tags = {name: result.tags(name) for name in facts.comparable(result)}
    out = []
    for at in (with_gold[place] for place in chosen):
        lists = {}
        for name, rows in tags.items():
            texts = list(dict.fromkeys(tag.text for tag in rows[at]))
            pairs = [(text, text in products[at].tags) for text in texts]
            hits = sum(hit for _, hit in pairs)
            lists[name] = {"tags": pairs[:TAGS_SHOWN], "more": len(pairs[TAGS_SHOWN:]), "hits": hits}
        out.append({"product": products[at], "photo": thumbnail(products[at])[0], "lists": lists})
    return out


def _protocol(measure: Measure) -> dict[str, Any]:
    """Return what must be known of a measure, from its class."""
    summary, _, rest = (inspect.getdoc(type(measure)) or "").partition("\n")
    paragraphs = [re.sub(r"\s*\n\s*", " ", part) for part in rest.strip().split("\n\n") if part.strip()]
    params = ", ".join(f"{name} = {value!r}" for name, value in measure.params().items())
    text = {"name": str(measure), "better": measure.better, "summary": summary, "source": measure.source}
    return text | {"paragraphs": paragraphs, "params": params}


def _row(result: Result, row: Row) -> dict[str, Any]:
    """Return the parameters of a row as text, and the score by the first measure and the costs of each run."""
    found, first = result.rows[row.name], str(result.measures[0])
    score = result.cell(row, first).score
    values = (score.runs or (score.value,)) if score else ()
    params = {name: _value(value) for name, value in sorted(found.params.items())}
    more = {
        "runs": facts.runs_of(row),
        "refined by": ", ".join(found.refine) or "nothing",
        "characters not read": f"{found.n_truncated_chars:,}",
        "products whose photos cannot be read": f"{found.n_unread_photos:,}" if found.n_unread_photos else "",
        "tested by": found.test,
    }
    runs = [
        {
            "seed": "–" if run.seed is None else str(run.seed),
            "fold": "–" if run.fold is None else str(run.fold + 1),
            first: number(values[at] if at < len(values) else None, result.experiment.unit),
            "products": f"{run.n_products:,}",
            "fit s": cost(run.fit_seconds),
            "predict s": cost(run.predict_seconds),
            "peak MB": cost(run.peak_mb),
        }
        for at, run in enumerate(found.runs)
    ]
    return {"name": row.name, "params": params, "more": {k: v for k, v in more.items() if v}, "runs": runs}


def _environments(result: Result) -> list[dict[str, str]]:
    """Return the environments in which rows were measured, each once, as text."""
    out: list[dict[str, str]] = []
    for row in result.rows.values():
        flat: dict[str, Any] = {}
        for key, value in row.environment.items():
            flat |= value if isinstance(value, dict) else {key: value}
        text = {key: str(value) for key, value in flat.items() if value not in ("", None)}
        if text and text not in out:
            out.append(text)
    return out


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 400 else f"{text[:400]} … ({len(text):,} characters)"
