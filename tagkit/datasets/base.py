"""The base class of data set readers, and `load`, which finds a reader by name."""

from __future__ import annotations

import os.path
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, dataclass_transform

from tagkit import parameters, registry
from tagkit.datasets.columns import FileOptions
from tagkit.datasets.files import from_frame, read_file
from tagkit.datasets.folder import read_folder
from tagkit.datasets.items import is_frame
from tagkit.datasets.parents import load_parents
from tagkit.datasets.tag_table import read_facets
from tagkit.errors import BadInput
from tagkit.product import Dataset

Value = int | float | str
"""What an audit measures."""
Expectation = tuple[str, Any] | Callable[[Dataset], tuple[Value, bool]]
"""What a value should be: (operator, bound), or a function that measures the value and says whether it is right."""


@dataclass_transform(kw_only_default=True, eq_default=False)
class Reader(ABC):
    """Base of all readers of named data sets.

    A subclass states its `name` and the other class attributes, and `read` turns the files into a `Dataset`. Files that
    are not part of the package are found by `store.path("folder/file")`, which checks that they are the expected ones:
    readers parse them without further checks. Every subclass is a keyword-only dataclass: its annotated attributes are
    the reader's options, and their types say which values are allowed (see `tagkit.parameters`).

    Raises:
        BadInput: An option has a value that is not allowed.
    """

    name: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    card: ClassVar[str] = ""
    files: ClassVar[tuple[str, ...]] = ()
    """The files that it reads, as "folder/file" in the store; empty for data inside the package."""
    expectations: ClassVar[dict[str, Expectation]] = {}
    """What an audit of the default options must find; see `tagkit.datasets.auditing`."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the subclass a keyword-only dataclass."""
        super().__init_subclass__(**options)
        dataclass(kw_only=True, eq=False)(cls)

    def __post_init__(self) -> None:
        """Check the options."""
        parameters.check(type(self), self.name, vars(self))

    @abstractmethod
    def read(self) -> Dataset:
        """Return the data set.

        Raises:
            DataMissing: A file is unavailable.
            BadInput: A file is wrong.
        """

    def describe(self) -> str:
        """Return the card; a reader that adds statistics adds them if its files are on this machine."""
        return self.card


def card(name: str | Path) -> str:
    """Return the card of a data set or of the user's own file, without downloading anything.

    Args:
        name: As for `load`.

    Raises:
        UnknownName: It is neither a known name nor a file.
        BadInput: The user's file is wrong.
    """
    return load(name).card if _is_file(str(name)) else _reader(str(name), {}).describe()


def load(
    name: Any,
    *,
    title: str | None = None,
    tags: str | None = None,
    description: str | None = None,
    category: str | None = None,
    id: str | None = None,
    split: str | None = None,
    lang: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    facets: str | Path | None = None,
    parents: str | Path | None = None,
    **options: Any,
) -> Dataset:
    """Return a data set by name, from the user's own file, or from a table.

    Columns are found by their names in Chinese and English (商品名称, 标题, title; 标签, tags …), and encoding,
    delimiter and separator of tags by their content; a warning says what is not as usual. The arguments are for a file
    in which something else is meant.

    Args:
        name: A name from `tagkit data list`; "package.module:Class" of a reader; the path of a file: JSON, JSON Lines,
            CSV, TSV, Excel, LibreOffice, Parquet, a feed in XML, or tokens with BIO labels; that of a folder with a
            file for each part (train, dev, test); a pandas DataFrame; or a list of dictionaries.
        title: The column of the title, the only one that a file must have.
        tags: That of the gold tags: a list, or a text with several tags.
        description: That of further text.
        category: That of the category, with "/" or ">" between the levels.
        id: That of a text or whole number, unique in the file (default: the line's number).
        split: That of the part, "train", "dev" or "test". Where it is absent or empty, 70/10/20 by the hash of the id,
            or of the text where there is no id (so that copies stay together). For a data set known by name it is an
            option of its reader.
        lang: The column of the language, "zh" or "en".
        separator: What separates the tags in a text (default: decided on all cells).
        encoding: Of a text file, such as "gb18030" (default: decided on the whole file).
        delimiter: What separates the fields of CSV (default: a comma, tab, semicolon or bar, by the header).
        sheet: The sheet of a spreadsheet (default: the only one with a column for the title).
        facets: A table of two columns, tag and facet (TSV or CSV): the kind of information that each tag gives, such as
            colour or material. It takes the place of the facets that the data set has.
        parents: A table of two columns, tag and broader tag (TSV or CSV), for the measures of a taxonomy and the
            refinement parents; or "google_taxonomy", the product taxonomy that Google publishes. It takes the place of
            the broader tags that the data set has.
        **options: The options of a reader; for a file `rejects`, where the rows go that cannot be used.

    Raises:
        UnknownName: It is neither a known name nor a file.
        DataMissing: Its files are neither on this machine nor could they be downloaded.
        BadInput: An option or a file is wrong.
        MissingExtra: The package for the format is not installed.
    """
    named: FileOptions = {
        "title": title,
        "tags": tags,
        "description": description,
        "category": category,
        "id": id,
        "split": split,
        "lang": lang,
        "separator": separator,
        "encoding": encoding,
        "delimiter": delimiter,
        "sheet": sheet,
    }
    given = {option: value for option, value in named.items() if value is not None} | options
    data = _read(name, given)
    if facets:
        data = replace(data, facets=read_facets(facets))
    return replace(data, parents=load_parents(parents)) if parents else data


def _read(name: Any, options: Mapping[str, Any]) -> Dataset:
    if is_frame(name) or isinstance(name, list | tuple):
        return from_frame(name, **options)
    text = str(name)
    if not _is_file(text):
        return _reader(text, options).read()
    return read_folder(Path(text), **options) if Path(text).is_dir() else read_file(Path(text), **options)


def _is_file(name: str) -> bool:
    is_known = name in registry.datasets or (registry.is_reference(name) and not os.path.exists(name))
    return not is_known and bool(Path(name).suffix or os.path.exists(name))


def _reader(name: str, options: Mapping[str, Any]) -> Reader:
    made: type[Reader] = registry.datasets.find(name)
    known = [option.name for option in fields(made)]  # type: ignore[arg-type]  # every subclass is a dataclass
    if unknown := [option for option in options if option not in known]:
        raise BadInput(f"{name} has no option {', '.join(unknown)}; it has: {', '.join(known) or 'none'}")
    return made(**options)
