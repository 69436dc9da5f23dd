"""Read experiments from YAML files; every error names file and line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import filter as matching
from pathlib import Path
from typing import Any

from tagkit import registry
from tagkit.errors import BadInput, MissingExtra, TagkitError, did_you_mean
from tagkit.experiment.document import Place, Written, YamlDocument, read
from tagkit.experiment.environment import root
from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.fit import make_step, make_tagger
from tagkit.experiment.schema import CellModel, ExperimentModel, OriginModel, RowModel, checked, unknown_key
from tagkit.experiment.spec import DEDUP, SEEN, TEST, Data, Experiment, Row, SelfTraining, split_cell
from tagkit.measures import Measure, parse
from tagkit.trust import refusal

FOLDER = "experiments"
RUNS = (
    *("strategy", "params", "of", "decoding", "self_training", "seeds", "folds", "share", "refine", "options"),
    *("quick", "chosen_on"),
)
"""Keys that only a row which computes something can have; `strategy` says that it is one."""


def default_folder() -> Path:
    """Return `experiments` below the working directory where that holds experiments, else the repository's.

    In an installed package these are in its folder `data`.
    """
    places = [Path(FOLDER), root() / FOLDER, Path(__file__).parents[1] / "data" / FOLDER]
    return next((place for place in places if any(place.glob("*.yaml"))), places[0])


def find(names: Sequence[str], folder: Path) -> list[Experiment]:
    """Read experiments; all of a folder where none is named.

    Args:
        names: Names of experiments, also with `*` for any letters, or paths of YAML files.
        folder: Where the named ones are.

    Raises:
        BadInput: There is none of that name, or a file is wrong.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not known and not names:
        raise BadInput(f"{folder} holds no experiments (NAME.yaml); give another folder with --folder")
    paths = []
    for name in names or known:
        if name in known:
            paths.append(known[name])
        elif found := matching(known, name):
            paths += [known[other] for other in found]
        elif Path(name).suffix in (".yaml", ".yml"):
            if not Path(name).is_file():
                raise BadInput(f"there is no file {name}")
            paths.append(Path(name))
        else:
            there = ", ".join(known) or "none"
            raise BadInput(
                f"no experiment is called {name!r}{did_you_mean(name, known)}; in {folder} there are: {there}"
            )
    return [load_experiment(path) for path in dict.fromkeys(paths)]


def load_experiment(path: Path) -> Experiment:
    """Read and check an experiment.

    Args:
        path: A YAML file.

    Raises:
        BadInput: A key is unknown or missing, a strategy, data set, measure or refinement does not exist, a row has no
            score for a measure, or a value is of the wrong kind; the message names file and line.
    """
    document = read(path)
    return _Reader(document, checked(ExperimentModel, document, document.content)).experiment()


def check_parameters(experiment: Experiment) -> None:
    """Check that the strategies take the parameters given; this imports them.

    Raises:
        BadInput: One does not; the message names file and line. A strategy whose package is missing is passed over.
    """
    if experiment.file is None:
        return
    document = read(experiment.file)
    for number, row in enumerate(experiment.rows):
        if row.strategy:
            try:
                make_tagger(row, *row.seeds[:1])
            except MissingExtra:
                continue
            except BadInput as error:
                keys = [key for key in ("params", "seeds") if ("rows", number, key) in document.lines]
                raise document.error(("rows", number, *keys[:1]), str(error)) from error


