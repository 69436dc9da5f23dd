"""What the widget of a review asks for, and what Python answers: products with suggestions, decisions, explanations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tagkit.errors import BadInput
from tagkit.learning import Learned
from tagkit.pipeline import Pipeline
from tagkit.product import Product, Tag
from tagkit.reviewing import photos
from tagkit.reviewing.agreement import reviewed_products
from tagkit.reviewing.completion import Completion
from tagkit.reviewing.decisions import Decision, key_of
from tagkit.reviewing.store import ReviewStore
from tagkit.tagger import Tagger
from tagkit.text.present import places

AHEAD = 8
"""The suggestions of so many of the following products are prepared while one is read."""
Answer = dict[str, Any]


class Session:
    """The state of one widget; every method named `on_...` answers a message with plain JSON values.

    Args:
        store: Where decisions are saved.
        tagger: What suggests tags; None: the tags that the products came with are reviewed.
        completion: The tags that are offered for completion.
        dev: The products on which learning is measured; None: those that the tagger knows.
    """

    def __init__(
        self,
        store: ReviewStore,
        tagger: Tagger | Pipeline | None,
        completion: Completion,
        dev: Sequence[Product] | None = None,
    ) -> None:
        self.store, self.tagger, self.completion, self.dev = store, tagger, completion, dev
        self._suggested_since: set[int] | None = None  # positions, once the tagger has learned

    def answer(self, op: str, **fields: Any) -> Answer:
        """Return what a message of the widget is answered with; `bytes` are those of a photo.

        Raises:
            BadInput: There is no such message, or a field is wrong.
            NotSaved: A decision could not be saved; nothing has changed.
        """
        method: Callable[..., Answer] | None = getattr(self, f"on_{op}", None)
        if method is None:
            raise BadInput(f"the widget asked for {op!r}, which this version of tagkit does not know")
        return method(**fields)

    def on_open(self, position: int | None = None) -> Answer:
        """Show the first product that is left."""
        return {"total": len(self.store)} | self._next(position)

    def on_next(self, position: int | None = None) -> Answer:
        """Show the next product that is left."""
        return self._next(position)

    def on_show(self, position: int) -> Answer:
        """Show a product."""
        return {"product": self.shown(position)}

    def on_ahead(self, position: int) -> Answer:
        """Prepare the suggestions of the products that follow, and say how many are left."""
        self._suggest([n for n in self.store.upcoming(position, AHEAD) if not self._has_suggestions(n)])
        return {"left": self.store.left()}

    def on_accept(self, position: int, tag: str) -> Answer:
        """Save that a product has a tag."""
        self.store.accept(position, self._tag(position, tag))
        return self.on_show(position)

    def on_reject(self, position: int, tag: str) -> Answer:
        """Save that a product does not have a tag."""
        self.store.reject(position, self._tag(position, tag))
        return self.on_show(position)

    def on_edit(self, position: int, tag: str, text: str) -> Answer:
        """Save that a product has another tag in place of one."""
        old = self._tag(position, tag)
        if text == old.text:
            return self.on_accept(position, tag)
        self.store.edit(position, old, text)
        self.completion.add([text])
        return self.on_show(position)

    def on_add(self, position: int, text: str) -> Answer:
        """Save that a product has a tag that was not suggested."""
        self.store.add(position, text)
        self.completion.add([text])
        return self.on_show(position)

    def on_finish(self, position: int) -> Answer:
        """Accept what is undecided, finish the product, and show the next."""
        return self._finish(position, "accept")

    def on_done(self, position: int) -> Answer:
        """Reject what is undecided, finish the product, and show the next."""
        return self._finish(position, "reject")

    def on_skip(self, position: int) -> Answer:
        """Leave a product to others, and show the next."""
        self.store.mark(position, "skip")
        return self._next(position) | {"said": "Skipped, saved."}

    def on_flag(self, position: int) -> Answer:
        """Set a product aside and show the next; resume it where it is set aside already."""
        if self.store.review(position).state == "flag":
            self.store.mark(position, "open")
            return self.on_show(position) | {"said": "The flag is taken back, saved."}
        self.store.mark(position, "flag")
        return self._next(position) | {"said": "Flagged, saved."}

    def on_undo(self, position: int | None = None) -> Answer:
        """Take back the last step, and show its product."""
        undone = self.store.undo()
        if not undone:
            return {"said": "There is nothing to take back."}
        what = ", ".join(f"{one.kind} {one.tag.text}" if one.tag else one.kind for one in undone)
        return self.on_show(undone[0].position) | {"said": f"Taken back: {what}."}

    def on_complete(self, text: str) -> Answer:
        """Complete a tag that is being typed."""
        return {"options": [{"tag": tag, "via": via} for tag, via in self.completion.find(text)]}

    def on_photo(self, position: int) -> Answer:
        """Send a product's photo."""
        kind, content = photos.read(self.store.product(position))
        return {"type": kind, "bytes": content}

    def on_explain(self, position: int, tag: str) -> Answer:
        """Explain why a product has a tag, or why not."""
        if self.tagger is None:
            raise BadInput("there is no tagger to explain: give one to tagkit.review(products, tagger)")
        from tagkit.explaining import explain

        found = explain(self.tagger, self.store.product(position), self._tag(position, tag).text)
        return {"html": found._repr_html_(), "text": repr(found)}

    def on_learn(self) -> Answer:
        """Let the tagger learn, and say what changed."""
        learned = self.learn()
        return {"html": learned._repr_html_(), "text": " ".join(learned.sentences())}

    def learn(self, **options: Any) -> Learned:
        """Let the tagger learn from the finished products; products without decisions get new suggestions afterwards.

        Args:
            **options: As for `Pipeline.learn`.

        Raises:
            BadInput: There is no tagger, or no product is finished.
        """
        if self.tagger is None:
            raise BadInput("there is no tagger to learn: give one to tagkit.review(products, tagger)")
        products = self.finished()
        if not products:
            raise BadInput("no product is finished yet: finish some before the tagger learns from them")
        options = {"dev": self.dev} | options
        if isinstance(self.tagger, Pipeline):
            learned = self.tagger.learn(products, **options)
        else:
            pipeline = Pipeline(self.tagger)
            learned = pipeline.learn(products, **options)
            vars(self.tagger).update(vars(pipeline.tagger))
        self._suggested_since = set()
        self.completion.add(tag for product in products for tag in product.tags)
        return learned

    def finished(self) -> list[Product]:
        """Return the finished products with the tags that the reviewers agreed on."""
        return reviewed_products(self.store)

    def shown(self, position: int) -> Answer:
        """Return a product with its suggested tags and what was decided about them, for the browser."""
        product, reviewed = self.store.product(position), self.store.review(position)
        kept, rejected = ({key_of(tag) for tag in tags} for tags in (reviewed.tags, reviewed.rejected))
        replaced = {key_of(old): new.text for old, new in reviewed.edited}
        suggested = self._suggestions(position)
        known = {key_of(tag) for tag in suggested}
        tags = []
        for tag in [*suggested, *(tag for tag in (*reviewed.tags, *reviewed.rejected) if key_of(tag) not in known)]:
            key, to = key_of(tag), ""
            if key in kept:
                status = "accepted" if key in known else "added"
            elif key in rejected:
                status, to = ("edited", replaced[key]) if key in replaced else ("rejected", "")
            else:
                status = "open"
            spans = [[span.start, span.end] for span in tag.spans] or places(tag.text, product.text)
            shown = {"key": json.dumps(key, ensure_ascii=False), "text": tag.text, "type": tag.type, "spans": spans}
            score = float(tag.score) if key in known and tag.source != "gold" else None
            tags.append(shown | {"status": status, "to": to, "score": score, "source": tag.source})
        return {
            "position": position,
            "id": product.id,
            "title": product.title,
            "titleLength": len(product.title),
            "text": product.text,
            "category": product.category,
            "attributes": {name: value for name, value in product.attributes.items() if value},
            "photo": photos.described(product),
            "state": reviewed.state,
            "tags": tags,
        }

    def _next(self, after: int | None) -> Answer:
        position = self.store.next(after)
        return {"product": None, "left": 0} if position is None else {"product": self.shown(position)}

    def _finish(self, position: int, kind: str) -> Answer:
        reviewed = self.store.review(position)
        decided = {key_of(tag) for tag in (*reviewed.tags, *reviewed.rejected)}
        undecided = [tag for tag in self._suggestions(position) if key_of(tag) not in decided]
        if undecided or reviewed.state != "done":
            decisions = [Decision(position, kind, tag) for tag in undecided]
            self.store.record([*decisions, Decision(position, "done")])
        return self._next(position) | {"said": "Finished, saved."}

    def _suggestions(self, position: int) -> list[Tag]:
        if not self._has_suggestions(position):
            self._suggest([position])
        return self.store.suggestions(position) or []

    def _has_suggestions(self, position: int) -> bool:
        """Say whether there are suggestions that stay: those made since the tagger learned, or decided about."""
        if self.store.suggestions(position) is None:
            return False
        if self._suggested_since is None or position in self._suggested_since:
            return True
        reviewed = self.store.review(position)
        return bool(reviewed.tags or reviewed.rejected or reviewed.state != "open")

    def _suggest(self, positions: Sequence[int]) -> None:
        if not positions:
            return
        products = [self.store.product(position) for position in positions]
        lists = [[] for _ in products] if self.tagger is None else self.tagger.predict(products)
        pairs = zip(positions, products, lists, strict=True)
        self.store.suggest({position: suggestions_for(product, tags) for position, product, tags in pairs})
        self.completion.add(tag.text for tags in lists for tag in tags)
        if self._suggested_since is not None:
            self._suggested_since.update(positions)

    def _tag(self, position: int, key: str) -> Tag:
        """Return the tag of a product that a key of `shown` stands for."""
        reviewed = self.store.review(position)
        for tag in (*self._suggestions(position), *reviewed.tags, *reviewed.rejected):
            if json.dumps(key_of(tag), ensure_ascii=False) == key:
                return tag
        raise BadInput("this tag is not suggested any more: look at the product again")


def suggestions_for(product: Product, tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags of a tagger by score, and behind them those that the product came with and that it lacks."""
    ranked = sorted(tags, key=lambda tag: -tag.score)
    known = {tag.text for tag in tags}
    notes = {note.text: note for note in product.annotations}
    came = (notes.get(text, Tag(text)) for text in product.tags if text not in known)
    return [*ranked, *(replace(tag, source="gold") for tag in came)]
