"""The widget of a review: the front end in `static/`, and the messages between it and Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget

from tagkit.errors import TagkitError, reason
from tagkit.learning import Learned
from tagkit.pipeline import Pipeline
from tagkit.product import Product
from tagkit.reviewing.session import Session
from tagkit.reviewing.store import ReviewStore
from tagkit.tagger import Tagger

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("commands", "elements", "python", "entry", "photo", "screen", "view")
"""The files of the front end, one module when joined: a notebook gets it from Python as one text."""


class Review(anywidget.AnyWidget):
    """A widget in which tags are reviewed; `tagkit.review` makes one.

    The browser sends each decision as a message with an id and shows it as saved when the answer with the same id is
    there, which is after `ReviewStore` has it on the disk. An error is answered with one sentence, which is shown.

    Args:
        session: The products, the tagger and the decisions.
    """

    _esm = "\n".join((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    _css = _STATIC / "review.css"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.on_msg(self._receive)

    @property
    def store(self) -> ReviewStore:
        """The decisions."""
        return self.session.store

    @property
    def tagger(self) -> Tagger | Pipeline | None:
        """The tagger that suggests."""
        return self.session.tagger

    @property
    def products(self) -> list[Product]:
        """The finished products, with the tags that were decided."""
        return self.session.finished()

    def refit(self, **options: Any) -> Learned:
        """Let the tagger learn from the finished products, as the key l does.

        Args:
            **options: `old`, the products that the tagger was fitted on, where it does not know them, and `dev`, those
                to measure on in place of those given to `tagkit.review`; see `Pipeline.learn`.

        Returns:
            What changed: F1 on dev before and after, tags gained and lost.

        Raises:
            BadInput: There is no tagger, no product is finished, or the tagger cannot learn from these alone.
        """
        learned = self.session.learn(**options)
        self.send({"changed": None})
        return learned

    def _receive(self, _: Any, message: Any, _buffers: Any) -> None:
        """Answer a message of the browser."""
        fields = dict(message)
        id, op = fields.pop("id", ""), str(fields.pop("op", ""))
        try:
            answer = self.session.answer(op, **fields)
        except TagkitError as error:
            self.send({"id": id, "error": str(error)})
        except Exception as error:  # whatever a strategy raises: the browser must not wait for ever
            self.send({"id": id, "error": f"{type(error).__name__}: {reason(error)}"})
        else:
            content = answer.pop("bytes", None)
            self.send({"id": id, **answer}, None if content is None else [content])
            if op in ("accept", "reject", "edit", "add", "finish", "done", "skip", "flag", "undo", "learn"):
                changed = None if op in ("undo", "learn") else fields.get("position")
                self.send({"changed": changed, "by": str(id).rpartition("-")[0]})

    def __repr__(self) -> str:
        """Return what is reviewed, and how much is left."""
        found = self.store.progress()
        return f"Review({found['left']:,} of {found['products']:,} products left, {str(self.store.path)!r})"
