"""The parts that reports of incidents and of topics share: where it was said and when, how it is spoken of, items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from core import labels
from core.clock import local
from core.faults import BadInput
from core.incidents.phrases import MANY, moment
from core.metrics.growth import share
from core.opinion.turns import BEFORE, LEAST, TIMES, WORDS, Turn, turns
from core.query.corpus import LISTS, MEDIA, NETIZENS, Voice
from core.query.topic_views import Quote, Seen, Side
from core.report.content import Block, Chart, Column, Paragraph, Series, Table, clean_text, numeral
from core.report.sentences import day as day_words
from core.report.sentences import percent

QUOTED = 44
"""Characters of a title in a sentence or a table."""
PLACES = 8
"""Streets and units that are listed."""
SIDE_WORDS = {NETIZENS: "网民", MEDIA: "媒体"}


def stamp(at: datetime | pd.Timestamp | None) -> str:
    """`2026-03-02 12:05` on the Shanghai clock, as tables have it."""
    return "" if at is None or pd.isna(at) else f"{local(at):%Y-%m-%d %H:%M}"


def clock_column(times: Iterable[datetime | pd.Timestamp], name: str = "时间") -> tuple[str, str]:
    """Heading and format of a column of moments: where all are of one year, that stands in the heading."""
    years = {local(at).year for at in times}
    return (f"{name}（{years.pop()}年）", "%m-%d %H:%M") if len(years) == 1 else (name, "%Y-%m-%d %H:%M")


def full_day(day: date) -> str:
    """`2026年3月2日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def heads(*named: str) -> tuple[Column, ...]:
    """Columns by `name` or `name:kind`; text where no kind is said."""
    return tuple(Column(name, kind or "text") for name, _, kind in (one.partition(":") for one in named))


def cut(text: str, most: int = QUOTED) -> str:
    """The beginning of a text, with …… where it goes on."""
    text = clean_text(text)
    return text if len(text) <= most else f"{text[: most - 2].rstrip()}……"


def titled(title: str, side: str = NETIZENS) -> str:
    """A title in a sentence: 《》 for what media print, quotation marks for what others say."""
    title = cut(title)
    if not title:
        return "（无标题）"
    if side == MEDIA and "《" not in title and "》" not in title:
        return f"《{title}》"
    return f"“{title.replace('“', '‘').replace('”', '’')}”"


def told(who: str) -> str:
    """A name in a sentence; empty where nobody is named."""
    return "" if who in labels.NOBODY else who


def shares(parts: Iterable[tuple[str, int]], whole: int, unit: str = "条") -> str:
    """`微博6条、占60.0%，抖音4条、占40.0%`; of few without shares."""
    said = []
    for name, number in parts:
        part = f"、占{percent(share(number, whole))}" if whole >= MANY else ""
        said.append(f"{name}{number:,}{unit}{part}")
    return "，".join(said)


# --- Where and when


def where_blocks(towns: pd.DataFrame, units: pd.DataFrame, most: int = PLACES) -> list[Block]:
    """Over which streets and units items are spread, each in a sentence and a table; empty where none is known."""
    blocks: list[Block] = []
    for frame, column, name in ((towns, "town", "街镇"), (units, "unit", "责任单位")):
        known = frame[frame[column] != ""]
        unknown = int(frame.loc[frame[column] == "", "mentions"].sum())
        whole = int(frame["mentions"].sum())
        if known.empty:
            continue
        top = [(row[0], int(row[1])) for row in known.head(3).itertuples(index=False)]
        rest = f"，另有{unknown:,}条未能判明" if unknown else ""
        blocks.append(Paragraph(f"按{name}，{shares(top, whole)}{rest}。"))
        rows = [(n, row[0], int(row[1]), share(int(row[1]), whole))
                for n, row in enumerate(known.head(most).itertuples(index=False), 1)]
        if unknown:
            rows.append((None, "未能判明", unknown, share(unknown, whole)))
        blocks.append(Table(f"按{name}分布", (Column("序号", "int"), Column(name), Column("信息量（条）", "int"),
                                          Column("占比", "percent")), tuple(rows),
                            note=f"列前{most}位。" if len(known) > most else ""))
    return blocks


def path_words(where: pd.DataFrame, now: datetime, *, first: bool = True) -> str:
    """Where it was said first and where it went from there; empty without any item. Without `first`, the beginning is
    told elsewhere."""
    if where.empty:
        return ""
    said = ""
    if first:
        began = where.iloc[0]
        said = f"最早于{moment(began['first_at'], now)}在{began['platform']}出现（来源：{cut(began['source'])}）"
    rest = [f"{row.platform}（{moment(row.first_at, now)}）" for row in where.iloc[1:4].itertuples()]
    if rest:
        others = len(where) - 1
        more = f"等{others}个平台" if others > len(rest) else ""
        return f"{said}{'，随后' if first else '信息先后'}传至{'、'.join(rest)}{more}。"
    return f"{said}，未见传至其他平台。" if first else ""


def platform_table(where: pd.DataFrame, title: str = "各平台传播情况") -> Table:
    """The platforms in the order in which it came there."""
    whole = int(where["mentions"].sum())
    when, form = clock_column(where["first_at"], "最早出现")
    return Table(
        title, heads("序号:int", "平台", "信息量（条）:int", "占比:percent", "去重（篇）:int", when, "最早来源"),
        tuple((n, row.platform, row.mentions, share(row.mentions, whole), row.texts, f"{local(row.first_at):{form}}",
               cut(row.source, 20)) for n, row in enumerate(where.itertuples(), 1)),
        note="按传至各平台的先后排列。")


def platform_words(where: pd.DataFrame) -> str:
    """How it is spread over the platforms, the largest ones."""
    if where.empty:
        return ""
    ordered = where.sort_values(["mentions", "first_at"], ascending=[False, True], kind="stable")
    whole = int(ordered["mentions"].sum())
    if len(ordered) == 1:
        return f"信息均来自{ordered['platform'].iloc[0]}。"
    top = [(row.platform, row.mentions) for row in ordered.head(3).itertuples()]
    return f"从平台看，{shares(top, whole)}{'，其余平台较少' if len(ordered) > 3 else ''}。"


def _turned(counts: Mapping[date, int | None], running: date | None) -> list[Turn]:
    """Where the series turned, by the rules of the room of topics; all days that share the peak, each told once, and no
    fall on the day that is not over (`running`)."""
    known = {day: value for day, value in counts.items() if value is not None}
    top = max(known.values(), default=0)
    peaks = [Turn(day, "peak", value, 0.0) for day, value in known.items() if top and value == top]
    highest = {one.day for one in peaks}
    found = [one for one in turns(list(counts.items()))
             if one.day not in highest and not (one.kind == "fall" and one.day == running)]
    return sorted([*found, *peaks], key=lambda one: (one.day, one.kind != "peak"))


def turn_words(counts: Mapping[date, int | None], running: date | None = None) -> str:
    """The peak and the turning points in a sentence; empty where everything was said within one day. `running`: the
    day that is not over yet, whose fall says nothing."""
    if sum(value is not None for value in counts.values()) < 2:
        return ""
    found = _turned(counts, running)
    peaks = [one for one in found if one.kind == "peak"]
    said = []
    for one in found:
        name = day_words(one.day)
        if one is peaks[0]:
            days = "、".join(day_words(peak.day) for peak in peaks[:3])
            more = f"等{len(peaks)}天" if len(peaks) > 3 else ""
            said.append(f"{days}{more}最高，{'均' if len(peaks) > 1 else ''}为{one.value:,}条")
        elif one.kind in ("rise", "fall"):
            word = "升至" if one.kind == "rise" else "回落到"
            said.append(f"{name}由前几日均值{one.before:.1f}条{word}{one.value:,}条")
        elif one.kind == "again":
            said.append(f"{name}沉寂后再起，为{one.value:,}条")
    gap = "（没有采集数据的日期不计入）" if None in counts.values() else ""
    return f"从时间看，{'；'.join(said)}{gap}。"


def turns_table(counts: Mapping[date, int | None], running: date | None = None) -> Table:
    """The peak and the turning points in figures."""
    rows = tuple((n, one.day, WORDS[one.kind], one.before if one.kind in ("rise", "fall") else None, one.value)
                 for n, one in enumerate(_turned(counts, running), 1))
    return Table("走势转折点", heads("序号:int", "日期:date", "节点", "前几日均值（条）:mean", "当日（条）:int"), rows,
                 note=f"升温、回落：达到前{BEFORE}日均值的{TIMES:g}倍以上或一半以下，且不少于{LEAST}条。")


def daily_chart(daily: pd.DataFrame, counts: Mapping[date, int | None], title: str = "每日信息量（按平台）") -> Chart:
    """Items by day, the platforms on top of each other; a day on which nothing was collected has no bar."""
    days = tuple(counts)
    series = []
    for name, part in daily.groupby("series", sort=False):
        value = part.groupby("day")["value"].sum()
        series.append(Series(str(name), tuple(
            None if counts[day] is None else int(value.get(day, 0)) for day in days)))
    blank = any(value is None for value in counts.values())
    note = "没有柱形处为没有采集数据的日期" if blank else ""
    return Chart("stacked", title, "日期", days, tuple(series), "条", note=note)


def daily_table(counts: Mapping[date, int | None], title: str = "每日信息量") -> Table:
    """Items of every day."""
    return Table(title, (Column("日期", "date"), Column("信息量（条）", "int")), tuple(counts.items()))


def hours_table(times: Sequence[datetime], until: datetime) -> Table:
    """Items by spans of the Shanghai clock: of 1, 3 or 6 hours, as the whole is short or long."""
    first = local(times[0]).replace(minute=0, second=0, microsecond=0)
    length = max(until, times[-1]) - first
    width = next(hours for hours, most in ((1, 12), (3, 36), (6, 10**6)) if length <= timedelta(hours=most))
    begin = first.replace(hour=first.hour // width * width)
    rows = []
    at = begin
    while at <= local(max(until, times[-1])):
        end = at + timedelta(hours=width)
        rows.append((f"{at:%m-%d %H:%M}", f"{end:%m-%d %H:%M}", sum(at <= one < end for one in times)))
        at = end
    note = "最后一段截至数据截止时刻。"
    return Table("分时段信息量", (Column("起"), Column("止"), Column("信息量（条）", "int")), tuple(rows), note=note)


# --- How it is spoken of


def feeling_words(voices: Mapping[str, Voice]) -> str:
    """How netizens and media speak, apart; what was not judged is said."""
    said = []
    for side in (NETIZENS, MEDIA):
        voice = voices.get(side)
        if voice is None:
            said.append(f"没有{SIDE_WORDS[side]}信息")
            continue
        word = f"{SIDE_WORDS[side]}信息{voice.mentions:,}条"
        if not voice.felt:
            said.append(f"{word}，情感尚未判读")
            continue
        judged = f"（已判读{voice.felt:,}条）" if voice.felt < voice.mentions else ""
        numbers = [(label, voice.numbers[label]) for label in ("负面", "中性", "正面") if voice.numbers[label]]
        if len(numbers) == 1:
            said.append(f"{word}{judged}，均为{numbers[0][0]}")
            continue
        said.append(f"{word}{judged}，其中{shares(numbers, voice.felt)}")
    lists = f"另有热榜条目{voices[LISTS].mentions:,}条，不计情感。" if LISTS in voices else ""
    return f"从情感看，{'；'.join(said)}。{lists}"


def feeling_table(voices: Mapping[str, Voice]) -> Table:
    """Both sides' sentiment in figures."""
    order = ("负面", "中性", "正面")
    rows = []
    for side in (NETIZENS, MEDIA):
        if (voice := voices.get(side)) is not None:
            cells: list[int | float | None] = []
            for label in order:
                cells += [voice.numbers[label], share(voice.numbers[label], voice.felt)] if voice.felt else [None, None]
            rows.append((SIDE_WORDS[side], voice.mentions, voice.felt, *cells))
    if LISTS in voices:
        rows.append(("热榜条目", voices[LISTS].mentions, None, *(None,) * 6))
    columns = [Column("方面"), Column("信息量（条）", "int"), Column("已判读", "int")]
    for label in order:
        columns += [Column(label, "int"), Column(f"{label}占比", "percent")]
    margin = max((voice.margin for voice in voices.values() if voice.felt), default=0)
    note = f"占比以已判读的信息为分母；负面占比的误差至多±{margin * 100:.0f}个百分点。" if margin else \
        "占比以已判读的信息为分母。"
    return Table("情感分布", tuple(columns), tuple(rows), note=note)


def side_words(side: str, view: Side) -> str:
    """What one side's viewpoints come to; the quotations stand in the table."""
    word = SIDE_WORDS[side]
    if not view.comments:
        return f"没有可归纳的{word}信息"
    if not view.points:
        return f"{word}信息{view.comments:,}条，内容分散，没有形成集中的观点"
    top = view.points[0]
    ties = sum(point.number == top.number for point in view.points)
    part = f"、占{percent(top.share)}" if view.comments >= MANY else ""
    if len(view.points) == 1:
        said = f"归纳为{len(view.points)}类观点，共{top.number:,}条{part}{_mostly(top.stance)}"
    elif ties > 1:
        said = f"归纳为{len(view.points)}类观点，其中{ties}类并列最多，各{top.number:,}条{part}"
    else:
        said = f"归纳为{len(view.points)}类观点，最集中的一类{top.number:,}条{part}{_mostly(top.stance)}"
    rest = f"，另有{view.unsorted:,}条未归入" if view.unsorted else ""
    return f"{word}信息{view.comments:,}条，{said}{rest}"


def _mostly(stance: str) -> str:
    return "" if stance == labels.STANCES[-1] else f"，立场多为“{stance}”"


def stance_words(view: Side) -> str:
    """The stances of a side that speak for or against, most first; empty where no wording shows one."""
    numbers = sorted(((name, n) for name, n in view.stances.items() if n and name != labels.STANCES[-1]),
                     key=lambda one: -one[1])
    said = "、".join(f"{name}{number:,}条" for name, number in numbers)
    return f"网民信息中有明显立场的：{said}。" if numbers else ""


def views_table(seen: Seen, quotes: int = 1, most: int = 20) -> Table:
    """Viewpoints of both sides, apart, each with so many quotations, verbatim, and where they stand."""
    rows = []
    for side, view in ((NETIZENS, seen.netizens), (MEDIA, seen.media)):
        for n, point in enumerate(view.points[:most], 1):
            shown = point.quotes[:quotes]
            rows.append((f"{SIDE_WORDS[side]}", n, "".join(map(quote_words, shown)) or "（原文已变动，不再引用）",
                         point.number, point.share, "不明显" if point.stance == labels.STANCES[-1] else point.stance,
                         "；".join(dict.fromkeys(clean_text(one.source) for one in shown))))
    left = max(len(seen.netizens.points), len(seen.media.points)) > most
    return Table("观点分布（摘录原文）", (
        Column("方面"), Column("序号", "int"), Column("代表性原文"), Column("条数", "int"), Column("占比", "percent"),
        Column("立场"), Column("出处")), tuple(rows),
        note=f"占比以本方面可归纳的信息为分母；原文逐字摘录，不代表本单位观点{f'；各列前{most}类' if left else ''}。")


def quote_words(one: Quote) -> str:
    text = clean_text(one.text).replace("“", "‘").replace("”", "’")
    return f"“{text}{'……' if one.more else ''}”"


def points_words(side: str, view: Side, most: int = 2) -> str:
    """The largest viewpoints of a side in their own words: 一是“……”; empty where there are none."""
    said = []
    for n, point in enumerate(view.points[:most], 1):
        if point.quotes:
            part = f"，占{percent(point.share)}" if view.comments >= MANY else ""
            said.append(f"{numeral(n)}是{_short(point.quotes[0])}（{point.number:,}条{part}）")
    if not said:
        return ""
    if len(said) == 1:
        mainly = "主要是" if len(view.points) == 1 else f"有{len(view.points)}类，最集中的是"
        return f"{SIDE_WORDS[side]}观点{mainly}{said[0].removeprefix('一是')}。"
    mainly = "，主要有" if len(view.points) > most else ""
    return f"{SIDE_WORDS[side]}观点有{len(view.points)}类{mainly}：{'；'.join(said)}。"


def _short(one: Quote) -> str:
    text = cut(one.text, 36).replace("“", "‘").replace("”", "’")
    return f"“{text}{'……' if one.more and not text.endswith('……') else ''}”"


def views_words(title: str, seen: Seen) -> str:
    """The largest viewpoints of a topic in their own words, for a report whose tables stand at its end; empty where
    there are none. `title`: empty where no other topic is told of."""
    points = points_words(NETIZENS, seen.netizens) + points_words(MEDIA, seen.media)
    return f"就{f'话题{titled(title)}' if title else '所涉话题'}归纳，{points}" if points else ""


def views_blocks(title: str, seen: Seen, quotes: int = 1, most: int = 20) -> list[Block]:
    """The viewpoints of a topic, of each side the largest, in sentences and tables."""
    both = ((NETIZENS, seen.netizens), (MEDIA, seen.media))
    sides = "；".join(side_words(side, view) for side, view in both)
    blocks: list[Block] = [
        Paragraph(f"就话题{titled(title)}归纳观点：{sides}。{stance_words(seen.netizens)}"), _stances(seen)]
    if seen.netizens.points or seen.media.points:
        blocks.insert(1, views_table(seen, quotes, most))
    return blocks


def _stances(seen: Seen) -> Table:
    rows = []
    for side, view in ((NETIZENS, seen.netizens), (MEDIA, seen.media)):
        if view.comments:
            rows.append((SIDE_WORDS[side], view.comments, *(view.stances[name] for name in labels.STANCES),
                         view.unsorted))
    columns = (Column("方面"), Column("信息量（条）", "int"), *(Column(name, "int") for name in labels.STANCES),
               Column("未归入观点", "int"))
    return Table("立场分布", columns, tuple(rows), note=f"系统按话题截至{stamp(seen.at)}的{seen.texts:,}条信息归纳；"
                                                       "立场按用语判断，没有明显用语的列入“其他”。")


# --- Items


def item_table(items: pd.DataFrame, title: str, *, links: bool = False, note: str = "", why: bool = False) -> Table:
    """Items with their source and time, and, in an annex, the address. `why`: what they mark instead of their platform.
    """
    when, form = clock_column(items["published_at"])
    columns = heads("序号:int", when, "节点" if why else "平台", "来源", "标题（原文）", "转载:int",
                    *(["链接"] if links else []))
    rows = []
    for n, row in enumerate(items.itertuples(), 1):
        at = f"{local(row.published_at):{form}}" + ("" if row.dated else "（采集）")
        rows.append((n, at, row.why if why else row.platform, cut(row.source, 16),
                     cut(row.title, 60) or "（无标题）", int(row.copies) - 1,
                     *([row.url] if links else [])))
    undated = ""
    if len(items) and not items["dated"].all():
        undated = "标“（采集）”的，来源未注明发布时间，以首次采集时间为准。"
    return Table(title, columns, tuple(rows), note=f"{note}{undated}")


def listed_lines(lines: Sequence[str]) -> list[Paragraph]:
    """Lines that follow each other: 一是…… 二是……; one alone stands without a number."""
    if len(lines) == 1:
        return [Paragraph(lines[0])]
    return [Paragraph(f"{numeral(n)}是{line}") for n, line in enumerate(lines, 1)]


# --- What a person writes


TITLE, SUMMARY, RISK, SUGGESTIONS = 100, 500, 200, 2_000
"""Characters at most of a report's title, summary, sentence of risk, suggestions."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person may put in own words before a report is issued; None: as drafted. `suggestions`: a line each;
    `sent_to`: whom it goes to."""

    title: str | None = None
    summary: str | None = None
    risk: str | None = None
    suggestions: str | None = None
    sent_to: str | None = None


DRAFT = Words()
"""Everything as drafted."""
NAMES = {"title": "标题", "summary": "摘要", "risk": "风险提示", "suggestions": "建议", "sent_to": "报送单位"}
LONGEST = {"title": TITLE, "summary": SUMMARY, "risk": RISK, "suggestions": SUGGESTIONS, "sent_to": TITLE}


def worded(drafted: Words, given: Words) -> tuple[Words, tuple[str, ...]]:
    """The draft with what a person wrote instead, and the names of what differs. Raises BadInput for an empty title and
    for too much."""
    made, edited = {}, []
    for name, word in NAMES.items():
        own, other = getattr(drafted, name) or "", getattr(given, name)
        text = own if other is None else "\n".join(filter(None, map(clean_text, other.splitlines())))
        if name == "title" and not text:
            raise BadInput("报告标题还没有填写")
        if len(text) > LONGEST[name] and text != own:
            raise BadInput(f"{word}有 {len(text)} 个字，请缩短到 {LONGEST[name]} 个字以内")
        made[name] = text
        if text != own and name != "sent_to":
            edited.append(word)
    return Words(**made), tuple(edited)


def edited_words(edited: Sequence[str], by: str) -> str:
    """Who put what in own words; empty where nobody did."""
    if not edited:
        return ""
    who = f"由{told(by)}" if told(by) else "经人工"
    return f"本报告的{'、'.join(edited)}{who}改定，其余文字和数字由系统按数据生成。"


def summary_blocks(words: Words) -> list[Block]:
    """The summary, and the sentence of risk by itself."""
    said = [Paragraph(line) for line in (words.summary or "").splitlines()]
    return [*said, Paragraph(f"风险提示：{words.risk}")] if words.risk else said
