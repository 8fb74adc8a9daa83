"""Series and events for the forecast's benchmark, read from the data folder.

Crawls differ from day to day, so that distinct titles alone would show the crawler's hours as a trend. Where the hour
of each crawl is known (`hourly_*.csv.gz`), a day's count is the number of distinct titles that a fixed number of
crawls, drawn from the day's, would have met (rarefaction), and its heat the mean of what a crawl showed; a day with
fewer crawls is missing. Where it isn't (`titles.csv.gz`, `daily_summary.csv.gz`), a count is the share of the day's
titles, as if there had been 400.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import comb
from pathlib import Path

import numpy as np
import rjieba

from core.clock import days

THEMES = {
    "天气": "台风|暴雨|高温|降温|大雪|下雪|寒潮|大风|气温|天气|降雨|冷空气",
    "教育": "学生|高校|老师|教师|学校|高考|考研|大学|小学|中学|幼儿园|校园",
    "医疗": "医院|医生|患者|手术|癌|疫苗|流感|病毒|医保|护士",
    "交通": "地铁|高铁|车祸|航班|司机|列车|客机|机场|铁路|公交",
    "治安": "警方|被抓|嫌疑人|刑拘|诈骗|犯罪|死刑|被拘|民警|被判",
    "灾害": "地震|火灾|起火|爆炸|坍塌|遇难|洪水|山火|救援",
    "消费": "消费|价格|涨价|降价|退款|外卖|超市|商家|投诉|补贴",
    "住房": "房价|楼市|房贷|业主|物业|小区|公积金|租房|买房",
    "食品": "食品|餐厅|饮料|奶茶|食堂|预制菜|食材|中毒",
    "劳动": "就业|员工|加班|工资|裁员|招聘|辞职|公务员|打工",
    "通报": "通报|回应|调查|致歉|道歉|辟谣|官方",
    "家庭": "孩子|妈妈|父母|爸爸|结婚|离婚|婚姻|夫妻|女儿|儿子",
    "网络": "网友|直播|主播|博主|网红|评论区",
    "国际": "美国|日本|俄罗斯|乌克兰|韩国|特朗普|以色列|英国|法国",
    "演出": "演唱会|歌手|新歌|舞台|音乐节|专辑",
    "影视": "电影|票房|电视剧|剧集|导演|演员|大结局|杀青|定档",
    "体育": "夺冠|冠军|决赛|比赛|金牌|国乒|女排|世界杯|联赛",
    "地方": "北京|上海|广东|深圳|广州|浙江|杭州|四川|成都|河南|山东",
}
CRAWLS = 12
"""Crawls that a day is brought to, or the folder's tenth percentile where that is less."""
TITLES = 400


@dataclass(frozen=True, slots=True)
class Series:
    """A daily series; `values` hold NaN for days of which nothing is known. `rate`: titles a day over its days, by
    which it is classed; for heat that of its count."""

    name: str
    kind: str
    first: date
    values: np.ndarray
    rate: float


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def words(titles: Iterable[str]) -> list[str]:
    """Words to follow, chosen by how often they occur: the sixty most frequent and every tenth down to the 800th."""
    seen = Counter(word for title in titles for word in set(rjieba.cut(title)) if re.fullmatch("[一-鿿]{2,}", word))
    ranked = sorted(seen, key=lambda word: (-seen[word], word))[:800]
    return ranked[:60] + ranked[60::10]


def _category(written: str) -> str:
    """The first level of a category (`综艺-内地综艺`)."""
    return re.split(r"[\s\-]", written.strip())[0]


