"""Shop queries with products, brands, models, materials and specifications marked (Chinese)."""

from __future__ import annotations

from typing import Any, ClassVar

from tagkit.datasets import _bio, _options, store
from tagkit.datasets.base import Reader
from tagkit.product import Dataset, Product, Tag

TYPES = {"pp": "Brand", "cp": "Product", "xh": "Model", "yl": "Material", "gg": "Specification"}
"""The types of the files (the initials of their Chinese names), by the names of the dictionary's files."""
DISTANT = ("ds_fa", "ds_pa")

CARD = """\
# dsner_ec

**What.** Short queries of shoppers, some of them whole sentences, each character labelled (BIO) with five types,
here named as in the dictionary that comes along: Brand (pp), Product (cp), Model (xh), Material (yl),
Specification (gg). Tags are the distinct entity texts of a sentence.

**Who.** Yang, Chen, Li, He and Zhang, *Distantly Supervised NER with Partial Annotation Learning and Reinforcement
Learning* (COLING 2018, C18-1183), https://github.com/rainarch/DSNER.

**Licence.** Unlicense (public domain).

**Parts.** 1097 / 400 / 798. The paper says 1200 / 400 / 800 sentences; the files hold these.

**Distant data.** 2560 further sentences that the authors labelled by dictionary; `distant="ds_fa"` or `"ds_pa"` puts
them behind the train part, with ids that begin with that name. In `ds_fa` everything outside the dictionary counts as
no entity. In `ds_pa` it is *unknown*: a product has no way to say so, so the entities are the same, and a strategy for
partial annotation must treat every character outside the entities of an id that begins with `ds_pa` as unlabelled.

**Not good for.** Inferred tags (all tags stand in the text), ranking (about one tag a sentence, many have none), long
titles. Of the dictionary's 924 names, 910 are entities of the train part, so it knows little beyond it.
"""


def dictionary() -> dict[str, str]:
    """Return the authors' dictionary of names: type by name, in the order of the files.

    A name in two files gets the type of the first, in the order of `TYPES`.

    Raises:
        BadInput: A file found here is not the right one.
        DataMissing: A file is not to be had.
    """
    found: dict[str, str] = {}
    for kind in TYPES.values():
        for line in store.path(f"dsner_ec/dict/{kind}").read_text(encoding="utf-8").splitlines():
            if name := line.strip():
                found.setdefault(name, kind)
    return found


class DSNER(Reader):
    """Reads the character labels; options `distant`: None, "ds_fa" or "ds_pa"; `train`: "sentences" or "names"."""

    name: ClassVar[str] = "dsner_ec"
    licence: ClassVar[str] = "Unlicense"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (
        *(f"dsner_ec/{file}" for file in ("train", "dev", "test", *DISTANT, "LICENSE")),
        *(f"dsner_ec/dict/{kind}" for kind in TYPES.values()),
    )
    promises: ClassVar[dict[str, Any]] = {
        "train products": ("==", 1097),
        "dev products": ("==", 400),
        "test products": ("==", 798),
        "dev texts in train": ("==", 0),
        "test texts in train": ("==", 0),
        "duplicate ids": ("==", 0),
    }

    def read(self, *, distant: str | None = None, train: str = "sentences", **options: Any) -> Dataset:
        """Return the data set.

        Args:
            distant: Which distantly labelled sentences to put behind the train part, if any.
            train: "sentences", or "names": the authors' dictionary instead, each name a product of its own, for
                strategies that look names up.
            **options: None are known.

        Raises:
            BadInput: The option or a file is wrong.
            DataMissing: A file is not to be had.
        """
        _options.choose("distant", distant, (None, *DISTANT))
        _options.choose("train", train, ("sentences", "names"))
        _options.no_more(self, options)
        known, dev, test = (
            _bio.products(store.path(f"dsner_ec/{part}"), "\t", f"dsner-{part}", TYPES)
            for part in ("train", "dev", "test")
        )
        if train == "names":
            known = tuple(
                Product(f"dsner-name-{n:04d}", name, tags=(name,), annotations=(Tag(name, type=kind),))
                for n, (name, kind) in enumerate(dictionary().items(), 1)
            )
        if distant:
            # UNK, the label of unknown characters in ds_pa, is outside for the decoder like O.
            known += _bio.products(store.path(f"dsner_ec/{distant}"), "\t", distant, TYPES)
        return Dataset(self.name, known, dev, test, self.card, self.licence)
