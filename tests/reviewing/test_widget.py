import pytest

import tagkit

pytest.importorskip("anywidget", reason="the review widget needs tagkit[review]")


@pytest.fixture
def review(products, tmp_path, monkeypatch):
    made = tagkit.review(products, None, tmp_path / "review.db", order="given")
    made.sent = []
    monkeypatch.setattr(made, "send", lambda content, buffers=None: made.sent.append((content, buffers)))
    return made


def ask(review, **message):
    review._receive(None, message, [])
    return review.sent


def test_the_script_is_one_module_with_every_part():
    from tagkit.reviewing.widget import Review

    script = Review._esm if isinstance(Review._esm, str) else str(Review._esm)
    assert script.count("export default") == 1
    for name in (
        "const COMMANDS",
        "class Python",
        "class Entry",
        "class Photo",
        "class Screen",
        "class View extends Screen",
    ):
        assert script.count(name) == 1, name
    assert script.index("class Screen") < script.index("class View")


def test_a_decision_is_answered_after_it_is_saved_and_told_to_other_views(review):
    sent = ask(review, id="a-1", op="skip", position=0)
    assert review.store.review(0).state == "skip"
    assert sent[0][0]["id"] == "a-1"
    assert sent[1][0] == {"changed": 0, "by": "a"}


def test_an_error_of_any_kind_is_answered(review, monkeypatch):
    assert "no product in position 99" in ask(review, id="a-1", op="skip", position=99)[0][0]["error"]
    monkeypatch.setattr(review.session, "answer", lambda op, **fields: 1 / 0)
    assert ask(review, id="a-2", op="open")[1][0] == {"id": "a-2", "error": "ZeroDivisionError: division by zero"}


def test_the_bytes_of_a_photo_are_sent_beside_the_answer(review, monkeypatch):
    monkeypatch.setattr(review.session, "answer", lambda op, **fields: {"type": "image/png", "bytes": b"photo"})
    assert ask(review, id="a-1", op="photo") == [({"id": "a-1", "type": "image/png"}, [b"photo"])]


def test_repr_says_how_much_is_left(review, products):
    review.store.mark(0, "done")
    assert repr(review).startswith(f"Review({len(products) - 1:,} of {len(products):,} products left")
    assert [one.id for one in review.products] == [products[0].id]
