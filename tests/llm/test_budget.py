"""Tokens and cost: the estimate, the account, and budgets that are never exceeded."""

from __future__ import annotations

import pytest
from loopback import BLUE, RED, cut, kinds, look_up

from tagkit.errors import BudgetSpent
from tagkit.llm.budget import Budget, Ledger, OverBudget, Tokens


def test_the_estimate_is_an_upper_bound_and_sends_nothing(llm_server, make_llm):
    tagger = make_llm(price_in=2.0, price_out=10.0, max_tokens=50)
    rows = [RED, RED, BLUE, "  "]
    estimate = tagger.estimate(rows)
    assert llm_server.requests == []
    assert (estimate.products, estimate.requests, estimate.cached) == (3, 2, 0)
    assert estimate.completion_tokens == 100 and estimate.tokens == estimate.prompt_tokens + 100
    assert estimate.cost == pytest.approx((estimate.prompt_tokens * 2 + 100 * 10) / 1e6)
    assert make_llm().estimate(rows).cost is None
    tagger.predict(rows)
    sent = sum(len(message["content"].encode()) for body in llm_server.requests for message in body["messages"])
    assert estimate.prompt_tokens > sent
    spend = tagger.spend_
    assert (spend.requests, spend.prompt_tokens, spend.completion_tokens) == (2, 200, 20)
    assert spend.cost == pytest.approx((200 * 2 + 20 * 10) / 1e6) and spend.uncounted == 0


def test_tokens_are_counted_where_the_server_does_not(llm_server, make_llm):
    llm_server.usage = None
    tagger = make_llm()
    bound = tagger.estimate([RED])
    tagger.predict([RED])
    assert (tagger.spend_.uncounted, tagger.spend_.prompt_tokens) == (1, bound.prompt_tokens)
    assert tagger.spend_.completion_tokens == len(look_up(llm_server.requests[0]).encode())


@pytest.mark.parametrize("money", [False, True])
def test_a_budget_stops_it_and_answers_are_stored(llm_server, make_llm, money):
    rows = [f"红色 {i}" for i in range(30)]
    params = {"price_in": 1.0, "price_out": 1.0} if money else {}
    limit = make_llm(shots=0).estimate(rows[:1]).tokens + 5 * 110 + 50
    budget = {"budget": limit / 1e6} if money else {"token_budget": limit}
    tagger = make_llm(shots=0, concurrency=4, **params, **budget)
    with pytest.raises(BudgetSpent, match="raise the budget") as caught:
        tagger.predict(rows)
    assert (caught.value.done, caught.value.total) == (6, 30) and len(llm_server.requests) == 6
    assert "6 of 30 products have their answer" in str(caught.value)
    assert tagger.spend_.prompt_tokens + tagger.spend_.completion_tokens <= limit
    assert kinds(tagger).count("ok") == 6
    assert {outcome.reason for outcome in tagger.outcomes_} == {"", "not asked"}
    tagger.set_params(budget=None, token_budget=None)
    assert all(tagger.predict(rows)) and len(llm_server.requests) == 30, "only the others are asked"


def test_lost_requests_count_against_the_budget(llm_server, make_llm):
    tagger = make_llm()
    bound = tagger.estimate([RED]).tokens
    llm_server.faults = [cut]
    tagger.set_params(token_budget=bound + 1)
    with pytest.raises(BudgetSpent, match="0 of 1 products"):
        tagger.predict([RED])
    assert len(llm_server.requests) == 1 and tagger.spend_.lost == 1


def test_a_server_that_charges_more_than_was_asked_for_is_stopped(llm_server, make_llm):
    def reply(body):
        """Charge for the first answer as agreed, and then as it pleases."""
        llm_server.usage = {"prompt_tokens": 100, "completion_tokens": 10 if len(llm_server.requests) == 1 else 8_300}
        return look_up(body)

    llm_server.reply, llm_server.delay = reply, 0.05
    tagger = make_llm(token_budget=60_000, concurrency=16)
    for _ in range(2):
        with pytest.raises(BudgetSpent, match=r"charged 8,400 tokens for a request of at most .* ignores `max_tokens`"):
            tagger.predict([f"红色 {i}" for i in range(30)])
        assert len(llm_server.requests) <= 3, "only what was in flight, and nothing the second time"
    assert tagger.spend_.completion_tokens <= 10 + 2 * 8_300
    assert len([kind for kind in kinds(tagger) if kind == "ok"]) == len(llm_server.requests)
    unlimited = make_llm()
    assert all(unlimited.predict([f"红色 {i}" for i in range(5)])), "without a budget there is nothing to exceed"


def test_within_a_budget_requests_in_flight_grow_with_the_answers():
    ledger, bound = Ledger(Budget(max_tokens=1000)), Tokens(1, 1)
    for answered in range(5):
        assert all(ledger.reserve(bound) for _ in range(answered + 1)) and not ledger.reserve(bound)
        for _ in range(answered):
            ledger.settle(bound)
        ledger.settle(bound, bound)
    unlimited = Ledger(Budget())
    assert all(unlimited.reserve(bound) for _ in range(99))


def test_the_ledger_returns_what_a_request_did_not_need():
    ledger = Ledger(Budget(1.0, 2.0, max_tokens=100))
    assert ledger.reserve(Tokens(40, 20)) and not ledger.reserve(Tokens(40, 20)), "until the first one is answered"
    ledger.settle(Tokens(40, 20), Tokens(30, 5))
    assert ledger.reserve(Tokens(40, 20))
    ledger.settle(Tokens(40, 20), lost=True)
    with pytest.raises(OverBudget):
        ledger.reserve(Tokens(5, 1))
    assert ledger.reserve(Tokens(4, 1))
    ledger.settle(Tokens(4, 1))
    spend = ledger.spend
    assert (spend.requests, spend.prompt_tokens, spend.completion_tokens, spend.lost) == (1, 30, 5, 1)
    assert spend.cost == pytest.approx(40 / 1e6) and ledger.status() == "95 of 100 tokens"
