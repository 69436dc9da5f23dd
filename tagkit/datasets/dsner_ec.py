"""The data set `dsner_ec`."""

from __future__ import annotations

from typing import ClassVar, Literal

from tagkit.datasets import bio, store
from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset, Product, Tag

TYPES = {"pp": "Brand", "cp": "Product", "xh": "Model", "yl": "Material", "gg": "Specification"}
"""The names of the types, by their names in the files (the initials of their Chinese names)."""
DISTANT = ("ds_fa", "ds_pa")

CARD = """\
# dsner_ec

**What.** Short queries of shoppers, some of them whole sentences, with one BIO label per character and five types,
here named as in the dictionary that comes along: Brand (pp), Product (cp), Model (xh), Material (yl),
Specification (gg). Tags are the distinct entity texts of a sentence.

**Who.** Yang, Chen, Li, He and Zhang, *Distantly Supervised NER with Partial Annotation Learning and Reinforcement
Learning* (COLING 2018, C18-1183), https://github.com/rainarch/DSNER.

**Licence.** Unlicense (public domain).

**Parts.** 1097 / 400 / 798. The paper says 1200 / 400 / 800 sentences; the files hold these.

**Distant data.** 2560 further sentences that the authors labelled by dictionary; `distant="ds_fa"` or `"ds_pa"` adds
them to the train part, with ids that begin with that name. In `ds_fa` everything outside the dictionary counts as
no entity. In `ds_pa` it is *unknown*: a product cannot express that, so the entities are the same, and a strategy for
partial annotation must treat every character outside the entities of an id that begins with `ds_pa` as unlabelled.

**Not good for.** Inferred tags (all tags are present in the text), ranking (about one tag per sentence, many have
none), long titles. Of the dictionary's 924 names, 910 are entities of the train part, so it adds little to them. After
cleaning, one dev and one test sentence have the words of one in train.
"""


def dictionary() -> dict[str, str]:
    """Return the authors' dictionary of names: type by name, in the order of the files.

    A name in two files gets the type of the first, in the order of `TYPES`.

    Raises:
        BadInput: A file found on this machine is not the right one.
        DataMissing: A file is unavailable.
    """
    found: dict[str, str] = {}
    for kind in TYPES.values():
        for line in store.path(f"dsner_ec/dict/{kind}").read_text(encoding="utf-8").splitlines():
            if name := line.strip():
                found.setdefault(name, kind)
    return found


class DSNER(Reader):
    """Shop queries with products, brands, models, materials and specifications marked (Chinese).

    Args:
        distant: Which distantly labelled sentences to add to the train part, if any.
        train: "sentences", or "names" for the authors' dictionary instead, each name a product of its own, for
            strategies that match dictionaries.
    """

    name = "dsner_ec"
    licence = "Unlicense"
    card = CARD
    files = (
        *(f"dsner_ec/{file}" for file in ("train", "dev", "test", *DISTANT, "LICENSE")),
        *(f"dsner_ec/dict/{kind}" for kind in TYPES.values()),
    )
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 1097),
        "dev products": ("==", 400),
        "test products": ("==", 798),
        "dev texts in train": ("==", 1),
        "test texts in train": ("==", 1),
        "duplicate ids": ("==", 0),
    }

    distant: Literal[None, "ds_fa", "ds_pa"] = None
    train: Literal["sentences", "names"] = "sentences"

    def read(self) -> Dataset:
        """Read the character labels, and the dictionary where it is asked for."""
        train, dev, test = (self._labelled(part, f"dsner-{part}") for part in ("train", "dev", "test"))
        if self.train == "names":
            train = tuple(
                Product(f"dsner-name-{n:04d}", name, tags=(name,), annotations=(Tag(name, type=kind),))
                for n, (name, kind) in enumerate(dictionary().items(), 1)
            )
        if self.distant:
            # UNK, the label of unknown characters in ds_pa, counts as outside, as O does.
            train += self._labelled(self.distant, self.distant)
        return Dataset(self.name, train, dev, test, self.card, self.licence)

    def _labelled(self, file: str, prefix: str) -> tuple[Product, ...]:
        return bio.products(store.path(f"dsner_ec/{file}"), prefix, TYPES)
