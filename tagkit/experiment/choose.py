"""Choose a strategy by a quick comparison on train and dev, within a time that is stated beforehand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tagkit import registry
from tagkit.errors import BadInput
from tagkit.experiment.failure import explain
from tagkit.experiment.fit import Job
from tagkit.experiment.on_dev import halves, held_out, score_folds
from tagkit.experiment.spec import Data, Row
from tagkit.experiment.worker import can_be_sent, measure, measure_apart
from tagkit.measures import parse
from tagkit.product import Dataset, Tags
from tagkit.tagger import Tagger
from tagkit.text.spelling import one_spelling

QUICK = ("dictionary", "lexicon", "knn", "linear", "hybrid")
"""The strategies that are tried by default: those that learn from tags within seconds, without a pre-trained model."""
MEASURE = "F1@M"
"""What the best strategy is best by."""


@dataclass(frozen=True)
class Candidate:
    """What a strategy gave in the quick comparison: its score, or the reason why it has none, and its seconds."""

    name: str
    score: float | None
    seconds: float
    reason: str = ""


def candidates(data: Dataset, taggers: Sequence[Tagger], seconds: float) -> Iterator[Candidate]:
    """Fit strategies on train, and yield what each scored on dev by F1@M; test is not read.

    As in `tune`, no strategy is scored on products that its thresholds were chosen on: dev is halved, and each half is
    scored with the thresholds of the other.

    Args:
        data: The products.
        taggers: The strategies, unfitted, which are tried in this order.
        seconds: How long all of it may take; a strategy that runs at that moment is stopped, and later ones are not
            tried.

    Raises:
        BadInput: There are too few products with tags to compare on.
    """
    data, by = one_spelling(data), parse(MEASURE)
    train, dev, _ = held_out(data, 0)
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="tagkit-fits-", ignore_cleanup_errors=True) as fits:
        for tagger in taggers:
            start, name = time.monotonic(), registry.taggers.name_of(type(tagger))
            try:
                job = Job(Row(name, name, tagger=tagger), {}, Data(data.name), data, fits=Path(fits))
                tag = partial(_tags, job, end)
                score = score_folds(by, data, train, halves(tagger, dev, 0), tag)
                yield Candidate(name, score, time.monotonic() - start)
            except Exception as error:  # one strategy that fails does not end the comparison
                yield Candidate(name, None, time.monotonic() - start, explain(error, name))


def _tags(job: Job, end: float, parts: Dataset) -> Tags:
    """Return the tags of one run on some parts, in a process of its own so that it can be stopped at a time.

    Raises:
        TagkitError: It cannot run, or there is no time left.
    """
    job, seconds = replace(job, data=parts), end - time.monotonic()
    if seconds <= 0:
        raise BadInput("there was no time left")
    run = measure_apart(job, seconds=seconds) if can_be_sent(job) else measure(job)
    return run.tags or []


def best(found: Sequence[Candidate]) -> Candidate:
    """Return the candidate with the highest score, of equal ones the first.

    Raises:
        BadInput: None has a score.
    """
    scored = [one for one in found if one.score is not None]
    if not scored:
        raise BadInput("no strategy could be fitted: " + "; ".join(f"{one.name}: {one.reason}" for one in found))
    return max(scored, key=lambda one: one.score or 0.0)
