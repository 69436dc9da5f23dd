"""What the measures that look at the training part ask of a run."""

from __future__ import annotations

from collections.abc import Mapping

from tagkit.errors import BadInput
from tagkit.measures.base import Measure
from tagkit.measures.run import Run


def counts_in_train(run: Run, measure: Measure) -> Mapping[str, int]:
    """Return how often each tag occurs in train.

    Raises:
        BadInput: The run does not know.
    """
    if run.train_counts is None:
        raise BadInput(f"{measure} needs to know the tags of train: pass `train_counts=`")
    return run.train_counts


def vocabulary_of_train(run: Run, measure: Measure) -> dict[str, int]:
    """Return the tags of train, each with a column of its own.

    Raises:
        BadInput: The run does not know them.
    """
    known = (tag for tag, count in counts_in_train(run, measure).items() if count > 0)
    return {tag: column for column, tag in enumerate(known)}
