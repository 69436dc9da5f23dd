"""Tags that are probably wrong or missing, each with the reason: what a person looks at, and a file takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tagkit import cards
from tagkit.frames import frame

if TYPE_CHECKING:
    import pandas as pd

WRONG, MISSING = "wrong", "missing"
SHOWN = 10
"""So many of each kind are on the card and in the text."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One tag of one product that is probably an error in the gold.

    Attributes:
        product: The id of the product.
        title: Its title.
        tag: The tag.
        kind: "wrong" for a tag that the product has, "missing" for one that it lacks.
        score: The probability that the product should have the tag, from everything but its own tags.
        share: The share of the other products that have the tag.
        quality: How well the gold agrees with the score, from 0 (an error) to 1.
        votes: The share of the votes of the most similar products that have the tag.
        present: Whether the tag is in the text.
        nearest: The title of the most similar other product that has the tag; "" where no similar one has it.
        words: The words that the text shares with that product, those that weigh most first.
    """

    product: str
    title: str
    tag: str
    kind: str
    score: float
    share: float
    quality: float
    votes: float
    present: bool
    nearest: str = ""
    words: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is probably an error, in one sentence."""
        score = f"{self.score:.3f}" if self.score >= 0.001 else "below 0.001"
        text = f"held-out score {score} ({100 * self.share:.1f} % of the others have it), "
        text += (
            f"{100 * self.votes:.0f} % of the votes of similar products, {'in' if self.present else 'not in'} the text"
        )
        if not self.nearest:
            return f"{text}; no similar product has it"
        shared = f", which shares {', '.join(self.words)}" if self.words else ""
        return f"{text}; nearest with it: {self.nearest}{shared}"


@dataclass(frozen=True)
class Issues:
    """The tags of a data set that are probably errors.

    Attributes:
        name: The data set.
        wrong: Tags that products have and probably should not, the most probable error first.
        missing: Tags that products lack and probably should have.
        n_products: How many products were compared: those with tags.
        n_tags: How many different tags they have.
    """

    name: str
    wrong: tuple[Issue, ...]
    missing: tuple[Issue, ...]
    n_products: int
    n_tags: int

    def __iter__(self) -> Any:
        """Yield all issues, the wrong tags first."""
        return iter(self.wrong + self.missing)

    def __len__(self) -> int:
        """Return the number of issues."""
        return len(self.wrong) + len(self.missing)

    @property
    def by_product(self) -> Mapping[str, tuple[Issue, ...]]:
        """The issues of each product by its id, the product with the most probable error first."""
        return _grouped(sorted(self, key=lambda issue: issue.quality), "product")

    @property
    def by_tag(self) -> Mapping[str, tuple[Issue, ...]]:
        """The issues of each tag, the tag with the most issues first."""
        groups = _grouped(self, "tag")
        return dict(sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        rows = [asdict(issue) | {"reason": issue.reason} for issue in self]
        per_tag = {tag: dict(Counter(issue.kind for issue in found)) for tag, found in self.by_tag.items()}
        return {"name": self.name, "products": self.n_products, "tags": self.n_tags, "issues": rows, "per_tag": per_tag}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each issue, with the fields of `Issue` and `reason` as columns.

        Raises:
            MissingExtra: pandas is not installed.
        """
        columns = [*Issue.__dataclass_fields__, "reason"]
        return frame([[getattr(issue, name) for name in columns] for issue in self], columns)

    def __repr__(self) -> str:
        """Return how many there are."""
        return f"Issues({self.name!r}, {len(self.wrong)} probably wrong, {len(self.missing)} probably missing)"

    def __str__(self) -> str:
        """Return the first issues of each kind with their reasons, and the tags with most issues, as lines."""
        lines = [self._note()]
        for title, found in self._kinds():
            lines += ["", f"{title}:"]
            for issue in found[:SHOWN]:
                lines += [f"  {issue.tag}  [{issue.product}] {issue.title}", f"      {issue.reason}"]
        lines += ["", f"Tags with most of them: {', '.join(f'{tag} {n}' for tag, n in self._frequent())}"]
        return "\n".join(lines if len(self) else [*lines[:1], "", "No error was found."])

    def _repr_html_(self) -> str:
        """Return the first issues of each kind as a card for notebooks."""
        parts = []
        for title, found in self._kinds():
            rows = [
                (
                    cards.judged([(issue.tag, "new" if issue.kind == WRONG else "missed")]),
                    cards.escape(issue.title, 60),
                    cards.faint(issue.reason, 400),
                )
                for issue in found[:SHOWN]
            ]
            parts.append(cards.table((title, "product", "reason"), rows, left=3) if rows else "")
        tags = cards.chips((tag, f"{n:,}") for tag, n in self._frequent())
        parts += (
            [cards.small("Tags with most of them"), tags] if len(self) else [cards.paragraph("No error was found.")]
        )
        return cards.card(f"Probable errors in the tags of {self.name}", *parts, note=self._note())

    def _note(self) -> str:
        listed = (
            f"The {len(self.wrong):,} tags that are most probably wrong, and the {len(self.missing):,} that are most "
        )
        return f"{listed}probably missing, of {self.n_products:,} tagged products with {self.n_tags:,} different tags"

    def _kinds(self) -> tuple[tuple[str, tuple[Issue, ...]], ...]:
        return ("Probably wrong", self.wrong), ("Probably missing", self.missing)

    def _frequent(self) -> list[tuple[str, int]]:
        return [(tag, len(found)) for tag, found in list(self.by_tag.items())[:SHOWN]]


def _grouped(issues: Iterable[Issue], name: str) -> dict[str, tuple[Issue, ...]]:
    out: dict[str, list[Issue]] = {}
    for issue in issues:
        out.setdefault(getattr(issue, name), []).append(issue)
    return {key: tuple(found) for key, found in out.items()}
