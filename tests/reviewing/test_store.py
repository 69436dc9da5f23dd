"""Decisions, and that none is lost: killed processes, and several at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tagkit.errors import BadInput
from tagkit.product import Span, Tag
from tagkit.reviewing import store as module
from tagkit.reviewing.decisions import Decision
from tagkit.reviewing.store import ReviewStore


def texts(tags) -> list[str]:
    return [tag.text for tag in tags]


def test_decisions_are_there_when_the_file_is_opened_again(open_store, suggested):
    with open_store() as store:
        store.accept(0, "红色")
        store.reject(0, "男")
        store.edit(0, "高跟", "高跟鞋")
        store.add(0, "女")
        store.mark(0, "done")
    found = open_store().review(0)
    assert (found.state, texts(found.tags), texts(found.rejected)) == ("done", ["红色", "高跟鞋", "女"], ["男", "高跟"])
    assert found.tags[0] == suggested[0][0]
    assert found.tags[1] == Tag("高跟鞋", 1.0, "reviewer", (Span(2, 5),))
    assert found.edited == ((suggested[0][1], found.tags[1]),)
    decisions = open_store().decisions()
    assert [one.kind for one in decisions] == ["accept", "reject", "edit", "add", "done"]
    assert [one.step for one in decisions] == [1, 2, 3, 4, 5] and decisions[0].at.endswith("+00:00")


def test_accepting_all_leaves_what_was_decided_and_is_one_step(open_store):
    store = open_store()
    store.reject(0, "男")
    store.accept_all(0)
    assert texts(store.review(0).tags) == ["红色", "高跟"]
    store.accept_all(0)
    assert len(store.undo()) == 2
    assert (store.review(0).tags, texts(store.review(0).rejected)) == ((), ["男"])
    store.accept_all(3)  # nothing was suggested
    assert store.review(3).tags == ()


def test_undo_goes_back_step_by_step_through_the_states(open_store):
    store = open_store()
    store.accept(0, "红色")
    store.mark(0, "skip")
    store.mark(0, "done")
    assert store.left() == 3
    assert [one.kind for one in store.undo()] == ["done"] and store.review(0).state == "skip"
    assert [one.kind for one in store.undo()] == ["skip"] and (store.review(0).state, store.left()) == ("open", 4)
    assert [one.tag.text for one in store.undo()] == ["红色"]
    assert (store.undo(), store.decisions()) == ([], [])
    store.accept(0, "男")
    assert texts(store.review(0).tags) == ["男"]


def test_undo_is_for_ones_own_decisions(open_store):
    ana, bob = open_store("ana"), open_store("bob")
    ana.accept(0, "红色")
    bob.reject(0, "红色")
    assert [one.reviewer for one in ana.undo()] == ["ana"]
    assert (ana.undo(), texts(ana.review(0, "bob").rejected)) == ([], ["红色"])


def test_the_queue_passes_over_what_is_finished(open_store):
    store = open_store()
    assert [store.next(), store.next(0), store.next(3)] == [0, 1, 0]
    for position, state in enumerate(("done", "skip", "flag")):
        store.mark(position, state)
    assert [store.next(), store.next(3), store.left()] == [3, 3, 1]
    store.mark(3, "done")
    assert (store.next(), store.left()) == (None, 0)
    store.mark(1, "open")
    assert (store.next(), store.left()) == (1, 1)


def test_two_reviewers_share_the_queue(open_store, monkeypatch):
    ana, bob = open_store("ana"), open_store("bob")
    assert (ana.next(), bob.next(), ana.next()) == (0, 1, 0)
    ana.mark(0, "done")
    bob.mark(1, "skip")  # left for ana
    assert (bob.next(), ana.next()) == (2, 1)
    assert (ana.left(), bob.left()) == (3, 2)
    monkeypatch.setattr(module, "HELD", -1.0)  # bob went away
    ana.mark(1, "done")
    assert ana.next() == 2
    assert ana.progress() == {
        "products": 4,
        "left": 2,
        "reviewers": {
            "ana": {"done": 2, "skip": 0, "flag": 0, "decisions": 0},
            "bob": {"done": 0, "skip": 1, "flag": 0, "decisions": 0},
        },
    }


def test_two_reviewers_of_each_product(open_store):
    ana, bob, eve = (open_store(name, overlap=2) for name in ("ana", "bob", "eve"))
    assert (ana.next(), bob.next(), eve.next()) == (0, 0, 1)
    ana.mark(0, "done")
    assert eve.next() == 1
    bob.mark(0, "done")
    assert (ana.next(), bob.next(), eve.left()) == (1, 2, 3)


def test_several_decisions_are_saved_together_or_not_at_all(open_store):
    store = open_store()
    with pytest.raises(BadInput, match="no product in position 9"):
        store.record([Decision(0, "accept", Tag("红色")), Decision(9, "accept", Tag("红色"))])
    assert store.decisions() == []


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(0, "like", Tag("红色")), "a decision is one of accept, reject"),
        (Decision(0, "accept"), "a tag too few or too many"),
        (Decision(0, "done", Tag("红色")), "a tag too few or too many"),
        (Decision(0, "edit", Tag("红色")), "a tag too few or too many"),
        (Decision(0, "done", reviewer="\ud800"), "the name of the reviewer is not valid Unicode"),
    ],
)
def test_what_is_no_decision(open_store, decision, said):
    with pytest.raises(BadInput, match=said):
        open_store().record([decision])
    with pytest.raises(BadInput, match="one of open, done, skip, flag, not 'finished'"):
        open_store().mark(0, "finished")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (None, "a tag is a text or a `Tag`, not None"),
        (5, "a tag is a text or a `Tag`, not 5"),
        (" ", "a tag needs a text"),
        (Tag("红色", spans=(Span(0, 99),)), "'红色' has a place outside of the text"),
    ],
)
def test_what_is_no_tag(open_store, tag, said):
    with open_store() as store:
        for decide in (store.add, store.accept, store.reject, lambda at, made: store.edit(at, "红色", made)):
            with pytest.raises(BadInput, match=said):
                decide(0, tag)
        assert store.decisions() == []


def test_blanks_around_a_typed_tag_are_not_part_of_it(open_store):
    with open_store() as store:
        store.accept(0, " 红色 ")
        store.edit(0, "高跟", "高跟鞋\n")
        store.add(0, "\t女 士 ")
        assert texts(store.review(0).tags) == ["红色", "高跟鞋", "女 士"]


def test_what_reviewers_decided_product_by_product(open_store):
    ana, bob = open_store("ana"), open_store("bob")
    for store in (ana, bob):
        store.accept(1, "蓝色")
        store.mark(1, "done")
    ana.mark(0, "flag")
    found = [(one.position, one.reviewer, one.state, texts(one.tags)) for one in ana.reviews()]
    assert found == [(0, "ana", "flag", []), (1, "ana", "done", ["蓝色"]), (1, "bob", "done", ["蓝色"])]
    assert [one.position for one in ana.reviews("bob")] == [1]
    assert ana.reviewers() == ["ana", "bob"]
    assert repr(bob).endswith("reviewer='bob', 2 of 4 left)")


WRITER = """
    import sys
    from tagkit.reviewing.store import ReviewStore

    store = ReviewStore(sys.argv[1], reviewer=sys.argv[2])
    for number in range(int(sys.argv[3])):
        store.add(number % 4, f"标签{number}")
        print(number, flush=True)
