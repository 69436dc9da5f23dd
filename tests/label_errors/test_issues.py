import json
from dataclasses import replace

from tagkit.label_errors.issues import Issue, Issues

HOSTILE = "<script>alert(1)</script>"
WRONG = Issue("1", HOSTILE, "杯子", "wrong", 0.01, 0.25, 0.04, 0.0, False)
MISSING = Issue("2", "红鞋", HOSTILE, "missing", 0.97, 0.3, 0.03, 0.8, True, "蓝鞋", ("鞋",))
FOUND = Issues("小店", (WRONG,), (MISSING,), 40, 9)


def test_the_reason_is_a_sentence():
    assert WRONG.reason == (
        "held-out score 0.010 (25.0 % of the others have it), 0 % of the votes of similar products, not in the text; "
        "no similar product has it"
    )
    assert MISSING.reason.endswith("in the text; nearest with it: 蓝鞋, which shares 鞋")


def test_a_score_near_zero_is_said_to_be_so():
    assert replace(WRONG, score=0.0004).reason.startswith("held-out score below 0.001 (")


def test_all_forms_show_all_issues():
    assert "The 1 tags that are most probably wrong" in str(FOUND) and "[2] 红鞋" in str(FOUND)
    html = FOUND._repr_html_()
    assert "<script" not in html and "double" in html and "dashed" in html and "蓝鞋" in html
    assert [row["reason"] for row in json.loads(json.dumps(FOUND.to_dict()))["issues"]] == [
        WRONG.reason,
        MISSING.reason,
    ]
    assert list(FOUND.to_frame()["tag"]) == ["杯子", HOSTILE]
    assert (
        list(FOUND.by_product) == ["2", "1"] and repr(FOUND) == "Issues('小店', 1 probably wrong, 1 probably missing)"
    )


def test_nothing_found_is_said():
    nothing = Issues("小店", (), (), 40, 9)
    assert "No error was found" in str(nothing) and "No error was found" in nothing._repr_html_()
