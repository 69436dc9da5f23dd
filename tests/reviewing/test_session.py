import pytest

import tagkit
from tagkit.errors import BadInput

pytest.importorskip("anywidget", reason="the review widget needs tagkit[review]")


@pytest.fixture
def review(products, tmp_path):
    return tagkit.review(products, None, tmp_path / "review.db", order="given")


def test_decisions_are_saved_and_shown(review):
    session = review.session
    shown = session.answer("open")["product"]
    first = shown["tags"][0]
    assert session.answer("accept", position=0, tag=first["key"])["product"]["tags"][0]["status"] == "accepted"
    assert session.answer("reject", position=0, tag=first["key"])["product"]["tags"][0]["status"] == "rejected"
    edited = session.answer("edit", position=0, tag=first["key"], text="别的")["product"]["tags"]
    assert (edited[0]["status"], edited[0]["to"], edited[-1]["text"]) == ("edited", "别的", "别的")
    assert session.answer("add", position=0, text="新的")["product"]["tags"][-1]["status"] == "added"
    assert session.answer("undo")["product"]["tags"][-1]["text"] == "别的"
    assert session.answer("finish", position=0)["product"]["position"] == 1
    assert "别的" in review.products[0].tags
    assert first["text"] not in review.products[0].tags


def test_a_file_is_reopened_where_it_was_left(review, products, tmp_path):
    review.session.answer("done", position=0)
    review.store.close()
    again = tagkit.review(None, None, tmp_path / "review.db")
    assert again.session.answer("open")["product"]["position"] == 1
    assert again.products[0].tags == ()


def test_the_tagger_learns_from_finished_products(products, tmp_path):
    tagger = tagkit.create("lexicon").fit(products)
    review = tagkit.review(products[:4], tagger, tmp_path / "review.db", order="given")
    with pytest.raises(BadInput, match="no product is finished"):
        review.refit()
    review.session.answer("add", position=0, text="全新标签")
    review.session.answer("finish", position=0)
    assert "全新标签" in review.refit(dev=products).new_tags


def test_the_widget_answers_with_the_id_of_the_message(review, monkeypatch):
    sent = []
    monkeypatch.setattr(review, "send", lambda content, buffers=None: sent.append(content))
    review._receive(None, {"id": "a-0", "op": "nonsense"}, [])
    review._receive(None, {"id": "a-1", "op": "add", "position": 0, "text": "新的"}, [])
    assert "does not know" in sent[0]["error"]
    assert sent[1]["id"] == "a-1"
    assert sent[2] == {"changed": 0, "by": "a"}