"""


def writer(path, reviewer: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), reviewer, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_a_killed_process_loses_nothing_that_was_shown(open_store, tmp_path, seconds):
    open_store().close()
    for _ in range(2):
        before = len(ReviewStore(tmp_path / "review.db").decisions())
        process = writer(tmp_path / "review.db", "ana", 100_000)
        shown = [process.stdout.readline()]
        reader = threading.Thread(target=shown.extend, args=[process.stdout])
        reader.start()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        reader.join()
        process.wait()
        count = sum(line.endswith("\n") for line in shown)
        with ReviewStore(tmp_path / "review.db", reviewer="ana") as store:
            saved = len(store.decisions()) - before
            assert count <= saved <= count + 1 and count > 0
            assert store.undo()[0].tag.text == f"标签{saved - 1}"


def test_two_processes_on_one_file_lose_nothing(open_store, tmp_path):
    store = open_store("eve")
    processes = [writer(tmp_path / "review.db", name, 100) for name in ("ana", "bob")]
    for number in range(50):
        store.add(0, f"标签{number}")
    for process in processes:
        assert process.stdout.read().count("\n") == 100 and process.wait() == 0
    counts = {who: found["decisions"] for who, found in store.progress()["reviewers"].items()}
    assert counts == {"ana": 100, "bob": 100, "eve": 50}
    assert len({one.step for one in store.decisions()}) == 250


def test_two_processes_make_the_file_at_once(tmp_path):
    script = (
        "import sys; from tagkit.reviewing.store import ReviewStore as R; print(len(R(sys.argv[1], ['红'] * 2000)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "new.db")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0] for process in processes] == ["2000\n"] * 2


def test_fifty_thousand_products(tmp_path):
    """Processor time, since other tests run beside this one."""
    products = [f"红色高跟鞋 新款 {number}" for number in range(50_000)]
    ReviewStore(tmp_path / "review.db", products).close()
    start = time.process_time()
    store = ReviewStore(tmp_path / "review.db", products, reviewer="ana")
    assert time.process_time() - start < 2
    store.record(Decision(position, "done", reviewer="bob") for position in range(49_900))
    start = time.process_time()
    assert store.next() == 49_900 and store.review(49_900).state == "open"
    assert time.process_time() - start < 0.1
