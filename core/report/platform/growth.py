"""增长变化: followers won and lost, and the accounts that moved most since the period before."""

import pandas as pd

from core import labels
from core.counts import Count
from core.query import totals
from core.report.content import Block, Chart, Column, Heading, Note, Paragraph, Section, Series, Table
from core.report.platform.facts import Facts
from core.report.platform.wording import METRICS, dated, name, short_day
from core.report.sentences import amount

MOST = 5
"""Accounts that are named as having won or lost most."""
LEAST_BEFORE = 100
"""What an account must have had before, for its change to be told: of reads, plays or 转评赞."""


def growth(f: Facts) -> Section | None:
    blocks = [*_followers(f), *_moved(f)]
    return Section("增长变化", tuple(blocks)) if blocks else None


def gains(f: Facts) -> pd.DataFrame:
    """Accounts with a known net change of followers, those that won most first: account, unit, now, change."""
    rows = f.ranking[f.ranking["followers_change"].notna()]
    return rows.sort_values(["followers_change", "name"], ascending=[False, True], kind="stable")


def _followers(f: Facts) -> list[Block]:
    if f.followers.missing:
        return []
    found = gains(f)
    won, lost = found[found["followers_change"] > 0], found[found["followers_change"] < 0][::-1]
    flat = len(found) - len(won) - len(lost)
    said = f"截至{short_day(f.last)}，{f.followers_accounts}个账号有粉丝数据，合计{amount(f.followers, '人')}。"
    if len(found):
        parts = [(n, word) for n, word in ((len(won), "增加"), (len(lost), "减少"), (flat, "持平")) if n]
        said += f"可计算净增的{len(found)}个账号" + (
            f"均{parts[0][1]}。" if len(parts) == 1 else f"中，{'、'.join(f'{n}个{word}' for n, word in parts)}。")
        if len(won):
            first = won.iloc[0]
            said += f"净增最多的是“{name(first['name'])}”，净增{labels.wan(int(first['followers_change']))}人。"
        if len(lost):
            first = lost.iloc[0]
            said += f"减少最多的是“{name(first['name'])}”，减少{labels.wan(-int(first['followers_change']))}人。"
    if not f.flow.won.missing and not f.flow.lost.missing:
        said += f"据平台数据，新增关注{amount(f.flow.won, '人次')}，取消关注{amount(f.flow.lost, '人次')}。"
    blocks: list[Block] = [Heading("粉丝"), Paragraph(said)]
    if f.long:
        blocks += _levels(f)
    rows = [("有粉丝数据的账号", Count(f.followers_accounts)), (f"{short_day(f.last)}粉丝数", f.followers),
            *((f"{word}的账号", Count(n)) for word, n in (
                ("可计算净增", len(found)), ("增加", len(won)), ("减少", len(lost)), ("持平", flat))),
            *([("新增关注（人次）", f.flow.won), ("取消关注（人次）", f.flow.lost),
               ("有此数据的账号日", Count(f.flow.days))] if not f.flow.won.missing else [])]
    blocks.append(Table("粉丝概况", (Column("项目"), Column("数值", "count")), tuple(rows)))
    for part, title in ((won, "粉丝净增较多的账号"), (lost, "粉丝减少的账号")):
        if len(part):
            blocks.append(Table(title, (
                Column("序号", "int"), Column("账号"), Column("单位"), Column("期末粉丝数", "count"),
                Column("净增", "int"), Column("增幅", "growth")),
                tuple((n, row["name"], row["unit"], totals.count_of(row, "followers"), int(row["followers_change"]),
                       _ratio(int(row["followers"]), int(row["followers_change"])))
                      for n, (_, row) in enumerate(part.head(MOST).iterrows(), 1))))
    return blocks


def _ratio(now: int, change: int) -> float | None:
    before = now - change
    return change / before if before > 0 else None