def _groups(titles: dict[str, str], chosen: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """The (kind, name) that each title counts for, from titles with their category."""
    themes = {name: re.compile(pattern) for name, pattern in THEMES.items()}
    wanted = set(chosen)
    return {
        title: [("category", category)] * bool(category)
        + [("theme", name) for name, pattern in themes.items() if pattern.search(title)]
        + [("word", word) for word in sorted(wanted.intersection(rjieba.cut(title)))]
        for title, category in titles.items()
    }


def history(folder: Path, until: date) -> list[Series]:
    """Counts and heat of the hot-search board by category, theme and word; words are chosen on days up to `until`, or
    on the first half where there are none. Without hourly files, counts from the daily summary."""
    board: dict[date, dict[str, list[float]]] = defaultdict(dict)
    crawls: dict[date, set[str]] = defaultdict(set)
    categories: dict[str, str] = {}
    for file in sorted(folder.glob("hourly_*.csv.gz")):
        for row in rows(file):
            day, title = date.fromisoformat(row["date"]), row["title"]
            crawls[day].add(row["hour"])
            met = board[day].setdefault(title, [0, 0.0])
            met[0] += 1
            met[1] += float(row["hot"] or 0)
            categories.setdefault(title, _category(row["category"]))
    if not board:
        return shares(folder / "daily_summary.csv.gz", until)
    per_day = np.array([len(hours) for hours in crawls.values()])
    drawn = int(min(CRAWLS, np.quantile(per_day, 0.1)))
    span = days(min(board), max(board))
    early = [day for day in span if day <= until] or span[: len(span) // 2]
    grouped = _groups(categories, words(title for day in early for title in board.get(day, ())))
    counts: dict[tuple[str, str], np.ndarray] = {}
    heats: dict[tuple[str, str], np.ndarray] = {}
    for place, day in enumerate(span):
        number = len(crawls.get(day, ()))
        if number < drawn:
            continue
        meets = [1 - comb(number - times, drawn) / comb(number, drawn) for times in range(number + 1)]
        for title, (times, hot) in board[day].items():
            for group in grouped[title]:
                for where, amount in ((counts, meets[min(int(times), number)]), (heats, hot / number)):
                    where.setdefault(group, np.zeros(len(span)))[place] += amount
    unknown = np.array([len(crawls.get(day, ())) < drawn for day in span])
    out = []
    for (kind, name), values in sorted(counts.items()):
        rate = float(values[~unknown].mean())
        if rate >= 0.1:
            for what, table in (("count", counts), ("heat", heats)):
                known = np.where(unknown, np.nan, table[kind, name])
                out.append(Series(f"{what}:{name}", f"{kind} {what}", span[0], known, rate))
    return out


def titles(folder: Path, until: date) -> list[Series]:
    """Counts of the long list of daily titles by theme and word."""
    return shares(folder / "titles.csv.gz", until)


def shares(path: Path, until: date) -> list[Series]:
    """Counts by theme and word, and by category where the file has one, as shares of the day's titles."""
    met: dict[date, set[str]] = defaultdict(set)
    categories: dict[str, str] = {}
    for row in rows(path):
        met[date.fromisoformat(row["date"])].add(row["title"])
        categories.setdefault(row["title"], _category(row.get("category", "")))
    span = days(min(met), max(met))
    early = [day for day in span if day <= until] or span[: len(span) // 2]
    grouped = _groups(categories,
                      words(title for day in early for title in sorted(met.get(day, ()))))
    counts: dict[tuple[str, str], np.ndarray] = {}
    for place, day in enumerate(span):
        for title in met.get(day, ()):
            for group in grouped[title]:
                counts.setdefault(group, np.zeros(len(span)))[place] += TITLES / len(met[day])
    unknown = np.array([day not in met for day in span])
    return [
        Series(name, f"{kind} count", span[0], np.where(unknown, np.nan, values), float(values[~unknown].mean()))
        for (kind, name), values in sorted(counts.items()) if values[~unknown].mean() >= 0.1
    ]


def events(folder: Path, hours: int = 24, length: int = 30) -> dict[str, np.ndarray]:
    """Reposts of each post in steps of so many hours since its first one, `length` steps; dates that aren't written
    in full are left out."""
    met: dict[str, list[datetime]] = defaultdict(list)
    for row in rows(folder / "reposts_sample.csv.gz"):
        if len(row["date"]) == 19:
            met[row["post_id"]].append(datetime.fromisoformat(row["date"]))
    out = {}
    for post, moments in sorted(met.items()):
        if len(moments) < 10:
            continue
        begun, step = min(moments), timedelta(hours=hours)
        curve = np.zeros(length)
        for moment in moments:
            if (place := (moment - begun) // step) < length:
                curve[place] += 1
        out[post] = curve
    return out
