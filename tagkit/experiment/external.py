"""An experiment made of files alone: `--data-file` and `--runs-file`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tagkit.errors import BadInput
from tagkit.experiment import answers, loading
from tagkit.experiment._old_spec import Data, Expected, Experiment, Origin, System

PROTOCOL = (
    "For each product and each attribute that its gold names: a value is right if it equals an allowed one, blanks "
    "around it cut; attributes that the gold does not name are ignored. Micro-averaged over products."
)
TOLERANCE = 0.01


def from_files(data_file: Path | None, runs_files: Sequence[Path], base: Experiment | None) -> Experiment:
    """Make an experiment of a data file and stored answers, no matter who wrote them.

    Args:
        data_file: Products; None: those of `base`.
        runs_files: Stored answers about them; each is one row.
        base: An experiment whose measures, protocol and unit are taken; None: those of OA-Mine where the products have
            attributes, else micro-averaged figures of tags.

    Raises:
        BadInput: A file is missing or wrong; the message names it.
    """
    data = Data("", data_file) if data_file else base.data if base else None
    if data is None:
        raise BadInput("--runs-file needs products: give --data-file, or the name of an experiment")
    products = loading.products(data)
    asked = any(product.attributes and product.annotations for product in products.test)
    measures = base.measures if base else tuple(answers.REPORTED) if asked else ("micro-P", "micro-R", "micro-F1")
    systems: list[System] = []
    for path in runs_files:
        stored = answers.read_answers(path, products.test)
        origin = Origin("published")
        scale = 1.0 if base is None or base.scale == 100 else 0.01
        figures = {name: Expected(scale * v, 2, TOLERANCE, origin) for name, v in stored.reported.items()}
        notes = [f"{stored.unread} answers are no JSON object" if stored.unread else ""]
        notes += [f"{stored.strangers} answers are about no product of the data" if stored.strangers else ""]
        name = f"{path.name}{f' ({stored.model})' if stored.model else ''}"
        systems.append(
            System(
                name=name if all(name != other.name for other in systems) else str(path),
                strategy="replay",
                params={"answers": str(stored.path)},
                quick=True,
                expected={measure: figures.get(measure) for measure in measures},
                tokens=stored.tokens,
                note="; ".join(note for note in notes if note),
                file=path,
            )
        )
    title = f"{', '.join(path.name for path in runs_files)} on {data.label}"
    source = base.source if base else {"paper": "the figures that a file of answers reports about itself, if any"}
    protocol = base.protocol if base else PROTOCOL if asked else "Exact match of tags, micro-averaged."
    name, unit = (base.name, base.unit) if base else (data.label, "percent")
    made = Experiment(name, title, source, data, protocol, measures, tuple(systems), unit)
    return replace(made, file=base.file if base else None, data_file=data_file)