class _Reader:
    """Turns the checked content of a file into an experiment, checking what one key says about another."""

    def __init__(self, document: YamlDocument, found: ExperimentModel) -> None:
        self.document, self.found = document, found
        self.measures = [self._measure(number, name) for number, name in enumerate(found.measures)]

    def experiment(self) -> Experiment:
        found, path = self.found, self.document.file
        rows: dict[str, Row] = {}
        for number, row in enumerate(found.rows):
            made = self._row(("rows", number), row, rows)
            if made.name in rows:
                raise self.document.error(("rows", number), f"two rows are called {made.name!r}")
            rows[made.name] = made
        base = found.baseline
        if base and not (base in rows and rows[base].strategy):
            message = f"no row that runs is called {base!r}{did_you_mean(base, rows)}"
            raise self.document.error(("baseline",), message)
        return Experiment(
            name=path.stem,
            title=found.title,
            source={key: value for key, value in found.source.model_dump().items() if value},
            data=self._data(),
            protocol=found.protocol,
            measures=tuple(self.measures),
            rows=tuple(rows.values()),
            unit=found.unit,
            baseline=base,
            budget=found.budget,
            samples=found.samples,
            file=path,
        )

    def _measure(self, number: int, name: str) -> Measure:
        try:
            return parse(name)
        except TagkitError as error:
            raise self.document.error(("measures", number), str(error)) from error

    def _data(self) -> Data:
        data, folder = self.found.data, self.document.file.parent
        if bool(data.name) == bool(data.file):
            message = "give either `name`, a data set, or `file`, a file of products"
            raise self.document.error(("data",), message)
        if data.name:
            self._registered(("data", "name"), data.name, registry.datasets)
        self._check_options(("data",), data.options)
        return Data(data.name or "", folder / data.file if data.file else None, data.options, tuple(data.titles))

    def _check_options(self, place: Place, options: dict[str, Any]) -> None:
        """Check that the reader knows its options; of a file all pass, since its form says which there are."""
        name = self.found.data.name
        if not (options and name):
            return
        known = list(inspect.signature(registry.datasets.get(name)).parameters)
        for key in options:
            if key not in known:
                raise self.document.error((*place, "options", key), unknown_key(key, known))

    def _row(self, place: Place, row: RowModel, before: dict[str, Row]) -> Row:
        if (row.strategy is None) == (not row.cites):
            message = "a row has either `strategy`, which runs, or `cites`, which says where its scores are from"
            raise self.document.error(place, message)
        if row.strategy is None:
            for key in RUNS:
                if key in row.model_fields_set:
                    raise self.document.error((*place, key), "a row that cites computes nothing and has no such key")
        else:
            self._registered((*place, "strategy"), row.strategy, registry.taggers)
            if reason := refusal([row.strategy, row.params]):
                raise self.document.error((*place, "params"), reason)
        for name in [*(row.of or ()), *([row.self_training.by] if row.self_training else [])]:
            if not (name in before and before[name].strategy):
                message = f"no earlier row that runs is called {name!r}{did_you_mean(name, before)}"
                raise self.document.error((*place, "of" if row.of and name in row.of else "self_training"), message)
        self._check_options(place, row.options)
        if row.self_training:
            self._check_options((*place, "self_training"), row.self_training.options)
        runs = row.strategy is not None
        seeds = row.seeds or (self.found.seeds if runs else None) or ()
        made = Row(
            name=row.name,
            strategy=row.strategy or "",
            params=row.params,
            of=tuple(row.of or ()),
            decoding=row.decoding,
            self_training=SelfTraining(**row.self_training.model_dump()) if row.self_training else None,
            seeds=tuple(seeds),
            folds=row.folds or (self.found.folds if runs else None) or 0,
            share=self._share(place, row),
            refine=None
            if row.refine is None
            else tuple(self._refinement(place, n, s) for n, s in enumerate(row.refine)),
            options=row.options,
            quick=runs and (self.found.quick if row.quick is None else row.quick),
            cites=row.cites,
            command=row.command,
            tokens=row.tokens,
            chosen_on=row.chosen_on,
            note=row.note,
        )
        return replace(made, expected=self._expected(place, row))

    def _share(self, place: Place, row: RowModel) -> float:
        share = 1.0 if row.share is None else row.share
        if not 0 < share <= 1:
            raise self.document.error((*place, "share"), f"must be above 0 and up to 1, not {share}")
        if share < 1 and not row.seeds:
            raise self.document.error((*place, "share"), "a share is drawn at random: add `seeds`")
        return share

    def _refinement(self, place: Place, number: int, step: Any) -> Any:
        place = (*place, "refine", number)
        if not isinstance(step, (str, dict)) or (isinstance(step, dict) and len(step) != 1):
            raise self.document.error(place, "must be a name, or one name with its parameters")
        self._registered(place, step if isinstance(step, str) else next(iter(step)), registry.steps)
        try:
            make_step(step)
        except (TypeError, BadInput) as error:
            raise self.document.error(place, str(error)) from error
        return step

    def _expected(self, place: Place, row: RowModel) -> dict[str, Expected | None]:
        place = (*place, "expected")
        names = list(map(str, self.measures))
        if row.expected is None:
            return dict.fromkeys(names)
        found: dict[str, Expected | None] = {}
        for key, cell in row.expected.items():
            view, measure = split_cell(key)
            if measure not in names or view not in (TEST, DEDUP, SEEN):
                known = [*names, *(f"{view}/{name}" for view in (DEDUP, SEEN) for name in names)]
                message = f"no measure of this experiment is called {key!r}{did_you_mean(key, known)}"
                raise self.document.error((*place, key), message)
            found[key] = None if cell is None else self._cell((*place, key), cell, row)
        for name in names:
            if name not in found:
                message = f"there is no score for the measure {name} (write `{name}: null` if none is known)"
                raise self.document.error(place, message)
        return found

    def _cell(self, place: Place, cell: Any, row: RowModel) -> Expected:
        found = checked(CellModel, self.document, cell if isinstance(cell, dict) else {"value": cell}, place)
        value = cell["value"] if isinstance(cell, dict) else cell
        text = value.text if isinstance(value, Written) else str(value)
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise self.document.error(place, f"write the score with digits and a point, not {text!r}")
        if found.origin is not None:
            origin = self._origin((*place, "origin"), found.origin)
        elif row.origin is not None:
            origin = self._origin((*place[:-2], "origin"), row.origin)
        else:
            raise self.document.error(place, "nothing says where the score is from: add `origin` here or to the row")
        tolerances = (found.tolerance, row.tolerance, self.found.tolerance)
        tolerance = next(tolerance for tolerance in tolerances if tolerance is not None)
        return Expected(float(value), len(text.partition(".")[2]), float(tolerance), origin, found.sd)

    def _origin(self, place: Place, value: Any) -> Origin:
        if value == "published":
            return Origin("published")
        if not isinstance(value, dict):
            message = "must be `published`, or of our own run the keys `date`, `machine` and `seconds`"
            raise self.document.error(place, message)
        return Origin("ours", **checked(OriginModel, self.document, value, place).model_dump())

    def _registered(self, place: Place, name: str, names: registry.Registry[Any]) -> None:
        if name not in names:
            known = names.names()
            message = f"no {names.kind} is called {name!r}{did_you_mean(name, known)}; there are: {', '.join(known)}"
            raise self.document.error(place, message)
