"""The writer: prompts that fit the model's window, the common prefix, and the same tags in any batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="generation needs tagkit[models]")

from tagkit.errors import BadInput
from tagkit.few_shot import Demonstrations
from tagkit.generation import Search
from tagkit.generation import writer as writers
from tagkit.generation.constraints import Constraints
from tagkit.generation.prompt_format import PromptFormat
from tagkit.generation.writer import SPARE, Writer

SEARCH = Search(method="beam", returns=2, tokens=12)


@pytest.fixture
def make(model, products):
    """Make a writer that knows the tags of the products."""

    def make(window: int = 64, tokens: int = 12, **options: object) -> Writer:
        prompt_format = PromptFormat(model, typed=False, category=False, window=window)
        return Writer(model, prompt_format, Constraints(prompt_format).fit(products), tokens, **options)

    return make


def tags(votes) -> list[list[str]]:
    return [[item.text for item in row] for row in votes]


def test_a_text_has_what_prompt_and_output_leave_of_the_window(make, model):
    writer = make(window=10_000)
    assert writer.prompt_format.window == model.window - 12 - len(writer.prefix) - SPARE
    assert make(window=20).prompt_format.window == 20
    with pytest.raises(BadInput, match=f"{model.window} tokens, has no room for a text beside {model.window} tokens"):
        make(tokens=model.window)


def test_a_prompt_is_its_demonstrations_and_its_record(make, products):
    writer = make()
    own = writer.prompt_format.record(products[0])
    assert writer.prompts(products[:1]) == [own]
    (prompt,) = writer.prompts(products[:1], [products[1:3]])
    text = writer.model.tokenizer.decode([*writer.prefix, *prompt])
    places = [text.index(product.title) for product in (products[1], products[2], products[0])]
    assert places == sorted(places) and prompt[-len(own) :] == own
    assert all(tag in text for product in products[1:3] for tag in product.tags)


def test_demonstrations_that_do_not_fit_are_omitted_the_most_important_last(make, products):
    writer = make(window=200)
    room = writer.model.window - writer.tokens - len(writer.prefix)
    (prompt,) = writer.prompts(products[:1], [[products[1]] * 50 + [products[2]]])
    text = writer.model.tokenizer.decode(prompt)
    assert len(prompt) <= room and products[2].title in text and 0 < text.count(products[1].title) < 50


def test_demonstrations_that_all_prompts_share_are_a_part_of_the_prefix(make, products):
    writer = make()
    alone = writer.prompts(products[4:6])
    assert writer._split_prefix(alone) == (writer.prefix, alone)
    shared = replace(writer, few_shot=Demonstrations("shared", 2).fit(products[:4]))
    prompts = shared.prompts(products[4:6], shared.few_shot.choose(products[4:6]))
    prefix, rest = shared._split_prefix(prompts)
    assert rest == alone and len(prefix) > len(writer.prefix)
    assert [[*prefix, *own] for own in rest] == [[*writer.prefix, *prompt] for prompt in prompts]


def test_tags_do_not_depend_on_the_batch_or_the_chunk(make, products, monkeypatch):
    writer = make()
    whole = writer.votes(products, SEARCH, "fp32")
    assert len(whole) == len(products) and any(whole)
    assert {tag for row in tags(whole) for tag in row} <= {tag for one in products for tag in one.tags}
    monkeypatch.setattr(writers, "CHUNK", 5)
    monkeypatch.setattr(writers, "ROWS", 4)
    parts = writer.votes(products[::-1], SEARCH, "fp32")[::-1]
    assert tags(parts) == tags(whole)
    for one, other in zip(whole, parts, strict=True):
        for vote, again in zip(one.values(), other.values(), strict=True):
            assert (again.share, again.place) == (vote.share, vote.place)
            assert again.total == pytest.approx(vote.total, abs=1e-4)


def test_candidates_are_all_that_a_product_may_get(make, products):
    def retriever(asked, count):
        assert count == 3
        return [list(product.tags[:1]) for product in asked]

    votes = make(retriever=retriever, candidates=3).votes(products[:6], SEARCH, "fp32")
    for product, row in zip(products, tags(votes), strict=False):
        assert set(row) <= set(product.tags[:1])
