"""Personal data in what citizens write: numbers and labelled names are masked before anything is stored. Pure."""

import re

_ID_CARD = re.compile(r"(?<![\dA-Za-z])\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:\(?0\d{2,3}\)?[-\s]?)[2-8]\d{6,7}(?:-\d{1,5})?(?!\d)")
_SPOKEN = re.compile(r"((?:电话|手机|联系方式|号码|致电|来电)[^\d\n]{0,8})[2-8]\d{6,7}(?!\d)")
_NAMED = re.compile(r"((?:联系人|姓名|来电人|反映人|投诉人|诉求人|举报人|申请人)\s*[:：]\s*)[\u4e00-\u9fff·]{2,4}")
_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}


def masked(text: str) -> str:
    """The text without telephone numbers, identity card numbers and names that it labels as such."""
    text = _ID_CARD.sub("［证件号已隐去］", text.translate(_WIDE))
    text = _LANDLINE.sub("［电话已隐去］", _MOBILE.sub("［电话已隐去］", text))
    return _NAMED.sub(r"\1［姓名已隐去］", _SPOKEN.sub(r"\1［电话已隐去］", text))
