"""Write the reference pages from the registries, the command line and the package: nothing in them is kept by hand."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stored
import tables
from griffe import Docstring, DocstringSectionKind

from tagkit.report import facts, scores

ROOT = stored.ROOT
sys.path.insert(0, str(ROOT))

REGISTERED = ("taggers", "measures", "datasets", "refine")
"""Packages whose registered classes have a page of their own; the API has their other modules."""

VIEWS = {
    "test": "All test products",
    "dedup": "Test products whose text is not in train (dedup)",
    "seen": "Test products whose text is in train (seen)",
}


def all_pages() -> Iterator[tuple[str, str]]:
    """Return the path and the text of each generated page."""
    yield "reference/strategies.md", strategies()
    yield "reference/measures.md", measures()
    yield "reference/data-sets.md", data_sets()
    yield "reference/refinements.md", refinements()
    yield "reference/command-line.md", command_line()
    yield from experiments()
    yield from api()


def strategies() -> str:
    """Return the page of all strategies: a table, then each with its parameters and its source."""
    from tagkit import registry

    page = Page(
        "Strategies",
        "Every strategy is a class with `fit` and `predict`. Give its name to `tagkit compare --taggers`, or make one "
        "with `tagkit.create(name, **parameters)`; `--set NAME.PARAMETER=VALUE` sets a parameter on the command line.",
    )
    for name in registry.taggers.names():
        page.add(name, registry.taggers.get(name))
    return page.text()


def measures() -> str:
    """Return the page of all measures: a table, then each with its protocol, parameters and source."""
    from tagkit import registry

    page = Page(
        "Measures",
        "Write a measure as `NAME`, `NAME@CUTOFF` or `NAME(parameter=value)@CUTOFF`, for example `P@5`, `F1@M` or "
        "`R(tags=absent)@10`. Every measure has bootstrap intervals and paired tests. "
        "What a measure says is defined by its protocol, which is stated here; "
        "[What each measure is worth](../results/measures.md) says which tell strategies apart and agree with readers.",
        more=("better",),
    )
    for name in registry.measures.names():
        cls = registry.measures.get(name)
        page.add(name, cls, facts={"Source": cls.source}, more=(cls.better,))
    return page.text()


def data_sets() -> str:
    """Return the page of all data sets: a table, then each with its card."""
    from tagkit import registry

    page = Page(
        "Data sets",
        "`tagkit data list` names them, `tagkit data card NAME` prints a card, `tagkit data fetch NAME` downloads the "
        "files with a checksum, and `tagkit data audit NAME` compares sizes, duplicates and train–test overlap with "
        "what is expected. "
        "A file of your own takes the place of a name everywhere: see [Use your own data](../how-to/own-data.md).",
        more=("licence",),
    )
    for name in registry.datasets.names():
        cls = registry.datasets.get(name)
        card = cls.card or (ROOT / "data" / name / "README.md").read_text(encoding="utf-8")
        card = re.sub(r"^# .*\n", "", card)
        # A list of Markdown needs an empty line above it.
        card = re.sub(r"(?m)^(?!- )(.+)\n(?=- )", r"\1\n\n", card)
        page.add(name, cls, body=card, more=(cls.licence or "Apache-2.0",))
    return page.text()


def refinements() -> str:
    """Return the page of all refinements."""
    from tagkit import registry

    page = Page(
        "Refinements",
        "A refinement turns a ranked list of tags into a better one. A comparison chooses thresholds on dev and keeps "
        "at most ten tags; a row of an experiment lists its own under `refine`.",
    )
    for name in registry.steps.names():
        page.add(name, registry.steps.get(name))
    return page.text()


def command_line() -> str:
    """Return the help of every command."""
    import typer

    from tagkit.cli.main import app

    def helps(command: Any, words: list[str], parent: Any) -> Iterator[str]:
        context = command.make_context(words[-1], [], parent=parent, resilient_parsing=True, max_content_width=100)
        if len(words) > 1:
            yield f"## {' '.join(words)}\n\n```text\n{command.get_help(context).strip()}\n```\n"
        for name, inner in getattr(command, "commands", {}).items():
            yield from helps(inner, [*words, name], context)

    head = "# Command line\n\nEvery command has `--help`; those that list or report have `--json`.\n"
    return "\n".join([head, *helps(typer.main.get_command(app), ["tagkit"], None)])


def experiments() -> Iterator[tuple[str, str]]:
    """Return a page for each experiment, and the list of all."""
    lines = []
    for name in stored.names():
        result = stored.experiment(name)
        experiment, data = result.experiment, result.experiment.data.label
        lines.append([f"[{name}]({name}.md)", experiment.title, str(len(experiment.rows)), f"`{data}`"])
        known = facts.about(result) | {"Run it": f"`tagkit reproduce {name}`"}
        if data:
            known["Data"] = known["Data"].replace(data, f"[`{data}`](../../reference/data-sets.md#{data})", 1)
        text = ["---\nhide: [toc]\n---", f"# {experiment.title}"]
        text.append("\n".join(f"- **{key}.** {_linked(value)}" for key, value in known.items()))
        shown = scores.views(result)
        for view in shown:
            text += [f"## {VIEWS[view]}"] * (len(shown) > 1) + [tables.scores(result, view)]
        text.append("Times are those of all runs of a row together.")
        remarks = [*facts.notes(result), *(f"{row}: {said}." for row, said in facts.row_notes(result).items())]
        text.append("\n".join(f"- {tables.escape(remark)}" for remark in remarks))
        yield f"results/experiments/{name}.md", "\n\n".join(filter(None, text)) + "\n"
    head = (
        "# All experiments\n\nEach page shows what is stored of one experiment, `experiments/NAME.yaml`; "
        "`tagkit reproduce NAME` runs it again and says of every cell whether it is as expected.\n\n"
    )
    yield "results/experiments/index.md", head + tables.table(["experiment", "what", "rows", "data"], lines, 2) + "\n"


def _linked(text: str) -> str:
    """Return a text whose addresses are links."""
    return re.sub(r"(?<![(<])https?://[^\s;,)]+[^\s;,).]", r"<\g<0>>", text)


def api() -> Iterator[tuple[str, str]]:
    """Return a page for each package, with its public modules, and the list of all."""
    package = ROOT / "tagkit"
    lines = []
    for path in sorted(package.iterdir()):
        if path.name.startswith("_") or path.stem == "cli" or not (path.suffix == ".py" or path.is_dir()):
            continue
        modules = _modules(path)
        if modules:
            lines.append([f"[`tagkit.{path.stem}`]({path.stem}.md)", _summary(path)])
            if path.is_dir():
                body = "\n\n".join([_summary(path), *(f"::: {module}" for module in modules)])
            else:
                body = f"::: {modules[0]}\n    options:\n      show_root_heading: false\n      heading_level: 2"
            yield f"api/{path.stem}.md", f"# tagkit.{path.stem}\n\n{body}\n"
    head = "# API\n\n::: tagkit\n    options:\n      members: false\n      show_root_heading: false\n\n"
    names = "What `import tagkit` offers by itself: " + ", ".join(f"`tagkit.{n}`" for n in _public()) + ".\n\n"
    yield "api/index.md", head + names + tables.table(["package or module", "holds"], lines, 2) + "\n"


def _modules(path: Path) -> list[str]:
    if path.suffix == ".py":
        return [f"tagkit.{path.stem}"]
    inner = [file for file in sorted(path.glob("*.py")) if not file.stem.startswith("_")]
    if path.name in REGISTERED:
        inner = [file for file in inner if not _states_a_name(file)]
    return [f"tagkit.{path.name}.{file.stem}" for file in inner]


def _states_a_name(file: Path) -> bool:
    """Tell whether a module holds a registered class: one that states its `name`."""
    return bool(re.search(r'^    name(: [^=]+)? = "[^"]+"', file.read_text(encoding="utf-8"), re.MULTILINE))


def _summary(path: Path) -> str:
    file = path / "__init__.py" if path.is_dir() else path
    doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return doc.split("\n\n")[0].replace("\n", " ")


def _public() -> list[str]:
    import tagkit

    return [name for name in tagkit.__all__ if not name.startswith("_")]


def layers() -> str:
    """Return the layers of the package from the contract that `make lint` checks, the uppermost first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    lines = []
    number = 0
    for layer in settings["contracts"][0]["layers"]:
        paths = [ROOT / "tagkit" / name for name in re.findall(r"\w+", layer)]
        found = [path if path.is_dir() else path.with_suffix(".py") for path in paths]
        found = [path for path in found if path.exists()]
        number += bool(found)
        lines += [[str(number), f"`{path.name.replace('.py', '')}`", _summary(path)] for path in found]
    return tables.table(["layer", "package or module", "holds"], lines, 3)


