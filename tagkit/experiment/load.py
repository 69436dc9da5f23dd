"""Read experiments from YAML: models that check every key and value, and errors that name file and line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from fnmatch import filter as matching
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tagkit import registry
from tagkit.errors import BadInput, MissingExtra, TagkitError, did_you_mean
from tagkit.experiment.document import Place, Written, YamlDocument, read
from tagkit.experiment.environment import root
from tagkit.experiment.fit import make_step, make_tagger
from tagkit.experiment.spec import (
    DEDUP,
    SEEN,
    TEST,
    Data,
    Expected,
    Experiment,
    Origin,
    Row,
    SelfTraining,
    split_cell,
)
from tagkit.measures import Measure, parse

FOLDER = "experiments"
KINDS = {
    "float_type": "must be a number, not {}",
    "int_type": "must be a whole number, not {}",
    "bool_type": "must be true or false, not {}",
    "string_type": "must be a text, not {}",
    "list_type": "must be a list of one or more, not {}",
    "too_short": "must be a list of one or more, not {}",
    "dict_type": "must be keys with values, not {}",
    "model_type": "must be keys with values, not {}",
    "greater_than_equal": "must not be below {ge}",
}
"""How errors of pydantic are written, by their type."""


def _text(value: Any) -> Any:
    """Return a scalar as text, with line breaks and repeated blanks removed."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = getattr(value, "text", str(value))
    return " ".join(value.split()) or None if isinstance(value, str) else value


def _date(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError(f"must be YYYY-MM-DD, not {value!r}")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, Field(ge=0)]
Tolerance = Annotated[float, Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


M = TypeVar("M", bound=_Model)


class _Source(_Model):
    paper: Text = ""
    table: Text = ""
    link: Text = ""


class _Data(_Model):
    name: Text | None = None
    file: Text | None = None
    options: dict[str, Any] = {}
    titles: list[Text] = []


class _Origin(_Model):
    date: Annotated[Text, AfterValidator(_date)]
    machine: Text
    seconds: float | None


class _SelfTraining(_Model):
    by: Text
    options: dict[str, Any] = {}


class _Cell(_Model):
    value: float
    tolerance: Tolerance | None = None
    origin: Any = None
    sd: float | None = None


class _Row(_Model):
    name: Text
    strategy: Text | None = None
    params: dict[str, Any] = {}
    of: Annotated[list[Text], Field(min_length=1)] | None = None
    decoding: dict[str, Any] = {}
    self_training: _SelfTraining | None = None
    seeds: Annotated[list[int], Field(min_length=1)] | None = None
    folds: Annotated[int, Field(ge=2)] | None = None
    share: float | None = None
    refine: list[Any] | None = None
    options: dict[str, Any] = {}
    quick: bool | None = None
    expected: dict[str, Any] | None
    origin: Any = None
    tolerance: Tolerance | None = None
    cites: Text = ""
    command: Text = ""
    tokens: Whole | None = None
    chosen_on: Literal["dev", "test"] = "dev"
    note: Text = ""


class _Experiment(_Model):
    title: Text
    source: _Source
    data: _Data
    protocol: Text
    measures: Annotated[list[Text], Field(min_length=1)]
    tolerance: Tolerance
    rows: Annotated[list[_Row], Field(min_length=1)]
    unit: Literal["percent", "fraction"] = "percent"
    quick: bool = False
    baseline: Text = ""
    budget: Text = ""
    seeds: Annotated[list[int], Field(min_length=1)] | None = None
    folds: Annotated[int, Field(ge=2)] | None = None
    samples: Annotated[int, Field(ge=1)] = 1000


MODELS: dict[str, type[_Model]] = {
    "source": _Source,
    "data": _Data,
    "origin": _Origin,
    "self_training": _SelfTraining,
    "rows": _Row,
}
RUNS = (
    *("strategy", "params", "of", "decoding", "self_training", "seeds", "folds", "share", "refine", "options"),
    *("quick", "chosen_on"),
)
"""Keys that only a row which computes something can have; `strategy` says that it is one."""


def default_folder() -> Path:
    """Return `experiments` below the working directory where that holds experiments, else the repository's."""
    here = Path(FOLDER)
    return here if any(here.glob("*.yaml")) else root() / FOLDER


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
    return _Reader(document, _checked(_Experiment, document, document.content)).experiment()


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


def _checked(model: type[M], document: YamlDocument, value: Any, place: Place = ()) -> M:
    """Return a value of a document as a model; of several errors, an unknown key is named before all others."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    at: Place = (*place, *found["loc"])
    kind, key, given = found["type"], str(at[-1]) if at else "", found["input"]
    if kind == "extra_forbidden":
        raise document.error(at, _unknown(key, _model_at(found["loc"][:-1], model).model_fields))
    if kind == "missing":
        raise document.error(at[:-1], f"the key {key!r} is missing")
    if kind == "literal_error":
        raise document.error(at, f"must be {found['ctx']['expected']}, not {given!r}")
    if kind in KINDS:
        raise document.error(at, KINDS[kind].format(_shown(given), **found.get("ctx", {})))
    raise document.error(at, found["msg"].removeprefix("Value error, "))


def _model_at(place: Place, model: type[_Model]) -> type[_Model]:
    """Return the model of a place inside of another model's content."""
    names = [part for part in place if isinstance(part, str) and part in MODELS]
    return MODELS[names[-1]] if names else model


def _unknown(key: str, known: Collection[str]) -> str:
    return f"unknown key {key!r}{did_you_mean(key, known)}; known are: {', '.join(known) or 'none'}"


def _shown(value: Any) -> str:
    kinds = {dict: "keys with values", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), repr(getattr(value, "text", value)))


class _Reader:
    """Turns the checked content of a file into an experiment, checking what one key says about another."""

    def __init__(self, document: YamlDocument, found: _Experiment) -> None:
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
                raise self.document.error((*place, "options", key), _unknown(key, known))

    def _row(self, place: Place, row: _Row, before: dict[str, Row]) -> Row:
        if (row.strategy is None) == (not row.cites):
            message = "a row has either `strategy`, which runs, or `cites`, which says where its scores are from"
            raise self.document.error(place, message)
        if row.strategy is None:
            for key in RUNS:
                if key in row.model_fields_set:
                    raise self.document.error((*place, key), "a row that cites computes nothing and has no such key")
        else:
            self._registered((*place, "strategy"), row.strategy, registry.taggers)
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

    def _share(self, place: Place, row: _Row) -> float:
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

    def _expected(self, place: Place, row: _Row) -> dict[str, Expected | None]:
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

    def _cell(self, place: Place, cell: Any, row: _Row) -> Expected:
        found = _checked(_Cell, self.document, cell if isinstance(cell, dict) else {"value": cell}, place)
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
        return Origin("ours", **_checked(_Origin, self.document, value, place).model_dump())

    def _registered(self, place: Place, name: str, names: registry.Registry[Any]) -> None:
        if name not in names:
            known = names.names()
            message = f"no {names.kind} is called {name!r}{did_you_mean(name, known)}; there are: {', '.join(known)}"
            raise self.document.error(place, message)
