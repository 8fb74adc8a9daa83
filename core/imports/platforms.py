"""Which platform a word means, whether a person wrote it or an export printed it. Pure."""

from collections.abc import Mapping

_NICKNAMES = {
    "公众号": "wechat", "微信公众号": "wechat", "b站": "bilibili", "头条": "toutiao", "头条号": "toutiao",
    "微信视频号": "channels", "抖音号": "douyin", "快手号": "kuaishou", "新浪微博": "weibo", "客户端": "app",
}
_WORDS = {
    "weibo": ("微博",), "wechat": ("公众号", "微信"), "channels": ("视频号",), "douyin": ("抖音",),
    "kuaishou": ("快手",), "bilibili": ("哔哩哔哩", "b站", "bilibili"), "toutiao": ("头条",),
    "xiaohongshu": ("小红书",), "zhihu": ("知乎",), "baijiahao": ("百家号",), "netease": ("网易",), "sohu": ("搜狐",),
}


def code_of(word: str, names: Mapping[str, str]) -> str | None:
    """The platform that a person means, of `names` (code → name): by code, name, name without 政务, or nickname."""
    wanted = "".join(word.split()).lower()
    for code, name in names.items():
        if wanted in (code, name.lower(), name.removeprefix("政务").lower()):
            return code
    code = _NICKNAMES.get(wanted, "")
    return code if code in names else None


def is_meant(printed: str, code: str) -> bool:
    """Whether the words of an export's platform column mean that platform; unknown platforms are not told apart."""
    low = printed.lower()
    if code not in _WORDS or low == code:
        return True
    if code == "wechat" and "视频号" in low:
        return False
    return any(word in low for word in _WORDS[code])
