"""The outcome of a check against 检查指标 as a report: units, accounts, words found, rules with their sources."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import pandas as pd

from core.ledger.judged import DECISIONS
from core.metrics.compliance import OUTCOMES, RULES, VERDICTS, WEIGHTS
from core.metrics.deductions import APART, PASSES, TESTS, Sheet, said
from core.query.compliance import Compliance
from core.report.content import Column, Content, Figure, Figures, Note, Paragraph, Section, Subject, Table
from core.settings import settings

ACCOUNTS: Mapping[str, Column] = {
    "account": Column("账号"), "unit": Column("单位"), "platform": Column("平台"), "state": Column("状态"),
    "verdict": Column("结论"), "reasons": Column("原因"), "last_post": Column("最近发布", "date"),
    "silent": Column("未更新天数", "int"), "silent_most": Column("至多未更新天数", "int"),
    "gap": Column("期内最长间断天数", "int"), "out": Column("期内超期天数", "int"),
    "unknown": Column("期内未采集天数", "int"), "interactive": Column("互动功能"), "registration_no": Column("备案号"),
    "twins": Column("同平台其他账号", "int"), "read": Column("核对篇数", "int"),
    "confirmed": Column("严重（属实）", "int"), "grave": Column("严重（待确认）", "int"),
    "wrong": Column("一般", "int"), "doubtful": Column("提示", "int"),
}
FINDINGS: Mapping[str, Column] = {
    "level": Column("程度"), "decision": Column("人工判断"), "kind": Column("类别"), "wrong": Column("查到"),
    "right": Column("规范写法"),
    "around": Column("上下文"), "account": Column("账号"), "unit": Column("单位"), "platform": Column("平台"),
    "day": Column("发布日期", "date"), "title": Column("标题"), "place": Column("位置"), "url": Column("链接"),
    "note": Column("说明"), "source": Column("依据"),
}
SCORES: Mapping[str, Column] = {
    "account": Column("账号"), "unit": Column("单位"), "platform": Column("平台"), "national": Column("全国口径"),
    "local": Column("本地结论"), "score": Column("得分"), "deducted": Column("扣分"), "bonus": Column("加分"),
    "unjudged": Column("无法判定的项目"), "why": Column("扣分、加分说明"),
}
BRIEF_SCORES = ("account", "unit", "platform", "national", "local", "score", "why")
BRIEF_ACCOUNTS = ("account", "unit", "platform", "verdict", "last_post", "silent", "out", "reasons")
BRIEF_FINDINGS = ("level", "decision", "wrong", "right", "around", "account", "unit", "platform", "day", "place")
"""Columns that fit on paper."""
METHOD = (
    "检查对象为台账中的政务新媒体账号；政府网站适用网站检查指标，已合并、已注销的账号不检查。",
    "没有采集到数据的日子不当作没有发布：凡结论取决于这些日子的，一律写“无法判定”并说明原因。"
    "“未更新天数”只数有采集记录可以证明没有发布的连续天数；“至多”是假定其余日子都没有发布时的天数。",
    "“期内超期天数”是把期内每一天都当作检查日，当天距上次发布超过 14 天的天数。",
    "文字核对用词表和领导名单自动进行，只是线索，须由人工确认：“严重”的确认属实才算单项否决，判为“不算差错”的不再计入。"
    "图片、音视频中的文字不在核对之内，已删除的帖文不核对。",
    "任一账号有一项单项否决即为不合格；单项否决有一项无法判定、其余没有否决的，结论为无法判定。",
)


def compose(
    found: Compliance, scope: str, words: str, *, as_of: datetime, stamp: int, demo: bool, brief: bool = False
) -> Content:
    """The report of what is looked at. `scope`: the filter in words · `words`: the digest of the list of words ·
    `as_of`: aware instant of the data · `stamp`: core.db.stamp · `brief`: only the columns that fit on paper."""
    chosen = settings()
    day = f"{found.last.year}年{found.last.month}月{found.last.day}日"
    return Content(
        subject=Subject("compliance", "", found.last.isoformat(), "all"),
        title=f"{chosen.district}政务新媒体检查情况", subtitle=f"（检查日：{day}）",
        office=chosen.office, district=chosen.district, platform="政务新媒体", kind="检查",
        period=f"{found.first} 至 {found.last}", scope=scope, basis=f"检查日 {found.last}；词表版本 {words}",
        as_of=as_of, stamp=stamp, is_demo=demo,
        sections=(_overall(found), _units(found), _accounts(found, brief), _findings(found, brief),
                  *((_scores(found, found.sheet, brief),) if found.sheet else ()), _method(words, stamp, scope)),
    )


def _overall(found: Compliance) -> Section:
    tally = found.tally()
    figures = Figures(tuple(Figure(word, f"{n:,}", "个") for word, n in tally.items()))
    checked = len(found.accounts) - tally[VERDICTS["none"]]
    words = f"截至 {found.last}，检查账号 {checked:,} 个，不合格 {tally[VERDICTS['fail']]:,} 个，" \
            f"无法判定 {tally[VERDICTS['unknown']]:,} 个。核对文字 {int(found.accounts['read'].sum()):,} 篇，" \
            f"发现须处理或核对的用词 {found.found:,} 处。"
    return Section("总体情况", (figures, Paragraph(words)))


def _units(found: Compliance) -> Section:
    words = tuple(VERDICTS.values())
    rows = tuple(
        (card.unit, card.kind, card.verdict, len(card.accounts), *(card.tally.get(word, 0) for word in words))
        for card in found.units()
    )
    columns = (Column("单位"), Column("单位类别"), Column("结论"), Column("账号数", "int"),
               *(Column(word, "int") for word in words))
    return Section("各单位情况", (Table("各单位检查结论", columns, rows, "单位的结论取其账号中最重的一个"),))


def _accounts(found: Compliance, brief: bool) -> Section:
    names = BRIEF_ACCOUNTS if brief else ACCOUNTS
    return Section("各账号情况", (_table("各账号检查结论", ACCOUNTS, names, found.accounts),))


def _findings(found: Compliance, brief: bool) -> Section:
    listed = found.findings[found.findings["decision"] != DECISIONS["fine"]]
    more = f"共 {found.found:,} 处，只列出前 {len(listed):,} 处" if found.found > len(listed) else ""
    names = BRIEF_FINDINGS if brief else FINDINGS
    return Section("文字核对", (_table("错别字、规范表述和风险词", FINDINGS, names, listed, more),))


def _scores(found: Compliance, sheet: Sheet, brief: bool) -> Section:
    """What the local list makes of the accounts, apart from the verdict; every deduction with where it comes from."""
    frame = found.accounts.assign(**{
        name: [None if record.total is None else said(getattr(record, name)) for record in found.accounts["record"]]
        for name in ("deducted", "bonus")
    })
    counted = frame["local"].value_counts()
    tally = "，".join(f"{word} {int(counted.get(word, 0))} 个" for word in PASSES.values())
    intro = f"本地扣分项 {sheet.valid_from} 起执行：基础分 {said(sheet.base)}，{said(sheet.pass_line)} 分以上合格，" \
            f"高于 {said(sheet.bonus_line)} 分才计加分。{tally}。"
    lines = tuple(
        (row["account"], row["unit"], line.item.name, line.amount, line.source, line.words)
        for row in frame.to_dict("records") for line in row["record"].lines
        if not brief or line.points or not line.certain
    )
    items = tuple((
        item.name, "加分" if item.bonus else "扣分", said(item.points), said(item.most), item.words,
        f"{TESTS[item.test].name}{f'（{TESTS[item.test].limit} {item.limit}）' if item.limit else ''}" if item.test
        else "人工登记",
    ) for item in sheet.items)
    columns = [tuple(Column(head) for head in heads) for heads in (
        ("账号", "单位", "项目", "扣分、加分", "来源", "依据"),
        ("项目", "性质", "每次分值", "本项最高", "说明", "核查办法"),
    )]
    return Section("本地扣分", (
        Paragraph(APART), Paragraph(intro),
        _table("各账号本地扣分", SCORES, BRIEF_SCORES if brief else SCORES, frame, "全国口径只看单项否决，本地另算"),
        Table("逐项扣分、加分", columns[0], lines, "无法判定的不计次数，列出至多的分值"),
        Table("本地扣分项", columns[1], items),
    ))


def _table(
    title: str, columns: Mapping[str, Column], names: Iterable[str], frame: pd.DataFrame, note: str = ""
) -> Table:
    kept = tuple(names)
    rows = tuple(tuple(row[name] for name in kept) for row in frame.to_dict("records"))
    return Table(title, tuple(columns[name] for name in kept), rows, note)


def _method(words: str, stamp: int, scope: str) -> Section:
    rules = tuple((rule.name, WEIGHTS[rule.weight], rule.words, rule.source, rule.how) for rule in RULES.values())
    heads = tuple(Column(head) for head in ("规则", "性质", "要求", "依据", "怎样检查"))
    table = Table("检查规则", heads, rules)
    grades = "、".join(f"{OUTCOMES[code]}→{VERDICTS[code]}" for code in OUTCOMES)
    return Section("检查规则与方法", (
        *(Paragraph(line) for line in METHOD), Note(f"单项结论与账号结论：{grades}，取最重的一个。"),
        Note(f"筛选：{scope}。数据版本 {stamp}，词表版本 {words}。"), table,
    ), "method")
