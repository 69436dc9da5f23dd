"""The patterns of the cleaning steps, each compiled once.

A search is fastest when a pattern begins with a literal or a character class. So the patterns here begin with a class,
and a lookbehind after it checks the characters before.
"""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""The ideographs, for use inside of a character class."""

RARE = re.compile("[^\\n -%'-;=-~·、。《》【】\u4e00-\u9fff]")
"""Characters that most titles lack; without them the steps `html`, `control`, `emoji` and `nfkc` change nothing."""

_ELEMENTS = (
    "a|abbr|article|b|big|blockquote|body|br|button|center|code|dd|del|div|dl|dt|em|embed|figure|font|footer|form|h[1-6]"
    "|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|meta|nav|ol|option|p|pre|q|s|section|select|small"
    "|span|strike|strong|sub|sup|table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video"
)
MARKUP = re.compile(
    r"(?P<comment><!--)|(?P<script><script\b)|(?P<style><style\b)"
    rf"|</?(?:{_ELEMENTS})(?:\s[^<>]*)?/?>"
    r"|&(?:amp;|#0*38;|#x0*26;)*(?P<entity>nbsp|(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)",
    re.IGNORECASE,
)
"""The beginnings of comments, scripts and styles; tags of known elements (not "<S码>") and entities, also ones escaped
several times."""
MARKUP_ENDS = {
    "comment": re.compile("-->"),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}
"""Where what a group of `MARKUP` begins ends. A pattern for both would search the whole text for each beginning."""

ZERO_WIDTH = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
_BROKEN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff"
CONTROL = re.compile(f"(?P<line>\r\n?|[\u2028\u2029])|(?P<nothing>[{ZERO_WIDTH}]+)|[{_BROKEN}]")
"""Line ends; characters without width; controls, lone surrogates, private use and remains of broken encodings."""

EMOJI = re.compile(
    "(?P<keycap>\u20e3(?<=[0-9].)(?![A-Za-z]))|[©®‼⁉\u20e3™ℹ\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001faff]+"
)
"""Emoji, and the key around a digit that no letter follows."""

URL = re.compile(
    r"(?:(?:https?|ftp)://|www\.)[!-~]+"
    r"|[a-z0-9](?<![a-z0-9._%+\-].)[a-z0-9._%+\-]*+@(?:[a-z0-9\-]++\.)+[a-z]{2,}"
    r"|[a-z0-9](?<![a-z0-9.\-].)[a-z0-9\-]*+\.(?:[a-z0-9\-]++\.)*?(?:com|net|org|cn|(?:com?|net|org)\.[a-z]{2})"
    r"(?![a-z0-9.\-]*[a-z0-9\-])(?:[/?#:][!-~]*)?",
    re.IGNORECASE,
)
"""Web addresses with a scheme or www, e-mail addresses, and names of hosts in the most usual domains."""

_NOISE = (
    # A lookahead excludes words of products that continue differently: 斜挎包邮差包, 正品质, 独特价值, 促销台.
    "全国包邮|全场包邮|顺丰包邮|包邮(?![差递箱票政筒])|免邮费|免邮(?![差递箱票政筒])|正品保[证障](?!书)|正品(?![质味牌])"
    "|天天特价|特价(?![值格])|限时(?:秒杀|抢购|特价|折扣)|秒杀(?![者器])|抢购|疯抢|热卖|热销|促销(?![台车桌架牌礼花帐])"
    "|清仓(?:处理|甩卖|特价|特卖)?|亏本甩卖|转卖|官方旗舰店?|天猫旗舰店|品牌旗舰店|旗舰店|专卖店|专营店|假一[罚赔][一三十百]"
    "|全国联保|厂家直销|工厂直销|买一送一|货到付款|七天无理由(?:退换货?|退货)?|7天无理由(?:退换货?|退货)?"
)
_IN_BRACKETS = rf"(?:{_NOISE}|现货|限时|新品|新款|预售|推荐|爆款|[\s,，、!！/|·+])++"
_DECORATION = "★☆◆◇●○■□▲△▼▽※"
_RUNS = "!！~～?？*＊=-_#。…^"
NOISE = re.compile(
    "|".join(f"{re.escape(a)}{_IN_BRACKETS}{re.escape(b)}" for a, b in ("【】", "[]", "()", "（）", "［］", "《》"))
    + f"|{_NOISE}|"
    + "|".join(f"{re.escape(char)}{re.escape(char)}+" for char in _RUNS)
    + "|"
    + "|".join(_DECORATION)
)
"""Sellers' phrases, brackets that contain nothing else, runs of the same mark, and decoration.

The inside of a bracket is matched possessively (++), so that a long text without the closing bracket takes little time.
"""

_SOFT = ".,'&+%\\-"
_HARD = (
    '!"#$()/:;<=>?@\\[\\\\\\]\\^_`*{|}~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf×÷'
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3001-\u3003\u3008-\u303f\u30fb\ufe10-\ufe6f"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee"
)
PUNCTUATION = re.compile(
    f"[{_HARD}{_SOFT}](?:(?<=[{_HARD}])"
    r"|(?<=\.)(?:(?<![0-9].)|(?![0-9]))"
    r"|(?<=,)(?:(?<![0-9].)|(?![0-9]{3}(?![0-9])))"
    r"|(?<=['&+\-])(?:(?<![A-Za-z0-9].)|(?![A-Za-z0-9]))"
    r"|(?<=%)(?<![0-9].))"
)
"""One punctuation mark, unless it is part of a token: 1.5, 1,500, wi-fi, men's, h&m, 3+1, 100%."""

LEADING_POINT = re.compile(r"\.(?<!\S.)(?=[0-9])")
"""The point of a number that has no digit before it: .5."""

UNIT_HINT = re.compile("[0-9][^\\S\\n]*[毫公千厘英克升米MKCGLmkcgl]")
_NOT_IN_WORD = r"(?![A-Za-z0-9])"
UNIT = re.compile(
    r"(?<=[0-9])(?:[^\S\n]*(毫升|公斤|千克|厘米|毫米|英寸|[Mm][Ll]|[Kk][Gg]|[Cc][Mm]|[Mm][Mm])" + _NOT_IN_WORD +
    # A blank before a single letter or character is removed only if no other word can begin there: not in 2017 l'oreal.
    r"|[^\S\n]*([GgLl])(?![A-Za-z0-9码号'’&+\-])"
    rf"|[^\S\n]*([克升米])(?![A-Za-z0-9{HAN}])"
    rf"|(克(?![拉隆莱罗什里力重勒鲁])|升(?![级降华温职学])|米(?![色白黄驼灰杏粉线饭粒其奇妮老家兰勒字酒糊糕花菲蓝琪莱雅棕咖面袋桶箱缸盒汤浆曲])){_NOT_IN_WORD})"
)
"""A unit after a number, not the beginning of a word such as 克拉, 升级 or 米色."""
UNIT_NAMES = {
    "毫升": "ml",
    "公斤": "kg",
    "千克": "kg",
    "厘米": "cm",
    "毫米": "mm",
    "英寸": "寸",
    "克": "g",
    "升": "l",
    "米": "m",
}

BLANKS = re.compile(r"\s(?:\s+|(?<![ \n]))")
"""Two blanks or more, or one that is neither a space nor a line break."""
