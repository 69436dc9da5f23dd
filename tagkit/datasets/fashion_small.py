"""The data set `fashion_small`."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagkit.cache import cache_folder
from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.parquet import parquet_rows
from tagkit.datasets.split import by_part, split_of
from tagkit.errors import BadInput
from tagkit.files import replacing
from tagkit.product import Dataset, Product, Tag
from tagkit.text.duplicates import text_key
from tagkit.text.stems import stem

PRODUCTS, PHOTOS = "fashion_small/products.parquet", "fashion_small/images.zip"
CONTENT = "09d67911413465cd72bcff2d68b21b5b80a3e7ef2c1334ce22a83de4ee4289fa"
"""The sha256 of the sorted lines of all photos: name, zero byte, sha256 of the content."""
KINDS = ("master", "sub", "article", "colour", "usage")

CARD = """\
# fashion_small

**What.** 44,072 fashion products, each with a photo of 60 by 80 pixels, an English title, and five tags: master
category, sub-category, article, colour and usage. `annotations` has the kind of each tag as its type; `tags` has each
name once (Watches is a sub-category and an article). The master category is a tag to be found, so `category` is empty.

**Who.** Param Aggarwal, *Fashion Product Images (Small)* (Kaggle, 2019), as it lies in
https://github.com/tanmay0401/multimodal-recommendation-engine; photos and names are those of the shop Myntra.

**Licence.** None is stated there. tagkit downloads the files on your request and does not redistribute them.

**Parts.** 70/10/20 by the hash of the title's words in any order, so that equal titles stay together: 30,801 of them
are distinct as they are written.

**Options.** `mask=True` removes from every title all words of the names of colours and articles,
whether or not they are this product's. `kind` keeps the tags of one kind only: then the first tag's precision is the
accuracy.

**Traps.**
- Titles name the colour of 89 % of the products and the article of 62 %: mask them, or use the photo alone.
- Tags are the shop's own: near colours (Navy Blue, Blue), "Multi", rare articles. The rarest have one product.
- Equal photos of different products occur.
- `price` upstream is made up, and not read.

**Not good for.** Large photos, open vocabularies, other languages.
"""


class FashionSmall(Reader):
    """Fashion products with a small photo, a title, and five kinds of tags (English).

    Args:
        mask: Whether words of the names of colours and articles are removed from the titles.
        kind: Which tags are kept (default: all five kinds).
    """

    name = "fashion_small"
    licence = "none stated"
    card = CARD
    files = (PRODUCTS, PHOTOS)
    expectations: ClassVar[dict[str, Expectation]] = {
        "products": ("==", 44072),
        "train share %": ("between", (68, 72)),
        "test products": (">=", 5000),
        "tags per product, min": ("==", 4),
        "tags per product, max": ("==", 5),
        "duplicate ids": ("==", 0),
        "test texts in train": ("==", 0),
        "dev texts in train": ("==", 0),
    }

    mask: bool = False
    kind: Literal[None, "master", "sub", "article", "colour", "usage"] = None

    def read(self) -> Dataset:
        """Read titles and tags; photos are opened when they are used."""
        rows: list[dict[str, Any]] = [row.values for row in parquet_rows(store.path(PRODUCTS)) if row.values]
        _find_photos()
        values = [row["description"].split(" - ") for row in rows]
        hidden = _words(name for row in values for name in row[2:4]) if self.mask else ()
        products = (
            (split_of(text_key(row["title"])), self._product(row, names, hidden))
            for row, names in zip(rows, values, strict=True)
        )
        return Dataset(self.name, *by_part(products), self.card, self.licence)

    def _product(self, row: dict[str, Any], names: list[str], hidden: Collection[str]) -> Product:
        typed = [Tag(name, 1.0, "gold", (), kind) for kind, name in zip(KINDS, names, strict=True)]
        kept = [tag for tag in typed if self.kind in (None, tag.type)]
        return Product(
            str(row["product_id"]),
            _masked(row["title"], hidden) if hidden else row["title"],
            images=(f"zip://{PHOTOS}!{row['product_id']}.jpg",),
            lang="en",
            tags=tuple(dict.fromkeys(tag.text for tag in kept)),
            annotations=tuple(kept),
        )


def _words(names: Iterable[str]) -> frozenset[str]:
    """Return the stems of all words of names, but for "and"."""
    return frozenset(stem(word) for name in set(names) for word in re.findall(r"\w+", name)) - {stem("and")}


def _masked(title: str, hidden: Collection[str]) -> str:
    """Return a title without the words whose stems are hidden; T-shirt and T shirt are words like Tshirt."""
    joined = re.sub(r"\b[Tt][- ](?=[Ss]hirts?\b)", "T", title)
    return " ".join(
        word for word in joined.split() if not any(stem(part) in hidden for part in re.findall(r"\w+", word))
    )


def _find_photos() -> None:
    """Make sure that the photos are on this machine: as one archive, made from that of the repository if need be."""
    if store.is_here([PHOTOS]):
        return
    target = cache_folder("data") / PHOTOS
    target.parent.mkdir(parents=True, exist_ok=True)
    downloaded = store.fetch_archive(store.sources()[PHOTOS], target.with_name("repository.zip"))
    try:
        pack(downloaded, target)
    finally:
        downloaded.unlink(missing_ok=True)


def pack(repository: Path, target: Path, expected: str = CONTENT) -> None:
    """Write the photos of a repository's archive into an archive of their own.

    Args:
        repository: The archive that GitHub makes of the repository.
        target: The new archive.
        expected: What the checksum of all names and contents must be.

    Raises:
        BadInput: The photos are not the expected ones; nothing is written.
    """
    lines = []
    with replacing(target) as file:
        with zipfile.ZipFile(repository) as whole, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as own:
            for name in sorted(whole.namelist()):
                if re.search(r"/data/images/[^/]+\.jpg$", name):
                    content = whole.read(name)
                    short = name.rpartition("/")[2]
                    own.writestr(zipfile.ZipInfo(short), content)
                    lines.append(f"{short}\0{hashlib.sha256(content).hexdigest()}\n")
        found = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
        if found != expected:
            raise BadInput(f"{repository} does not hold the expected photos: their sha256 is {found}, not {expected}")
