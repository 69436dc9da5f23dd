"""Stop words: function words and sellers' fillers, which say nothing about a product."""

from __future__ import annotations

_ZH = """
的 了 和 与 及 或 在 是 有 也 都 就 而 且 但 被 把 让 给 对 从 向 到 于 以 为 由 之 其 这 那 此 该 每 各 某 本
我 你 您 他 她 它 我们 你们 他们 自己 大家 谁 什么 怎么 哪 哪里 这个 那个 这款 那款 一款 这是 这种 一种 这样 那样 一个
一只 一双 一件 一条 一台 一盒 一瓶 一包 一套 一把 两 两个 两只 几 多少 不 没 没有 不是 不用 不会 不再 无 非 很 太 更
最 极 挺 还 又 再 才 只 就是 可以 可 能 会 要 想 得 着 过 地 等 等等 啊 呀 吧 呢 吗 哦 啦 嘛 里 上 下 中 内 外 前 后
时 时候 一 起来 出来 下来 上去 如果 因为 所以 虽然 不过 而且 或者 以及 并 并且 比 像 如 按 用 个 只要 只有 直接 刚
刚好 正 正好 也不 都能 就能 一下 一点 有点 比较 非常 特别 真的 完全 已经 马上 随时
新款 新品 正品 包邮 热卖 爆款 官方 旗舰店 专柜 同款 特价 促销 秒杀 清仓 现货 直销 批发 厂家 限时 抢购 优惠 折扣
满减 赠品 买一送一 下单 店铺 推荐 必备 神器 网红 热销 专用 专业 升级 升级版 款 型 版 装 级 系列 全新 原装 进口
国产 大牌 牌 品牌 质量 品质 优质 精品 高档 高端
"""
_EN = """
a an the and or nor but if then else so than too very of at by for from in into on onto off over under to up
with without within about above below between through during before after again further out as is are was were be
been being am do does did doing done have has had having will would shall should could may might must not no
only own same such this that these those it its itself they them their theirs he him his she her hers we us our
ours you your yours i me my mine who whom whose which what when where why how all any both each few more most other
some every another either neither one two there here also just even still yet once ever never much many lot lots
enough while because until although though since unless whether per via plus like get gets got make makes made let
keep keeps come comes go goes take takes give gives put puts need needs want wants use uses used using
new sale best official store genuine authentic free shipping deal deals offer discount cheap promo limited
edition premium quality brand pcs pc pack packs piece pieces
"""

ZH = frozenset(_ZH.split())
EN = frozenset(_EN.split())


def is_stopword(token: str, lang: str) -> bool:
    """Say whether a word is a stop word.

    The words of both languages count in either, since titles mix them.

    Args:
        token: A word in lower case.
        lang: "zh" or "en"; in a Chinese text a token without letters and digits is a stop word too.
    """
    return token in ZH or token in EN or (lang == "zh" and not any(char.isalnum() for char in token))
