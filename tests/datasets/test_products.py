"""Rows become products: ids, parts, optional fields, attributes, and the columns of public layouts."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from tagkit.datasets import load, read_file
from tagkit.datasets.files import understand
from tagkit.errors import BadInput
from tagkit.product import Product


@pytest.fixture
def products(tmp_path):
    """Write a file, read it, and return its products by title and what was said."""

    def read(name: str, content: str | list[dict], **options) -> tuple[dict[str, Product], str]:
        file: Path = tmp_path / name
        if isinstance(content, list):
            content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
        file.write_text(content, encoding="utf-8")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = load(file, **options).products
        return {product.title: product for product in found}, "\n".join(str(w.message) for w in said)

    return read


def test_ids_that_are_numbers(products):
    found, said = products(
        "x.jsonl", [{"id": 1.0, "title": "红裙"}, {"id": 2, "title": "蓝裙"}, {"id": 1.5, "title": "鞋"}]
    )
    assert {p.id for p in found.values()} == {"1", "2", "1.5"} and not said


def test_a_row_without_id_takes_none_that_another_row_has(products):
    found, _ = products("x.csv", "id,title\n,抽纸\n2,卷纸\n")
    assert {title: p.id for title, p in found.items()} == {"抽纸": "line-2", "卷纸": "2"}
    found, _ = products("x.jsonl", [{"title": "抽纸"}, {"id": "1", "title": "卷纸"}, {"title": "盒"}])
    assert {title: p.id for title, p in found.items()} == {"抽纸": "line-1", "卷纸": "1", "盒": "3"}
    found, _ = products("x.csv", "title\n抽纸\n卷纸\n")
    assert {p.id for p in found.values()} == {"2", "3"}


def test_ids_that_a_spreadsheet_rounded(products):
    found, said = products("x.csv", "id,title\n1.23E+12,红裙\n1.23E+12,蓝裙\n4.5e+11,鞋\n7,帽\n")
    assert {p.id for p in found.values()} == {"line-2", "line-3", "4.5e+11", "7"}
    assert "3 ids such as 1.23E+12 were rounded by a spreadsheet" in said


def test_optional_fields_never_cost_a_row(products):
    nan = float("nan")
    rows = [
        {"title": "a", "description": nan, "category": None, "tags": nan, "images": nan, "lang": nan, "split": nan},
        {"title": "b", "description": 5, "category": 3.0, "tags": 7, "images": 1, "attributes": 5, "id": nan},
        {"title": "c", "description": ["x", "y"], "category": ["女装", "裙"], "tags": ["红", 5, None, " "]},
        {"title": "d", "attributes": {"重量": 5, "色": None, "尺": ["L", "XL"]}},
    ]
    found, said = products("x.jsonl", rows)
    assert len(found) == 4 and found["a"].description == "" and found["a"].tags == ()
    assert (found["b"].description, found["b"].category, found["b"].tags) == ("5", "3", ("7",))
    assert (found["c"].description, found["c"].category, found["c"].tags) == ("x\ny", "女装/裙", ("红", "5"))
    assert found["d"].attributes == {"重量": "5", "色": "", "尺": '["L", "XL"]'}
    assert "the attributes of 1 rows are not read" in said


def test_attributes_that_are_not_read_are_told(products):
    found, said = products("x.csv", "title,attributes\n四件套,材质:棉;颜色:红\n被套,纯棉的\n")
    assert found["四件套"].attributes == {"材质": "棉", "颜色": "红"} and found["被套"].attributes == {}
    assert "the attributes of 1 rows are not read" in said


def test_columns_by_alias(products):
    found, _ = products("x.csv", "商品ID,宝贝标题,详情,所属,类目,关键词\n7,红裙,好,x,女装>裙,裙、红\n")
    product = found["红裙"]
    assert (product.id, product.description, product.category, product.tags) == ("7", "好", "女装/裙", ("裙", "红"))
    found, _ = products("x.csv", " ＴＩＴＬＥ ,Key_Words,Product-Type\na,b;c,d\n")
    assert found["a"].tags == ("b", "c") and found["a"].category == "d"
    found, _ = products("x.csv", "title,name,标签,分类\na,b,c,d\n", title="name", tags="分类")
    assert found["b"].tags == ("d",) and found["b"].category == "", "a named column serves for nothing else"
    with pytest.raises(BadInput, match=r"no column for the title \(the row has: 1, 红裙\); name it as `title`"):
        products("x.csv", "1,红裙\n2,蓝裙\n")
    with pytest.raises(BadInput, match="has no label; its columns are: title, tags"):
        products("x.csv", "title,tags\na,b\n", tags="label")
    with pytest.raises(BadInput, match=r"unknown option 'tag' \(did you mean 'tags'\?\)"):
        products("x.csv", "title,tags\na,b\n", tag="label")


def test_parts_by_name(tmp_path):
    (tmp_path / "x.csv").write_text("title,split\na,训练集\nb,Validation\nc,TEST\nd,\ne,later\n", encoding="utf-8")
    data, reading = understand(tmp_path / "x.csv")
    assert [p.title for p in data.train + data.dev + data.test if p.title != "d"] == ["a", "b", "c"]
    assert (reading.named_parts, reading.rejected, reading.total) == (3, 1, 5)


def test_exports_of_shops(products):
    shopify = (
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Image Src\n"
        'red-dress,Red dress,"<p>Soft\nand warm</p>",A,Dresses,"cotton, summer",https://a/1.jpg\n'
        "red-dress,,,,,,https://a/2.jpg\n"
        'mug,Mug,,A,Kitchen,"ceramic, kitchen",\n'
    )
    found, said = products("shopify.csv", shopify)
    assert found["Red dress"].tags == ("cotton", "summer") and found["Red dress"].id == "red-dress"
    assert found["Red dress"].category == "Dresses" and found["Red dress"].images == ("https://a/1.jpg",)
    assert len(found) == 2 and "1 rows are left out" in said and "separated" in said
    woo = (
        "ID,Type,SKU,Name,Short description,Description,Categories,Tags,Images,Parent\n"
        '10,variable,h,Hoodie,short,long,Clothing > Hoodies,"warm, cotton","https://a/1.jpg, https://a/2.jpg",\n'
        "11,variation,h-b,Hoodie - Blue,,,,,,id:10\n"
        '12,simple,c,Cap,,,Clothing > Caps,"cotton, blue",,\n'
    )
    found, _ = products("woo.csv", woo)
    assert list(sorted(found)) == ["Cap", "Hoodie"] and found["Hoodie"].category == "Clothing/Hoodies"
    assert found["Hoodie"].tags == ("warm", "cotton") and len(found["Hoodie"].images) == 2
    merchant = "id\ttitle\tdescription\tlink\timage_link\tgoogle_product_category\n"
    merchant += "1\tMug\tGood\thttps://a\thttps://b\tHome > Mugs\n"
    found, _ = products("feed.tsv", merchant)
    assert found["Mug"].category == "Home/Mugs" and found["Mug"].images == ("https://b",)


def test_the_csv_of_the_taobao_assistant(tmp_path):
    text = "version 1.00\ntitle\tcid\tdescription\tpicture\touter_id\n宝贝名称\t宝贝类目\t宝贝描述\t新图片\t商家编码\n"
    text += '"红裙"\t"50010850"\t"<div>好看\n舒适</div>"\t"a.jpg;b.jpg"\t"A1"\n'
    (tmp_path / "taobao.csv").write_bytes(text.encode("utf-16"))
    (product,) = read_file(tmp_path / "taobao.csv").products
    assert (product.id, product.title, product.description) == ("A1", "红裙", "<div>好看\n舒适</div>")


def test_an_empty_column_gives_way_to_another_of_the_same_meaning(products):
    text = "Title,Product Category,Type,Description,Short description\n红裙,,裙子,,短\n鞋,鞋类 > 女鞋,鞋,长,短\n"
    found, _ = products("x.csv", text)
    assert (found["红裙"].category, found["红裙"].description) == ("裙子", "短")
    assert (found["鞋"].category, found["鞋"].description) == ("鞋类/女鞋", "长")
