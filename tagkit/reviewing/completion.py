"""Completing a tag that is being typed, over a vocabulary and its synonyms."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from tagkit.errors import BadInput
from tagkit.product import Dataset

LIMIT = 8
"""How many completions are offered."""


class Completion:
    """The tags that may be meant by what was typed so far.

    Args:
        vocabulary: The known tags, the frequent ones first.
        synonyms: Other forms by tag.
    """

    def __init__(self, vocabulary: Iterable[str], synonyms: Mapping[str, Iterable[str]] | None = None) -> None:
        self.synonyms = {tag: tuple(forms) for tag, forms in (synonyms or {}).items()}
        self._tags: dict[str, str] = {}
        self._forms = [(folded(form), form, tag) for tag, forms in self.synonyms.items() for form in forms]
        self.add((*vocabulary, *self.synonyms))

    @classmethod
    def of(
        cls, vocabulary: Any, tags: Iterable[str] = (), synonyms: Mapping[str, Iterable[str]] | None = None
    ) -> Completion:
        """Make one of what a user gives.

        Args:
            vocabulary: A data set, whose vocabulary and synonyms are used; a mapping from tags to other forms; a list
                of tags; or None.
            tags: The tags to offer where `vocabulary` is None.
            synonyms: Their other forms.

        Raises:
            BadInput: `vocabulary` is none of these.
        """
        if vocabulary is None:
            return cls(tags, synonyms)
        if isinstance(vocabulary, Dataset):
            return cls(vocabulary.vocabulary, vocabulary.synonyms)
        if isinstance(vocabulary, Mapping):
            return cls(
                vocabulary, {tag: [forms] if isinstance(forms, str) else forms for tag, forms in vocabulary.items()}
            )
        listed = (
            [vocabulary] if isinstance(vocabulary, str) or not isinstance(vocabulary, Iterable) else list(vocabulary)
        )
        if isinstance(vocabulary, str) or not all(isinstance(tag, str) for tag in listed):
            raise BadInput("`vocabulary` must be a list of tags, a mapping from tags to other forms, or a data set")
        return cls(listed, synonyms)

    def __len__(self) -> int:
        """Return the number of tags."""
        return len(self._tags)

    def add(self, tags: Iterable[str]) -> None:
        """Add tags behind those that are known."""
        for tag in tags:
            if tag not in self._tags:
                self._tags[tag] = folded(tag)

    def find(self, typed: str, limit: int = LIMIT) -> list[tuple[str, str]]:
        """Return completions, and by which other form each was found ("": by itself).

        First come tags that are equal to what was typed, then those that begin with it, those with another form that
        begins with it, those that contain it, and those with another form that contains it; within each group in the
        order of the vocabulary. For nothing typed the first tags are returned.

        Args:
            typed: What was typed; case and the width of characters are ignored.
            limit: How many to return.
        """
        wanted = folded(typed)
        if not wanted:
            return [(tag, "") for tag in islice(self._tags, limit)]
        begins: list[str] = []
        contains: list[str] = []
        found: dict[str, str] = {}
        for tag, text in self._tags.items():
            if wanted not in text:
                continue
            if text == wanted:
                found[tag] = ""
            (begins if text.startswith(wanted) else contains).append(tag)
        forms = [(text, form, tag) for text, form, tag in self._forms if wanted in text]
        groups = (
            ((tag, "") for tag in begins),
            ((tag, form) for text, form, tag in forms if text.startswith(wanted)),
            ((tag, "") for tag in contains),
            ((tag, form) for _, form, tag in forms),
        )
        for group in groups:
            for tag, form in group:
                found.setdefault(tag, form)
        return list(found.items())[:limit]


def folded(text: str) -> str:
    """Return a text without differences of case, of the width of characters, and of spaces around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
