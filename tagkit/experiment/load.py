"""Turn a YAML file into an experiment, checking every name in it."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

from tagkit import registry
from tagkit.errors import BadInput, MissingExtra, TagkitError, did_you_mean
from tagkit.experiment._old_spec import FRACTION, PERCENT, Data, Experiment, Refinement, System
from tagkit.experiment.document import Node, read
from tagkit.experiment.expectations import expected_cells, read_origin, read_tolerance
from tagkit.measures import parse
from tagkit.text.clean import STEPS

REQUIRED = ("title", "source", "data", "protocol", "measures", "tolerance", "systems")
OPTIONAL = ("unit", "quick", "baseline", "budget")
SYSTEM = (
    *("strategy", "params", "seeds", "share", "refine", "leave_out", "options", "quick", "expected", "origin"),
    *("tolerance", "cites", "command", "tokens", "chosen_on", "note"),
)
RUNS = ("strategy", "params", "seeds", "share", "refine", "leave_out", "options", "quick", "chosen_on")
"""Keys that only a row which computes something can have; `strategy` says that it is one."""


def experiment(path: Path) -> Experiment:
    """Read and check an experiment.

    Args:
        path: A YAML file.

    Raises:
        BadInput: A key is unknown or missing, a strategy, data set, measure or refinement does not exist, a row has no
            figure for a measure, or a value is of the wrong kind; the message names file and line.
    """
    top = read(path)
    keys = top.mapping(REQUIRED, OPTIONAL)
    measures = tuple(_measure(node) for node in keys["measures"].sequence())
    quick = keys["quick"].flag() if "quick" in keys else False
    tolerance = read_tolerance(keys["tolerance"])
    data = _data(keys["data"], path.parent)
    systems: dict[str, System] = {}
    for node in keys["systems"].sequence():
        made = _system(node, data, measures, quick, tolerance)
        if made.name in systems:
            raise node.fail(f"two systems are called {made.name!r}")
        systems[made.name] = made
    baseline = keys["baseline"].text() if "baseline" in keys else ""
    if baseline and not (baseline in systems and systems[baseline].strategy):
        raise keys["baseline"].fail(f"no system that runs is called {baseline!r}{did_you_mean(baseline, systems)}")
    return Experiment(
        name=path.stem,
        title=keys["title"].text(),
        source={key: node.text() for key, node in keys["source"].mapping((), ("paper", "table", "link")).items()},
        data=data,
        protocol=keys["protocol"].text(),
        measures=measures,
        systems=tuple(systems.values()),
        unit=_one_of(keys["unit"], (PERCENT, FRACTION)) if "unit" in keys else PERCENT,
        baseline=baseline,
        budget=keys["budget"].text() if "budget" in keys else "",
        file=path,
    )


def check_parameters(experiment: Experiment) -> None:
    """Check that the strategies take the parameters given; this imports them.

    Raises:
        BadInput: One does not; the message names file and line. A strategy whose package is absent is passed over.
    """
    if experiment.file is None:
        return
    from tagkit.experiment.run import tagger_of

    nodes = read(experiment.file).value["systems"].value
    for node, system in zip(nodes, experiment.systems, strict=True):
        if not system.strategy:
            continue
        try:
            tagger_of(system, *system.seeds[:1])
        except MissingExtra:
            continue
        except BadInput as error:
            place = node.value.get("params") or node.value.get("seeds") or node
            raise place.fail(str(error)) from error


def _measure(node: Node) -> str:
    try:
        return str(parse(node.text()))
    except TagkitError as error:
        raise node.fail(str(error)) from error


def _data(node: Node, folder: Path) -> Data:
    keys = node.mapping((), ("name", "file", "options", "titles"))
    if ("name" in keys) == ("file" in keys):
        raise node.fail("give either `name`, a data set, or `file`, a file of products")
    if "name" in keys:
        _registered(keys["name"], registry.datasets)
    titles = tuple(title.text() for title in keys["titles"].sequence()) if "titles" in keys else ()
    options = _options(keys, keys["name"].text() if "name" in keys else "")
    if "file" in keys:
        return Data("", folder / keys["file"].text(), options, titles)
    return Data(keys["name"].text(), None, options, titles)


def _options(keys: dict[str, Node], name: str) -> dict[str, Any]:
    """Return the options of a reader, which must know them; of a file ("") all pass, since its form says which."""
    if "options" not in keys:
        return {}
    known: tuple[str, ...] | None = None
    if name:
        known = tuple(inspect.signature(registry.datasets.get(name)).parameters)
    return {key: value.plain() for key, value in keys["options"].mapping((), known).items()}


def _system(node: Node, data: Data, measures: tuple[str, ...], quick: bool, tolerance: float) -> System:
    keys = node.mapping(("name", "expected"), SYSTEM)
    if ("strategy" in keys) == ("cites" in keys):
        raise node.fail("a system has either `strategy`, which runs, or `cites`, which says where its figures are from")
    if "strategy" not in keys:
        for key in RUNS:
            if key in keys:
                raise keys[key].fail("a row that cites computes nothing and has no such key")
    else:
        _registered(keys["strategy"], registry.taggers)
    refine = None
    if "refine" in keys:
        refine = tuple(map(_refinement, keys["refine"].sequence())) if keys["refine"].value else ()
    if "tolerance" in keys:
        tolerance = read_tolerance(keys["tolerance"])
    made = System(
        name=keys["name"].text(),
        strategy=keys["strategy"].text() if "strategy" in keys else "",
        params=keys["params"].plain() if "params" in keys and keys["params"].mapping() else {},
        seeds=tuple(seed.whole() for seed in keys["seeds"].sequence()) if "seeds" in keys else (),
        share=_share(keys),
        refine=refine,
        leave_out=tuple(map(_cleaning, keys["leave_out"].sequence())) if "leave_out" in keys else (),
        options=_options(keys, data.name),
        quick="strategy" in keys and (keys["quick"].flag() if "quick" in keys else quick),
        cites=keys["cites"].text() if "cites" in keys else "",
        command=keys["command"].text() if "command" in keys else "",
        tokens=keys["tokens"].whole() if "tokens" in keys else None,
        chosen_on=_one_of(keys["chosen_on"], ("dev", "test")) if "chosen_on" in keys else "dev",
        note=keys["note"].text() if "note" in keys else "",
    )
    origin = read_origin(keys["origin"]) if "origin" in keys else None
    return replace(made, expected=expected_cells(keys["expected"], measures, tolerance, origin))


def _share(keys: dict[str, Node]) -> float:
    if "share" not in keys:
        return 1.0
    share = keys["share"].number()
    if not 0 < share <= 1:
        raise keys["share"].fail(f"must be above 0 and up to 1, not {share}")
    if share < 1 and "seeds" not in keys:
        raise keys["share"].fail("a share is drawn at random: add `seeds`")
    return share


def _refinement(node: Node) -> Refinement:
    """Return a refinement, which must exist and take its parameters."""
    if not isinstance(node.value, dict):
        return _registered(node, registry.steps)
    if len(node.value) != 1:
        raise node.fail("must be a name, or one name with its parameters")
    ((name, params),) = node.value.items()
    _known(params, name, registry.steps)
    made = {name: params.mapping() and params.plain()}
    try:
        registry.steps.get(name)(**made[name])
    except (TypeError, BadInput) as error:
        raise params.fail(str(error)) from error
    return made


def _cleaning(node: Node) -> str:
    if (text := node.text()) not in STEPS:
        raise node.fail(
            f"no cleaning step is called {text!r}{did_you_mean(text, STEPS)}; there are: {', '.join(STEPS)}"
        )
    return text


def _one_of(node: Node, known: tuple[str, ...]) -> str:
    if (text := node.text()) not in known:
        raise node.fail(f"must be {' or '.join(known)}, not {text!r}")
    return text


def _registered(node: Node, names: registry.Registry[Any]) -> str:
    return _known(node, node.text(), names)


def _known(node: Node, text: str, names: registry.Registry[Any]) -> str:
    if text not in names:
        raise node.fail(f"no {names.kind} is called {text!r}; there are: {', '.join(names.names())}")
    return text
