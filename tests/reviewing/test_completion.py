import pytest

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product
from tagkit.reviewing.completion import LIMIT, Completion, folded


def tags(completion, typed):
    return [tag for tag, _ in completion.find(typed)]


def test_equal_tags_come_first_then_those_that_begin_so_then_those_that_contain_it():
    completion = Completion(["女鞋", "帆布鞋", "鞋子", "鞋"])
    assert tags(completion, "鞋") == ["鞋", "鞋子", "女鞋", "帆布鞋"]


def test_another_form_finds_a_tag_and_is_named():
    completion = Completion(["红色", "高跟鞋"], {"高跟鞋": ["high heels", "细跟鞋"]})
    assert completion.find("heel") == [("高跟鞋", "high heels")]
    assert completion.find("细") == [("高跟鞋", "细跟鞋")]
    assert completion.find("高跟") == [("高跟鞋", "")]


def test_case_width_and_spaces_are_ignored():
    assert folded(" ＲＥＤ ") == "red"
    assert tags(Completion(["Red", "blue"]), "ｒｅ") == ["Red"]


def test_for_nothing_typed_the_first_tags_are_offered():
    completion = Completion(f"tag {n}" for n in range(20))
    assert tags(completion, " ") == [f"tag {n}" for n in range(LIMIT)]
    assert len(completion) == 20


def test_added_tags_follow_the_known_ones_once():
    completion = Completion(["红色"])
    completion.add(["红毯", "红色"])
    assert tags(completion, "红") == ["红色", "红毯"]


def test_what_a_user_gives_as_vocabulary():
    data = Dataset("d", (Product("p", "鞋", tags=("鞋",)),), synonyms={"鞋": ("shoe",)})
    assert Completion.of(data).find("shoe") == [("鞋", "shoe")]
    assert Completion.of({"鞋": "shoe"}).find("shoe") == [("鞋", "shoe")]
    assert tags(Completion.of(None, ["红色"]), "红") == ["红色"]
    assert tags(Completion.of(["蓝色"], ["红色"]), "红") == []


@pytest.mark.parametrize("wrong", ["红色", 3, [1, 2]])
def test_a_wrong_vocabulary_is_refused(wrong):
    with pytest.raises(BadInput, match="`vocabulary` must be a list of tags"):
        Completion.of(wrong)
