"""What a search for parameters found, and the file that keeps it."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tagkit import cards
from tagkit.errors import BadInput
from tagkit.files import write_text
from tagkit.product import Dataset
from tagkit.trust import forget_own, refusal


@dataclass(frozen=True)
class Trial:
    """One choice of parameters.

    Attributes:
        number: From 0, which has the parameters as they are without a search.
        params: The parameters that are searched.
        value: The score; None where the trial failed.
        seconds: Wall time of fitting and tagging; 0 for a repeat.
        error: Why it failed.
        repeats: The earlier trial with the same parameters, whose score it has.
    """

    number: int
    params: Mapping[str, Any]
    value: float | None
    seconds: float = 0.0
    error: str = ""
    repeats: int | None = None


@dataclass(frozen=True)
class Tuned:
    """The parameters that a search chose, and its budget.

    Attributes:
        strategy: Its name.
        data: The name of the data set.
        digest: The sha256 of its train and dev products.
        measure: What the best trial is best by.
        better: Whether "higher" or "lower" scores are better.
        seed: Of the search.
        space: What was searched, by parameter, as text.
        fixed: Parameters that were set and not searched.
        part: The products that trials were scored on: "dev part" or "tenth of train held out by seed 0".
        products: How many these are.
        trials: All trials, in order.
        version: The version of tagkit.
        files: The sha256 of the files and models that parameters name, by path.
    """

    strategy: str
    data: str
    digest: str
    measure: str
    better: str
    seed: int
    space: Mapping[str, str]
    fixed: Mapping[str, Any]
    part: str
    products: int
    trials: tuple[Trial, ...] = ()
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells one search from another, so that a stopped one is found again."""
        what = [self.strategy, self.digest, self.measure, self.seed, self.space, self.fixed, self.version, self.files]
        try:
            text = json.dumps(what, sort_keys=True)
        except TypeError as error:
            raise BadInput(f"parameters that are set must be JSON values: {error}") from error
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def folder(self) -> Path:
        """The default folder of the search, below the working directory."""
        return Path("runs", "tune", f"{self.strategy}-{self.data}-{self.key}")

    @property
    def ranking(self) -> list[Trial]:
        """The trials with a score, the best first, of equal ones the earlier; repeats are left out."""
        sign = -1 if self.better == "higher" else 1
        found = [trial for trial in self.trials if trial.value is not None and trial.repeats is None]
        return sorted(found, key=lambda trial: sign * (trial.value or 0.0))

    @property
    def best(self) -> Trial:
        """The best trial."""
        return self.ranking[0]

    @property
    def default(self) -> Trial:
        """The trial with the parameters as they are without a search."""
        return self.trials[0]

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that were set and the best ones of those that were searched."""
        return {**self.fixed, **self.best.params}

    @property
    def seconds(self) -> float:
        """How long all trials took."""
        return sum(trial.seconds for trial in self.trials)

    def __repr__(self) -> str:
        """Return the best parameters and their score."""
        best = f"{self.measure} {self.best.value:.3f} with {dict(self.best.params)}" if self.ranking else "no trial"
        return f"Tuned({self.strategy!r} on {self.data!r}: {best}, {len(self.trials)} trials)"

    def _repr_html_(self) -> str:
        """Return the best trials as a card for notebooks."""
        names = list(self.space)
        rows = [[one.number, *(one.params.get(name, "") for name in names), one.value] for one in self.ranking[:10]]
        trials = cards.table(("trial", *names, self.measure), ([cards.escape(cell) for cell in row] for row in rows))
        return cards.card(f"{self.strategy} tuned on {self.data}", trials, note=self.remark() if rows else "")

    def remark(self, data: Dataset | None = None) -> str:
        """Return the sentence that a report owes to its reader.

        Args:
            data: What the report is about; the sentence tells when the search had other products.
        """
        other = data is not None and data.with_parts(test=()).digest != self.digest
        counts = {"failed": sum(bool(trial.error) for trial in self.trials)}
        counts["repeated earlier ones"] = sum(trial.repeats is not None for trial in self.trials)
        more = "".join(f"; {count} {what}" for what, count in counts.items() if count)
        budget = f"{len(self.trials)} trials ({self.seconds:.0f} s{more})"
        where = f"the {self.part} of {self.data}{', which had other products' if other else ''}"
        return f"{self.strategy}: parameters chosen on {where}, by {self.measure} in {budget}."

    def to_dict(self) -> dict[str, Any]:
        """Return all as plain JSON values."""
        more = {"best": asdict(self.best), "params": self.params, "seconds": self.seconds, "remark": self.remark()}
        return asdict(self) | more

    def write(self, path: str | Path) -> Path:
        """Write the file that `tagkit compare --tuned` reads."""
        body = copy.deepcopy(self.to_dict())
        forget_own([[self.strategy, body["fixed"]], [self.strategy, body["params"]]])
        write_text(path, json.dumps(body, ensure_ascii=False, indent=1))
        return Path(path)

    @classmethod
    def read(cls, path: str | Path) -> Tuned:
        """Read what `write` wrote.

        Raises:
            BadInput: It is no such file.
        """
        try:
            body = json.loads(Path(path).read_text(encoding="utf-8"))
            trials = tuple(Trial(**trial) for trial in body["trials"])
            known = [one.name for one in fields(cls) if one.name in body]
            tuned = cls(**{name: body[name] for name in known} | {"trials": trials})
            reason = tuned.remark() and refusal([tuned.strategy, tuned.params])
        except FileNotFoundError as error:
            raise BadInput(f"there is no file {path}") from error
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise BadInput(f"{path} is not what `tagkit tune` writes: {error!r}") from error
        if reason:
            raise BadInput(f"{path}: {reason}")
        return tuned
