"""The HTML report: gathers what the template shows."""

from __future__ import annotations

import base64
import inspect
import json
import re
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from tagkit.experiment.result import TEST, Comparison, StrategyResult
from tagkit.measures import Measure
from tagkit.report import _cells, _facts, plots
from tagkit.report._finds import finds
from tagkit.report._fonts import embedded

CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
EXAMPLES, TAGS_SHOWN, GAPS_SHOWN = 10, 12, 30


def render(comparison: Comparison) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=PackageLoader("tagkit.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"lang": _lang, "code": _code, "number": _cells.number, "cost": _cells.cost}
    page = environment.get_template("report.html.j2").render(
        comparison=comparison,
        data=comparison.data,
        version=metadata.version("tagkit"),
        leakage=_facts.leakage(comparison),
        explanation=_facts.explain_fall(comparison),
        falls=_facts.falls(comparison),
        tables={view: _table(comparison, view) for view in comparison.views},
        first=comparison.measures[0],
        headings=[(measure, _cells.heading(measure)) for measure in comparison.measures],
        has_wins=_cells.has_wins(comparison),
        legend=_cells.legend(comparison, comparison.measures),
        budgets=_facts.budgets(comparison),
        troubles=_facts.troubles(comparison),
        plots=_plots(comparison),
        examples=_examples(comparison),
        unknown_gold=_facts.unknown_gold(comparison),
        gaps=_facts.gaps(comparison),
        shown=GAPS_SHOWN,
        protocols=[_protocol(measure) for measure in comparison.measures],
        strategies=[_strategy(comparison.result(name)) for name in comparison.order()],
        lang=partial(_lang),
    )
    return page.replace("</style>", f"{embedded(CJK.findall(page))}\n</style>", 1)


def _lang(text: str) -> str:
    """Return the language to mark a text with, so that it is read aloud and drawn properly."""
    return "zh-Hans" if CJK.search(text) else "en"


def _code(text: str) -> Markup:
    """Turn `backticks` into code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


def _table(comparison: Comparison, view: str) -> list[dict[str, Any]]:
    """Return the rows of one leaderboard, the best first."""
    top = {measure: _cells.best(comparison, measure, view) for measure in comparison.measures}
    rows = []
    for name in comparison.order(view):
        cells = comparison.table[view][name]
        figures = [
            {
                "figure": cells[str(measure)],
                "best": name in top[measure],
                "mark": _cells.mark(comparison, measure, name, view),
            }
            for measure in comparison.measures
        ]
        costs = _cells.costs(comparison.result(name))
        first = cells[str(comparison.measures[0])]
        wins = {"text": _cells.win_tie_loss(first), "value": (first.wins or 0) - (first.losses or 0)}
        rows.append({"name": name, "figures": figures, "costs": costs, "wins": wins})
    return rows


def _plots(comparison: Comparison) -> list[dict[str, str]]:
    """Return the plots as data addresses, each with the text that stands in for it."""
    out = []
    for name, figure in plots.draw_all(comparison).items():
        image = base64.b64encode(plots.svg(figure).encode()).decode()
        title = figure.axes[0].get_title(loc="left").partition("\n")[0]
        out.append({"name": name, "title": title, "src": f"data:image/svg+xml;base64,{image}"})
        out[-1]["alt"] = f"{title}. {_alt(comparison, name)}"
    return out


def _alt(comparison: Comparison, plot: str) -> str:
    """Say in words what a plot shows."""
    first, cells = str(comparison.measures[0]), comparison.table[TEST]
    if plot == "unique-finds":
        found = finds(comparison)
        alone = ", ".join(f"{name} {found.alone[name]}" for name in comparison.order())
        return f"Gold tags that only one strategy finds: {alone}. Found by nobody: {found.nobody} of {found.total}."
    if plot == "tags":
        return f"F1 of the most frequent gold tags for {', '.join(comparison.order()[:4])}."
    diversity = str(plots.diversity(comparison))
    parts = []
    for name in comparison.order():
        speed = f"{_cells.cost(comparison.result(name).items_per_second)} products a second"
        other = f"{diversity} {_cells.number(cells[name][diversity].value)}" if plot == "accuracy-diversity" else speed
        parts.append(f"{name}: {first} {_cells.number(cells[name][first].value)}, {other}")
    return "; ".join(parts) + "."


def _examples(comparison: Comparison) -> list[dict[str, Any]]:
    """Return products at even distances through the test part, with the gold tags and each strategy's tags."""
    judged = [i for i, product in enumerate(comparison.data.test) if product.tags]
    chosen = np.unique(np.linspace(0, len(judged) - 1, min(EXAMPLES, len(judged))).round().astype(int))
    out = []
    for i in (judged[place] for place in chosen):
        product = comparison.data.test[i]
        lists = {}
        for name in comparison.order():
            texts = list(dict.fromkeys(tag.text for tag in comparison.result(name).tags[i]))
            tags = [(text, text in product.tags) for text in texts]
            hits = sum(hit for _, hit in tags)
            lists[name] = {"tags": tags[:TAGS_SHOWN], "more": len(tags[TAGS_SHOWN:]), "hits": hits}
        out.append({"product": product, "lists": lists})
    return out


def _protocol(measure: Measure) -> dict[str, Any]:
    """Return what must be known of a measure, from its class."""
    summary, _, rest = (inspect.getdoc(type(measure)) or "").partition("\n")
    # the parameters follow with their values, so the section that explains all of them stays as it is
    paragraphs = [re.sub(r"\s*\n\s*", " ", part) for part in rest.strip().split("\n\n") if part.strip()]
    params = ", ".join(f"{name} = {value!r}" for name, value in measure.params().items())
    text = {"name": str(measure), "better": measure.better, "summary": summary, "source": measure.source}
    return text | {"paragraphs": paragraphs, "params": params}


def _strategy(result: StrategyResult) -> dict[str, Any]:
    """Return a strategy's parameters as text."""
    params = {name: _value(value) for name, value in sorted(result.params.items())}
    return {"name": result.name, "params": params, "refine": result.refine, "unread": result.unread}


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 400 else f"{text[:400]} … ({len(text):,} characters)"
