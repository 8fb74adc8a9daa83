"""更新情况, and 问题清单: accounts that fell silent, and what the check against 检查指标 found, by unit."""

from collections.abc import Sequence

from core.metrics.cadence import STALE_DAYS, WARN_DAYS
from core.metrics.compliance import CHECKLIST, RULES, VERDICTS
from core.report.content import Block, Column, Note, Paragraph, Section, Table
from core.report.platform.base import Base, Cadence
from core.report.platform.wording import dated, name, short_day
from core.report.sentences import listed

SILENT_ROWS, UNIT_ROWS, PROBLEM_ROWS = 30, 30, 40
BAD = ("fail", "deduct", "remind")
"""What a rule can come to that is a problem."""
STATES = {"ok": "正常", "notice": "7天以上未更新", "warning": "10天以上未更新", "stale": "超过14天未更新",
          "unknown": "没有数据"}


def accounts_of(found: Sequence[Cadence]) -> str:
    return listed((f"“{name(one.account)}”" for one in found), 8)


def stale(f: Base) -> list[Cadence]:
    """The accounts that the two-week rule fails at the period's end."""
    return [one for one in f.cadence if one.freshness == "stale"]


def slow(f: Base) -> list[Cadence]:
    """Those to be reminded."""
    return [one for one in f.cadence if one.freshness in ("notice", "warning")]


def updates(f: Base) -> Section | None:
    if not f.cadence:
        return None
    silent, warned = stale(f), slow(f)
    unknown = [one for one in f.cadence if one.freshness == "unknown"]
    end = short_day(f.last)
    said = f"截至{end}，"
    if silent:
        said += (f"{len(silent)}个账号超过14天未更新：{accounts_of(silent)}，"
                 "按国办秘函〔2019〕19号检查指标属单项否决情形，请主办单位尽快核实。")
    else:
        said += "没有账号超过14天未更新。" if len(unknown) < len(f.cadence) else ""
    if warned:
        said += f"另有{len(warned)}个账号7天以上未更新，请予提醒：{accounts_of(warned)}。"
    if unknown:
        said += f"{len(unknown)}个账号缺少数据，更新情况不明：{accounts_of(unknown)}。"
    tally = [(word, sum(one.freshness == state for one in f.cadence)) for state, word in STATES.items()]
    least = STALE_DAYS if f.long else WARN_DAYS[0]
    shown = [one for one in f.cadence if one.freshness != "ok" or one.longest_gap > least][:SILENT_ROWS]
    blocks: list[Block] = [Paragraph(said), Table(
        "期末更新情况", (Column("更新情况"), Column("账号数", "int")), tuple(row for row in tally if row[1]))]
    if shown:
        blocks.append(Table(
            "需要关注的账号",
            (Column("账号"), Column("单位"), Column("发布数", "int"), Column("有发布天数", "int"),
             Column(f"{f.this}最后发布", "date"), Column("最长未更新天数", "int"), Column("无数据天数", "int"),
             Column("状态")),
            tuple((one.account, one.unit, one.posts, one.active_days, one.last_post, one.longest_gap, one.unknown,
                   STATES[one.freshness]) for one in shown),
            note=f"未更新天数按{f.this}{dated(f.first)}至{end}计算；无数据的日期不计为未更新。",
        ))
    return Section("更新情况", tuple(blocks))


def problems(f: Base) -> Section | None:
    """What the check found, by unit; what could not be judged is no problem, but counted."""
    accounts, tally = f.checked.accounts, f.checked.tally()
    checked = len(accounts) - tally[VERDICTS["none"]]
    bad = accounts[[any(check.outcome in BAD for check in one.checks) for one in accounts["inspection"]]]
    if not checked or bad.empty:
        return None
    said = f"对照检查指标，截至{short_day(f.last)}检查账号{checked}个，有问题或须提醒的{len(bad)}个"
    said += f"，涉及{bad['unit'].nunique()}个单位" if accounts["unit"].nunique() > 1 else ""
    failed = accounts[accounts["verdict"] == VERDICTS["fail"]]
    said += f"；其中{len(failed)}个有单项否决情形：{listed([f'“{name(one)}”' for one in failed['account']], 8)}。" \
        if len(failed) else "；没有单项否决情形。"
    if unknown := tally[VERDICTS["unknown"]]:
        said += f"另有{unknown}个账号因数据或核查不全，暂无法判定。"
    read = int(accounts["read"].sum())
    if read:
        said += f"核对文字{read:,}{f.piece}，" + (f"发现须处理或核对的用词{f.checked.found:,}处。" if f.checked.found
                                            else "未发现词表所列的用词问题。")
    counted = {rule.name: sum(any(check.rule == rule.key and check.outcome in BAD for check in one.checks)
                              for one in bad["inspection"]) for rule in RULES.values()}
    rows = [("检查账号", checked), ("有问题或须提醒的账号", len(bad)), ("涉及单位", int(bad["unit"].nunique())),
            *((f"结论：{word}", n) for word, n in tally.items() if n and word != VERDICTS["none"]),
            *((f"涉及“{rule}”", n) for rule, n in counted.items() if n),
            ("核对文字", read), ("须处理或核对的用词（处）", f.checked.found)]
    blocks: list[Block] = [Paragraph(said), Table("检查情况", (Column("项目"), Column("数量", "int")), tuple(rows))]
    by_unit = [(unit, len(part), int((part["verdict"] == VERDICTS["fail"]).sum()),
                listed([name(one) for one in part["account"]], 4), "、".join(_rules(part["inspection"])))
               for unit, part in bad.groupby("unit", sort=False)]
    by_unit.sort(key=lambda row: (-row[2], -row[1], row[0]))
    if len(by_unit) > 1:
        blocks.append(Table(
            "各单位问题", (Column("单位"), Column("涉及账号", "int"), Column("其中单项否决", "int"), Column("账号"),
                      Column("问题类别")), tuple(by_unit[:UNIT_ROWS]),
            note=f"只列前{UNIT_ROWS}个单位。" if len(by_unit) > UNIT_ROWS else ""))
    listing = [(row["unit"], row["account"], row["platform"], rule, words)
               for row in bad.to_dict("records") for rule, words in _found(row["inspection"])]
    mixed = accounts["platform"].nunique() > 1
    blocks.append(Table(
        "问题清单",
        (Column("单位"), Column("账号"), *([Column("平台")] if mixed else []), Column("项目"), Column("情况")),
        tuple(row if mixed else (*row[:2], *row[3:]) for row in listing[:PROBLEM_ROWS]),
        note=f"共{len(listing)}项，只列前{PROBLEM_ROWS}项，严重的在前。" if len(listing) > PROBLEM_ROWS else ""))
    blocks.append(Note(f"依据{CHECKLIST}；文字核对由词表和领导名单自动进行，只是线索，须经人工确认。"))
    return Section("问题清单", tuple(blocks))


def _found(inspection) -> list[tuple[str, str]]:
    """(rule, what was found) of an account's problems, vetoes first."""
    checks = sorted((check for check in inspection.checks if check.outcome in BAD),
                    key=lambda check: BAD.index(check.outcome))
    return [(RULES[check.rule].name, check.words) for check in checks]


def _rules(inspections) -> list[str]:
    return list(dict.fromkeys(rule for one in inspections for rule, _ in _found(one)))
