import json
import subprocess
import sys

import pytest

from tagkit.errors import BadInput
from tagkit.explanation import Explanation, Neighbour, Share, Word, words_at

HOSTILE = "<script>alert(1)</script>\x1b[2J 高跟鞋 黑色"


def made(**changes):
    words = words_at(HOSTILE, [(HOSTILE.index("黑色"), len(HOSTILE), -0.1), (0, 8, 0.2)])
    fields = {
        "words": words,
        "shares": (Share("knn", 0.4, HOSTILE), Share(HOSTILE, -0.2)),
        "neighbours": (Neighbour(HOSTILE, (HOSTILE,), 0.9, True), Neighbour("红裙", ("红",), 0.2, False)),
        "facts": {"why not": f"below {HOSTILE}", "threshold": 0.5},
    }
    return Explanation(HOSTILE, HOSTILE, 0.42, False, "toy", "occlusion", **(fields | changes))


def test_words_are_in_order_of_the_text_and_their_spans_give_their_texts():
    assert [word.text for word in made().words] == ["<script>", "黑色"]
    for words in ((Word("黑色", 0, 2, 1.0),), (Word("<s", 0, 2, 1.0), Word("s", 1, 2, 1.0))):
        with pytest.raises(BadInput, match="`words`"):
            made(words=words)


def test_it_is_plain_json():
    found = json.loads(json.dumps(made().to_dict()))
    assert found["words"][1] == {"text": "黑色", "start": len(HOSTILE) - 2, "end": len(HOSTILE), "weight": -0.1}
    assert (
        found["shares"][0]["name"] == "knn" and found["neighbours"][0]["has_tag"] and found["facts"]["threshold"] == 0.5
    )
    assert (found["given"], found["score"], found["strategy"]) == (False, 0.42, "toy")


def test_the_card_is_escaped_and_tells_for_from_against_by_colour_and_line():
    html = made()._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "2px solid rgb(0,114,178)" in html and "2px dashed rgb(213,94,0)" in html
    assert "Why not" in html and "below" in html and "✓ has it" in html and "threshold" in html


def test_a_terminal_gets_colours_and_no_control_characters_of_the_text():
    text = made().to_ansi()
    assert "\x1b[2J" not in text and "\\u001b[2J" in text
    assert {"4", "21"} <= {code for part in text.split("\x1b[")[1:] for code in part.split("m")[0].split(";")}
    plain = str(made())
    assert "\x1b" not in plain and "+0.2" in plain and "-0.1" in plain and "has the tag" in plain


def test_an_explanation_of_nothing_shows_itself_too():
    empty = Explanation("", "鞋", 0.0, False, "toy")
    assert "Why not 鞋" in empty._repr_html_() and "Why not 鞋" in str(empty) and empty.strongest() == []
    assert repr(empty) == "Explanation('鞋', 0, not given by toy)"
    assert repr(made()).endswith("<script> +0.2, 黑色 -0.1)")


def test_facts_are_added_to_a_copy():
    first = made(facts={})
    assert first.with_facts(best_by=3).facts == {"best by": 3} and first.facts == {}


def test_a_long_text_is_cut_and_few_rows_are_shown():
    text = "黑色高跟鞋" * 2000
    long = Explanation(text, "鞋", 1.0, True, "toy", "weights", words_at(text, [(9000, 9002, 1.0)]))
    assert len(long._repr_html_()) < 6000 and len(str(long)) < 4000


def test_drawing_needs_no_heavy_package():
    code = (
        "import sys; from tagkit.explanation import Explanation; e = Explanation('红裙', '红', 1.0, True, 'x');"
        "e._repr_html_(); e.to_ansi(); print({'pandas', 'sklearn', 'torch', 'jieba'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
