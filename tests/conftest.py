"""What several test files share: small products to learn from, and where the public data sets are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tagkit.product import Product

ROWS = [
    ("黑色高跟鞋女尖头细跟", ("高跟鞋", "鞋子", "黑色", "女性", "优雅")),
    ("红色高跟鞋婚礼新娘鞋", ("高跟鞋", "鞋子", "红色", "女性", "婚礼")),
    ("蓝色帆布鞋学生平底百搭", ("帆布鞋", "鞋子", "蓝色", "学生", "百搭")),
    ("白色运动鞋男透气跑步鞋", ("运动鞋", "鞋子", "白色", "男性", "透气")),
    ("纯棉短袖T恤男夏季宽松", ("T恤", "男装", "纯棉", "夏季", "男性")),
    ("碎花连衣裙女夏季收腰", ("连衣裙", "女装", "碎花", "夏季", "女性")),
    ("蓝色牛仔裤女高腰显瘦", ("牛仔裤", "女装", "蓝色", "女性", "显瘦")),
    ("纯牛奶 250ml*24盒 早餐奶", ("牛奶", "饮料", "早餐", "健康")),
    ("无糖乌龙茶 500ML 整箱", ("茶", "饮料", "无糖", "清爽")),
    ("Blue running shoes for men, breathable mesh", ("shoes", "blue", "men", "running", "breathable")),
    ("Red cotton dress for women, summer", ("dress", "red", "women", "cotton", "summer")),
    ("Stainless steel water bottle 500 ml, insulated", ("water bottle", "stainless steel", "insulated")),
]


@pytest.fixture(scope="session")
def products() -> list[Product]:
    """Tagged products, each title twice with small changes so that tags repeat."""
    twice = [(title + tail, tags) for tail in ("", " 新款") for title, tags in ROWS]
    return [Product(f"p{number}", title, tags=tags) for number, (title, tags) in enumerate(twice)]


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of the public data sets; the test is skipped where there is none."""
    folder = os.environ.get("TAGKIT_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the public data sets are not here: set TAGKIT_DATA to their folder")
    return Path(folder)
