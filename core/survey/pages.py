"""The survey page as HTML: one form, no script, no cookie, readable on an old phone. Pure.

Everything that comes from outside is escaped here, once, by `_e`.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as _e

from core.labels import SATISFACTION, SURVEY_LEVELS

MAX_TEXT = 200
TRAP = "homepage"
"""The field that nobody sees and only a machine fills in."""
# Colours stand written out and distances are margins: phones of 2014 know neither variables nor gap.
_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1d2733;font:17px/1.65 "PingFang SC","Microsoft YaHei","Noto Sans SC",
"Noto Sans CJK SC",sans-serif;-webkit-text-size-adjust:100%}
header{background:#1f4e79;color:#fff;padding:14px 16px}
header p{margin:0 auto;max-width:608px;font-size:16px;letter-spacing:.04em}
main{max-width:640px;margin:0 auto;padding:16px 16px 40px}
h1{font-size:23px;line-height:1.35;margin:8px 0 6px}
.intro{color:#56616e;margin:0 0 14px;font-size:16px}
.about{background:#eaf1f8;border-left:4px solid #1f4e79;padding:8px 12px;margin:0 0 14px}
fieldset,.field{border:1px solid #ccd4dd;border-radius:8px;background:#fff;margin:0 0 14px;padding:12px 12px 14px;
min-width:0}
legend,.field>label{font-weight:600;padding:0;display:block}
legend{float:left;width:100%}
legend+*{clear:both}
.field>label{padding:0 0 6px}
legend small,.field>label small{font-weight:400;color:#56616e;font-size:14px}
.levels{display:flex;margin:0 -2px;padding-top:8px}
.levels label{flex:1 1 0;min-width:0;position:relative;margin:0 2px}
.levels input,.list input{position:absolute;opacity:0;width:100%;height:100%;left:0;top:0;margin:0;cursor:pointer}
.levels span{display:flex;align-items:center;justify-content:center;text-align:center;min-height:52px;padding:4px 1px;
border:1px solid #ccd4dd;border-radius:6px;font-size:14px;line-height:1.25;background:#fff}
.levels input:checked+span,.list input:checked+span{background:#1f4e79;border-color:#1f4e79;color:#fff;
font-weight:600}
.levels input:focus-visible+span,.list input:focus-visible+span{outline:3px solid #e0a030;outline-offset:1px}
.list{display:flex;flex-wrap:wrap;padding-top:10px}
.list label{position:relative;margin:0 8px 8px 0}
.list span{display:block;border:1px solid #ccd4dd;border-radius:20px;padding:7px 14px;background:#fff;
font-size:16px}
select,textarea{width:100%;font:inherit;padding:10px;border:1px solid #8794a3;border-radius:6px;background:#fff;
color:inherit}
textarea{min-height:96px;resize:vertical}
button{width:100%;font:inherit;font-size:19px;font-weight:600;padding:13px;border:0;border-radius:8px;
background:#1f4e79;color:#fff;cursor:pointer}
button:focus-visible,select:focus-visible,textarea:focus-visible,a:focus-visible{outline:3px solid #e0a030;
outline-offset:2px}
.wrong{border:2px solid #b3261e;border-radius:8px;background:#fff;padding:10px 14px;margin:12px 0 14px;
color:#b3261e}
.wrong a{color:#b3261e}
.wrong ul{margin:4px 0 0;padding-left:22px}
.missing{border:2px solid #b3261e}
.done{background:#fff;border:1px solid #ccd4dd;border-top:4px solid #1f4e79;border-radius:8px;
padding:18px 18px 20px;margin-top:14px}
.small{color:#56616e;font-size:14.5px;margin:12px 0 0}
.trap{position:absolute;left:-9999px;top:0;width:1px;height:1px;overflow:hidden}
@media (min-width:560px){.levels label{margin:0 4px}.levels span{font-size:16.5px}}
@media (max-width:374px){.levels span{font-size:13px}}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src "
                               f"'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Not no-referrer: browsers then send `Origin: null` with the form, and nothing could be told from a foreign page.
    # As it is, nobody else is told anything either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()", "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A survey as the page shows it. `units`: on offer, where the reader is asked; `about`: the unit and the place that
    the link names."""

    key: str
    title: str
    intro: str
    office: str
    units: Mapping[int, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    aspects: Sequence[str] = ()
    channels: Sequence[str] = ()
    wants_text: bool = True
    demo: bool = False


def form(shown: Shown, token: str, given: Mapping[str, str], *, wrong: Sequence[tuple[str, str]] = ()) -> str:
    """The page with its form. `given`: what was filled in before, by field; `wrong`: (field, sentence) of what has to
    be mended; an empty field is about the form as a whole."""
    missing = {name for name, _ in wrong}
    parts = [f"<h1>{_e(shown.title)}</h1>"]
    if wrong:
        lines = "".join(f"<li>{f'<a href=#{_e(name)}>{_e(words)}</a>' if name else _e(words)}</li>"
                        for name, words in wrong)
        parts.append(f'<div class="wrong" role="alert"><strong>还没有提交</strong><ul>{lines}</ul></div>')
    elif shown.intro:
        parts.append("".join(f'<p class="intro">{_e(line)}</p>' for line in shown.intro.split("\n") if line.strip()))
    if shown.about:
        parts.append(f'<p class="about">您正在评价：<strong>{_e("　".join(shown.about))}</strong></p>')
    parts.append(f'<form method="post" action="/s/{_e(shown.key)}" accept-charset="utf-8">'
                 f'<input type="hidden" name="token" value="{_e(token)}">')
    if shown.units:
        parts.append(_units(shown.units, given.get("unit", "")))
    parts.append(_levels("overall", "总体来说，您满意吗？", given, need=True, wrong="overall" in missing))
    parts += [_levels(f"a{n}", f"{name}", given, note="可不选") for n, name in enumerate(shown.aspects)]
    if shown.channels:
        parts.append(_channels(shown.channels, given.get("channel", "")))
    if shown.wants_text:
        bad = " missing" if "text" in missing else ""
        parts.append(
            f'<div class="field{bad}"><label for="text">您的意见和建议 <small>可不填，{MAX_TEXT} 字以内；'
            '请不要写姓名、电话、证件号</small></label>'
            f'<textarea id="text" name="text" maxlength="{MAX_TEXT}" rows="4">\n'
            f'{_e(given.get("text", ""))}</textarea></div>')
    parts.append(f'<div class="trap" aria-hidden="true"><label for="{TRAP}">请勿填写此栏</label>'
                 f'<input type="text" id="{TRAP}" name="{TRAP}" tabindex="-1" autocomplete="off"></div>')
    parts.append('<button type="submit">提交</button></form>'
                 '<p class="small">无需登录，不收集姓名、电话、地址等个人信息，不使用 Cookie。</p>')
    return _page(shown.title, shown.office, "".join(parts), demo=shown.demo)


def thanks(title: str, office: str) -> str:
    """What stands there after an answer."""
    return _page("已提交", office, '<div class="done" role="status"><h1>已提交，感谢您的评价</h1>'
                 f'<p>您对“{_e(title)}”的回答已经收到，将与其他回答合并统计，用于改进工作。</p>'
                 '<p class="small">现在可以关闭本页。</p></div>')


def notice(title: str, words: str, office: str, *, back: str = "") -> str:
    """A page with a sentence: closed, not found, too many. `back`: key of the survey to try again."""
    way = f'<p><a href="/s/{_e(back)}">返回问卷</a></p>' if back else ""
    return _page(title, office, f'<div class="done" role="alert"><h1>{_e(title)}</h1><p>{_e(words)}</p>{way}</div>')


# --- Parts ----------------------------------------------------------------------------------------------------------


def _page(title: str, office: str, body: str, *, demo: bool = False) -> str:
    sample = "（演示数据）" if demo else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{_e(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>'
        f"<body><header><p>{_e(office)}{sample}</p></header><main>{body}</main></body></html>")


def _levels(name: str, question: str, given: Mapping[str, str], *, need: bool = False, wrong: bool = False,
            note: str = "") -> str:
    picked = given.get(name, "")
    said = f" <small>{note}</small>" if note else ""
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{level}"{" checked" if picked == level else ""}'
        f'{" required" if need else ""}><span>{SATISFACTION[level]}</span></label>' for level in SURVEY_LEVELS)
    return (f'<fieldset id="{name}" tabindex="-1"{_MISSING if wrong else ""}><legend>{_e(question)}{said}</legend>'
            f'<div class="levels">{choices}</div></fieldset>')


_MISSING = ' class="missing" aria-invalid="true"'


def _units(units: Mapping[int, str], picked: str) -> str:
    options = "".join(f'<option value="{id_}"{" selected" if picked == str(id_) else ""}>{_e(name)}</option>'
                      for id_, name in units.items())
    return ('<div class="field"><label for="unit">您要评价哪个单位？ <small>可不选</small></label>'
            f'<select id="unit" name="unit"><option value="">不针对具体单位</option>{options}</select></div>')


def _channels(channels: Sequence[str], picked: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="channel" value="{_e(one)}"{" checked" if picked == one else ""}>'
        f"<span>{_e(one)}</span></label>" for one in channels)
    return ('<fieldset><legend>您常用哪个渠道了解信息或办事？ <small>可不选</small></legend>'
            f'<div class="list">{choices}</div></fieldset>')