def _levels(f: Facts) -> list[Block]:
    """Followers by month: of the accounts read at both ends the net change."""
    frame = f.levels.iloc[1:]
    if frame["followers"].notna().sum() < 2:
        return []
    names = tuple(f"{day.month}月" for day in frame["day"])
    values = tuple(None if pd.isna(v) else int(v) for v in frame["followers"])
    changes = tuple(None if pd.isna(v) else int(v) for v in frame["change"])
    return [
        Chart("stacked", "各月末粉丝数", "月份", names, (Series("粉丝数", values),), "人"),
        Table("各月末粉丝数", (Column("月份"), Column("有数据账号", "int"), Column("粉丝数", "count"),
                         Column("当月净增", "count")),
              tuple((month, int(row["accounts"]), totals.count_of(row, "followers"), None if change is None
                     else Count(change, totals.slack_of(row["change_mark"])))
                    for month, change, (_, row) in zip(names, changes, frame.iterrows(), strict=True)),
              note="当月净增只计上月末、当月末都有数据的账号。"),
    ]


def _moved(f: Facts) -> list[Block]:
    """Accounts beside what they were in the period before, by reach or by 转评赞."""
    if f.movers.empty:
        return []
    metric = f.main or "interaction"
    rows = f.movers[f.movers[metric].notna() & f.movers[f"{metric}_before"].notna()]
    rows = rows[rows[f"{metric}_before"] >= LEAST_BEFORE]
    rows = rows.assign(gain=rows[metric] - rows[f"{metric}_before"])
    up = rows[rows["gain"] > 0].sort_values(["gain", "name"], ascending=[False, True], kind="stable").head(MOST)
    down = rows[rows["gain"] < 0].sort_values(["gain", "name"], kind="stable").head(MOST)
    if up.empty and down.empty:
        return []
    word = METRICS[metric]
    said = f"与{f.former}相比，{len(rows)}个账号可比，其中{word}增加的{int((rows['gain'] > 0).sum())}个、" \
           f"减少的{int((rows['gain'] < 0).sum())}个。"
    for part, verb in ((up, "增加"), (down, "减少")):
        if len(part):
            first = part.iloc[0]
            said += f"{verb}最多的是“{name(first['name'])}”，{verb}{labels.wan(abs(int(first['gain'])))}次。"
    blocks: list[Block] = [Heading("账号"), Paragraph(said), Table(
        "账号增减", (Column("项目"), Column("账号数", "int")),
        (("可比账号", len(rows)), (f"{word}增加", int((rows["gain"] > 0).sum())),
         (f"{word}减少", int((rows["gain"] < 0).sum()))))]
    for part, title in ((up, f"{word}增加较多的账号"), (down, f"{word}减少较多的账号")):
        if len(part):
            blocks.append(Table(title, (
                Column("序号", "int"), Column("账号"), Column("单位"), Column(f"{f.this}发布", "int"),
                Column(f"{f.former}发布", "int"), Column(f"{f.this}{word}", "int"), Column(f"{f.former}{word}", "int"),
                Column("增减", "int"), Column("增幅", "growth")),
                tuple((n, row["name"], row["unit"], row["posts"], row["posts_before"], row[metric],
                       row[f"{metric}_before"], row["gain"], row["gain"] / row[f"{metric}_before"])
                      for n, (_, row) in enumerate(part.iterrows(), 1))))
    first, last = f.period.shift(-1).first, f.period.shift(-1).last
    blocks.append(Note(f"{f.former}为{dated(first)}至{dated(last)}；两期数据均较完整（已知九成以上的日期）、{word}不为下限、"
                       f"{f.former}{word}不少于{LEAST_BEFORE}次的账号才作比较。"))
    return blocks


def losing(f: Facts) -> list[str]:
    """Names of the accounts that lost followers, the greatest loss first."""
    found = gains(f)
    return [name(one) for one in found[found["followers_change"] < 0][::-1]["name"]]