class Page:
    """A page that lists registered classes.

    Args:
        title: The page's title.
        intro: What stands above the table.
        more: Heads of further columns of the table.
    """

    def __init__(self, title: str, intro: str, more: tuple[str, ...] = ()) -> None:
        self.title, self.intro, self.more = title, intro, more
        self._lines: list[list[str]] = []
        self._sections: list[str] = []

    def add(
        self, name: str, cls: type, body: str = "", facts: dict[str, str] | None = None, more: tuple[str, ...] = ()
    ) -> None:
        """Add a class: a line of the table, and a section from its docstring."""
        doc = inspect.getdoc(cls) or ""
        summary, _, rest = doc.partition("\n")
        self._lines.append([f"[`{name}`](#{_anchor(name)})", *more, summary])
        parts = [f"## {name} {{: #{_anchor(name)} }}", summary, body or _prose(rest), _parameters(cls)]
        parts += [f"**{key}.** {value}" for key, value in (facts or {}).items() if value]
        parts.append(f"Defined in `{cls.__module__}`.")
        self._sections.append("\n\n".join(part.strip() for part in parts if part.strip()))

    def text(self) -> str:
        """Return the page in Markdown."""
        head = tables.table(["name", *self.more, "summary"], self._lines, 2 + len(self.more))
        return "\n\n".join([f"# {self.title}", self.intro, head, *self._sections]) + "\n"


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower())


