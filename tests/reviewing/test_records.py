from tagkit.product import Product, Span, Tag
from tagkit.reviewing.decisions import Reviewed
from tagkit.reviewing.records import ProductReviews, from_row, to_argilla, to_doccano, to_label_studio, to_row, user_id

RED, NEW = Tag("红色", 0.9, "linear", (Span(0, 2), Span(4, 6)), "色"), Tag("新款")
DONE = Reviewed(0, "ana", "done", (RED, NEW), (Tag("男"),))
ITEM = ProductReviews(
    Product("a", "红色鞋子红色", category="鞋"), [RED, Tag("男", 0.1, "linear")], [DONE], (), (RED, NEW)
)


def test_a_task_of_label_studio():
    task = to_label_studio(ITEM)
    assert task["data"] == {"id": "a", "text": "红色鞋子红色", "category": "鞋", "reviewers": ["ana"]}
    *places, choices = task["annotations"][0]["result"]
    assert [(one["type"], one["value"]["start"], one["value"]["labels"]) for one in places] == [
        ("labels", 0, ["色"]),
        ("labels", 4, ["色"]),
    ]
    assert (choices["type"], choices["value"]) == ("choices", {"choices": ["新款"]})
    assert (task["predictions"][0]["model_version"], task["predictions"][0]["score"]) == ("linear", 0.5)
    assert "completed_by" not in task["annotations"][0], "Label Studio refuses addresses that it does not know"


def test_a_record_of_argilla():
    record = to_argilla(ITEM)
    assert record["suggestions"] == {"tags": {"value": ["红色", "男"], "score": [0.9, 0.1], "agent": "linear"}}
    assert record["responses"] == {"tags": [{"value": ["红色", "新款"], "user_id": user_id("ana")}]}
    assert user_id("ana") != user_id("bob") and user_id(user_id("ana")) == user_id("ana")


def test_a_line_of_doccano_and_a_row():
    line = to_doccano(ITEM)
    assert (line["text"], line["label"], line["product_id"]) == ("红色鞋子红色", ["红色", "新款"], "a")
    row = to_row(ITEM)
    assert (row["tags"], row["rejected"], row["state"], row["reviewer"]) == (["红色", "新款"], ["男"], "done", "ana")
    (entry,) = from_row({"id": "a", "title": "红色", "tags": '["a;b"]', "rejected": "男; 女"})
    assert ([tag.text for tag in entry.tags], [tag.text for tag in entry.rejected]) == (["a;b"], ["男", "女"])
