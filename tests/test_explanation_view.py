from tagkit import explanation_view as view
from tagkit.explanation import Explanation, Share, words_at


def test_strength_shows_in_the_fill():
    text = "黑色高跟鞋"
    html = view.card(Explanation(text, "鞋", 1.0, True, "toy", "weights", words_at(text, [(0, 2, 0.5), (2, 5, 1.0)])))
    assert html.index("rgba(0,114,178,0.33)") < html.index("rgba(0,114,178,0.55)")


def test_words_that_hardly_count_are_not_marked():
    text = "黑色 高跟鞋"
    html = view.card(Explanation(text, "鞋", 1.0, True, "toy", "weights", words_at(text, [(0, 2, 0.01), (3, 6, 1.0)])))
    assert 'title="for: +1"' in html and 'title="for: +0.01"' not in html


def test_bars_in_a_terminal_end_in_line_also_behind_chinese_names():
    shares = (Share("邻居", 1.0), Share("linear", -0.5))
    lines = str(Explanation("鞋", "鞋", 1.0, True, "toy", shares=shares)).splitlines()
    assert any("+1" in line and line.count("█") == view.BAR for line in lines)
    assert any("-0.5" in line and line.count("▒") == view.BAR // 2 for line in lines)


def test_each_line_of_the_text_is_a_line():
    text = "黑色\n高跟鞋"
    out = view.lines(Explanation(text, "鞋", 1.0, True, "toy", "weights", words_at(text, [(0, 6, 1.0)])))
    assert any(line and line[0][0] == "" and line[-1][0] == "黑色" for line in out)
    assert any(len(line) > 0 and line[0][0] == "高跟鞋" for line in out)