def _prose(doc: str) -> str:
    """Return the paragraphs of a docstring behind its first line; lists of arguments and errors are left out."""
    sections = Docstring(doc.strip(), lineno=1).parse("google", warnings=False)
    texts = [section.value for section in sections if section.kind is DocstringSectionKind.text]
    notes = [
        f"**{section.title}.** {section.value.contents}"
        for section in sections
        if section.kind is DocstringSectionKind.admonition
    ]
    return re.sub(r"(?m)^Source: ", "**Source.** ", "\n\n".join([*texts, *notes]))


def _parameters(cls: type) -> str:
    """Return the table of the parameters of a class, with defaults from its signature and texts from its docstrings."""
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base is not object and base.__module__.startswith("tagkit"):
            for section in Docstring((base.__doc__ and inspect.cleandoc(base.__doc__)) or "", lineno=1).parse(
                "google", warnings=False
            ):
                if section.kind is DocstringSectionKind.parameters:
                    texts |= {item.name: item.description for item in section.value}
    signature = inspect.signature(cls).parameters
    lines = [
        [f"`{name}`", f"`{p.default!r}`" if p.default is not p.empty else "required", texts.get(name, "")]
        for name, p in signature.items()
        if p.kind is not p.VAR_KEYWORD
    ]
    return tables.table(["parameter", "default", "meaning"], lines, 3) if lines else ""
