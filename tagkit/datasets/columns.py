"""Which column of a table holds which field of a product: by name where the user gives one, else by alias."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TypedDict

from tagkit.errors import BadInput, did_you_mean
from tagkit.text.clean import traditional
from tagkit.text.clean_text import CleanText

ALIASES = {
    "title": "title, product title, item title, product name, item name, name, 标题, 商品标题, 宝贝标题, 产品标题, "
    "商品名称, 商品名, 宝贝名称, 产品名称, 名称, 品名, text, 文本",
    "tags": "tags, tag, product tags, labels, label, keywords, keyword, keyphrases, 标签, 商品标签, 产品标签, 关键词, "
    "关键字, 标注",
    "description": "description, product description, body (html), body html, details, detail, short description, "
    "描述, 商品描述, 产品描述, 宝贝描述, 详情, 商品详情, 产品详情, 商品说明, 卖点",
    "category": "category, categories, product category, product type, google product category, type, 类目, 商品类目, "
    "宝贝类目, 产品类目, 类别, 分类, 商品分类, 产品分类, 品类",
    "id": "id, product id, item id, num iid, sku, handle, variant sku, 编号, 商品编号, 商品id, 宝贝id, 产品id, "
    "产品编号, 商家编码, outer id, 货号, 序号",
    "split": "split, 划分, 数据划分",
    "lang": "lang, language, 语言",
    "images": "images, image, image src, image link, image url, 图片, 商品图片, 宝贝图片, 主图, 新图片, picture",
    "attributes": "attributes, 属性, 商品属性, 产品属性",
    "annotations": "annotations",
}
"""Names of each field's column, separated by commas; the first one that a table has is used."""
_IGNORED = re.compile(r"[\s_\-*]+|\((?:必填|选填|required|optional)\)|^\ufeff")


class FileOptions(TypedDict, total=False):
    """How to read a file, where it cannot be found out; see `tagkit.load_data`."""

    title: str | None
    tags: str | None
    description: str | None
    category: str | None
    id: str | None
    split: str | None
    lang: str | None
    separator: str | None
    encoding: str | None
    delimiter: str | None
    sheet: str | None


@dataclass(frozen=True)
class Columns:
    """The columns that the user named, "" for those that are found by alias, and the separator of tags."""

    title: str = ""
    tags: str = ""
    description: str = ""
    category: str = ""
    id: str = ""
    split: str = ""
    lang: str = ""
    separator: str = ""

    @classmethod
    def of(cls, options: FileOptions) -> Columns:
        """Take the names among the options of a file.

        Raises:
            BadInput: There is no such option, or one is not a text.
        """
        for name, value in options.items():
            if name not in FileOptions.__annotations__:
                known = FileOptions.__annotations__
                raise BadInput(
                    f"unknown option {name!r}{did_you_mean(name, known)}; the options of a file are: {', '.join(known)}"
                )
            if value is not None and (not isinstance(value, str) or not value):
                raise BadInput(f"`{name}` must be a non-empty text, not {value!r}")
        return cls(**{f.name: str(options[f.name]) for f in fields(cls) if options.get(f.name)})  # type: ignore[literal-required]

    @property
    def named(self) -> dict[str, str]:
        """The columns that the user named, by field."""
        given = {field: getattr(self, field) for field in ALIASES if hasattr(self, field)}
        return {field: column for field, column in given.items() if column}

    def find(self, names: Collection[str]) -> dict[str, str]:
        """Return the column of each field that a row or header with these names has."""
        return _find(self, tuple(names))

    def is_header(self, cells: Sequence[object]) -> bool:
        """Say whether cells are the names of columns: one of them is that of the title."""
        return "title" in self.find([str(cell) for cell in cells])

    def further_tags(self, names: Collection[str]) -> list[str]:
        """Return the columns that are called like that of the tags, with a number behind it (标签2, "tags (2)")."""
        own = self.find(names).get("tags")
        bare = {name: re.sub(r"\(?[0-9]+\)?$", "", key(name)) for name in names}
        return [name for name in names if name != own and bare[name] in _keys("tags") and bare[name] != key(name)]

    def repeats_header(self, row: dict[str, object]) -> bool:
        """Say whether the row below a header has names of columns too, in another language."""
        found = self.find(row)
        if "title" not in found:
            return False
        texts = [str(row[column]) for column in found.values()]
        return len(texts) > 1 and key(str(row[found["title"]])) in _keys("title") and len(self.find(texts)) > 1


@lru_cache(maxsize=1024)
def _find(columns: Columns, names: tuple[str, ...]) -> dict[str, str]:
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(key(name), name)
    found = {}
    for field, column in columns.named.items():
        if column in names or key(column) in by_key:
            found[field] = column if column in names else by_key[key(column)]
    taken = set(found.values())
    for field in ALIASES:
        if field not in columns.named:
            alias = next((k for k in _keys(field) if k in by_key and by_key[k] not in taken), None)
            if alias is not None:
                found[field] = by_key[alias]
    return found


@lru_cache(maxsize=16)
def _keys(field: str) -> tuple[str, ...]:
    return tuple(key(alias) for alias in ALIASES[field].split(","))


def key(name: str) -> str:
    """Return a column's name in the form in which names are compared.

    Case, width, blanks, `-`, `_`, traditional characters, and the marks of columns to fill in (`*`, 必填) don't matter.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _IGNORED.sub("", traditional(CleanText(folded, folded)).text)
