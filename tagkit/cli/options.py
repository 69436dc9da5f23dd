"""Options that several commands have: the same letter and the same meaning in each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli import complete

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DataOption = Annotated[
    str, typer.Option("--data", "-d", autocompletion=complete.datasets, help="A data set by name, or a file.")
]
FittedOnOption = Annotated[
    str, typer.Option("--data", "-d", autocompletion=complete.datasets, help="What the strategy is fitted on.")
]
ModelOption = Annotated[Path | None, typer.Option("--model", "-m", help="A saved tagger instead.")]
DataArgument = Annotated[
    str,
    typer.Argument(autocompletion=complete.datasets, help="A data set by name, or a file of tagged products."),
]
TaggerOption = Annotated[
    str,
    typer.Option(
        "--tagger",
        "-t",
        autocompletion=complete.strategies,
        help="A strategy by name, or your own MODULE:CLASS (default: hybrid).",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        autocompletion=complete.parameters,
        help="A parameter of the strategy, as PARAMETER=VALUE (JSON or text).",
    ),
]
MeasuresOption = Annotated[
    str,
    typer.Option(
        "--measures",
        "-M",
        autocompletion=complete.measures,
        help="Measures, comma-separated, such as F1@M,nDCG@10.",
    ),
]
ParentsOption = Annotated[
    str,
    typer.Option(
        help="A table of tags and their broader tags (two columns, TSV or CSV), or google_taxonomy, for the measures "
        "of a taxonomy and the refinement parents."
    ),
]
RefineOption = Annotated[
    str,
    typer.Option(
        autocompletion=complete.refinements,
        help="Refinements in their order, comma-separated, such as thresholds,parents,limit (default: thresholds,limit "
        "where a strategy needs thresholds).",
    ),
]
FacetsOption = Annotated[
    Path | None,
    typer.Option(help="A table of tags and their facets (two columns, TSV or CSV), for the measures of facets."),
]
