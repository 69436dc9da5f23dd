"""The content of an experiment's YAML file as pydantic models, and their errors with file and line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tagkit.errors import did_you_mean
from tagkit.experiment.document import Place, YamlDocument
from tagkit.parameters import REASONS, requirement


def _text(value: Any) -> Any:
    """Return a scalar as text, with line breaks and repeated blanks removed."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = getattr(value, "text", str(value))
    return " ".join(value.split()) or None if isinstance(value, str) else value


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(f"must be YYYY-MM-DD, not {value!r}") from None


Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, Field(ge=0)]
Tolerance = Annotated[float, Field(ge=0)]


class Model(BaseModel):
    """A mapping whose keys are all known and whose values have exactly the stated types."""

    model_config = ConfigDict(extra="forbid", strict=True)


M = TypeVar("M", bound=Model)


class SourceModel(Model):
    """Where the reported scores of an experiment come from."""

    paper: Text = ""
    table: Text = ""
    link: Text = ""


class DataModel(Model):
    """Which products an experiment uses."""

    name: Text | None = None
    file: Text | None = None
    options: dict[str, Any] = {}
    titles: list[Text] = []


class OriginModel(Model):
    """The date, the machine and the seconds of one of our runs."""

    date: Annotated[Text, AfterValidator(_date)]
    machine: Text
    seconds: float | None


class SelfTrainingModel(Model):
    """Which earlier row labels further texts, and the reader's options that give these."""

    by: Text
    options: dict[str, Any] = {}


class CellModel(Model):
    """An expected score with what it has otherwise than its row."""

    value: float
    tolerance: Tolerance | None = None
    origin: Any = None
    sd: float | None = None


class RowModel(Model):
    """One row; see `tagkit.experiment.spec.Row`."""

    name: Text
    strategy: Text | None = None
    params: dict[str, Any] = {}
    of: Annotated[list[Text], Field(min_length=1)] | None = None
    decoding: dict[str, Any] = {}
    self_training: SelfTrainingModel | None = None
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


class ExperimentModel(Model):
    """A whole file; see `tagkit.experiment.spec.Experiment`."""

    title: Text
    source: SourceModel
    data: DataModel
    protocol: Text
    measures: Annotated[list[Text], Field(min_length=1)]
    tolerance: Tolerance
    rows: Annotated[list[RowModel], Field(min_length=1)]
    unit: Literal["percent", "fraction"] = "percent"
    quick: bool = False
    baseline: Text = ""
    budget: Text = ""
    seeds: Annotated[list[int], Field(min_length=1)] | None = None
    folds: Annotated[int, Field(ge=2)] | None = None
    samples: Annotated[int, Field(ge=1)] = 1000


MODELS: dict[str, type[Model]] = {
    "source": SourceModel,
    "data": DataModel,
    "origin": OriginModel,
    "self_training": SelfTrainingModel,
    "rows": RowModel,
}


def checked(model: type[M], document: YamlDocument, value: Any, place: Place = ()) -> M:
    """Return a value of a document as a model; of several errors, an unknown key is named before all others."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    at: Place = (*place, *found["loc"])
    kind, key = found["type"], str(at[-1]) if at else ""
    if kind == "extra_forbidden":
        raise document.error(at, unknown_key(key, _model_at(found["loc"][:-1], model).model_fields))
    if kind == "missing":
        raise document.error(at[:-1], f"the key {key!r} is missing")
    if kind in REASONS:
        raise document.error(at, f"must be {requirement(found, _shown(found['input']))}")
    raise document.error(at, found["msg"].removeprefix("Value error, "))


def _model_at(place: Place, model: type[Model]) -> type[Model]:
    """Return the model of a place inside of another model's content."""
    names = [part for part in place if isinstance(part, str) and part in MODELS]
    return MODELS[names[-1]] if names else model


def unknown_key(key: str, known: Collection[str]) -> str:
    """Return the message about a key that a mapping does not have."""
    return f"unknown key {key!r}{did_you_mean(key, known)}; known are: {', '.join(known) or 'none'}"


def _shown(value: Any) -> str:
    kinds = {dict: "keys with values", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), repr(getattr(value, "text", value)))
