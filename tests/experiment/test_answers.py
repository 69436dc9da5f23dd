"""Stored answers of other systems made ready for `replay`."""

from __future__ import annotations

import gzip
import json

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.answers import read_answers
from tagkit.product import Product
from tagkit.taggers import create

PRODUCTS = [Product("1", "red shoe"), Product("2", "blue bag"), Product("3", "red shoe")]


@pytest.fixture
def answers(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))

    def answers(body, name="run.json"):
        path = tmp_path / name
        text = body if isinstance(body, str) else json.dumps(body)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return read_answers(path, PRODUCTS)

    return answers


def tags(found):
    tagger = create("replay", answers=str(found.path)).fit(PRODUCTS)
    return [[(tag.text, tag.type) for tag in row] for row in tagger.predict(PRODUCTS)]


EXAMPLES = [
    {"input": "red shoe", "pred": json.dumps({"Color": "red", "Size": ["40", 41]})},
    {"input": " blue bag ", "pred": {"Color": "blue"}},
]


@pytest.mark.parametrize("name", ["run.json", "run.json.gz"])
@pytest.mark.parametrize("form", ["object", "list", "lines"])
def test_every_layout_gives_the_same(answers, name, form):
    body = {"object": {"examples": EXAMPLES}, "list": EXAMPLES, "lines": "\n".join(map(json.dumps, EXAMPLES))}[form]
    found = answers(body, name)
    shoe = [("red", "Color"), ("40", "Size"), ("41", "Size")]
    assert tags(found) == [shoe, [("blue", "Color")], shoe]
    assert (found.n_malformed, found.n_unknown, found.tokens) == (0, 0, None)


def test_answers_in_the_order_of_the_products_belong_to_them(answers):
    rows = [{"input": "red shoe", "pred": {"Color": color}} for color in ("red", "x", "rose")]
    rows[1]["input"] = "blue bag"
    assert tags(answers(rows)) == [[("red", "Color")], [("x", "Color")], [("rose", "Color")]]


def test_what_is_malformed_or_unknown_is_counted_and_reports_are_read(answers):
    rows = [*EXAMPLES, {"input": "green hat", "pred": {}}, {"input": "red shoe", "pred": "no JSON"}]
    found = answers({"examples": rows, "model": "m", "total_tokens": 12, "results": {"micro": {"micro_f1": 80.5}}})
    assert (found.n_malformed, found.n_unknown, found.model, found.tokens) == (1, 1, "m", 12)
    assert found.reported == {"attribute-F1": 80.5}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "holds no answers"),
        ('{"a": 1}\n{"a": 2}', "line 1 is no stored answer"),
        ([{"input": "x", "pred": {}}, {"input": 3, "pred": {}}], "answer 2 is no stored answer"),
        ([{"input": "green hat", "pred": {}}], "none of its 1 answers is about one of the 3 products"),
    ],
)
def test_what_is_no_file_of_answers_is_refused(answers, body, message):
    with pytest.raises(BadInput, match=message):
        answers(body)
