"""热门内容: the posts with most reads, plays or 转评赞 of the period."""

from core.counts import Count
from core.query import totals
from core.report.content import Column, Figure, Figures, Paragraph, Section, Table
from core.report.platform.base import Base
from core.report.platform.wording import INTERACTION, METRICS, SHORT, name, title
from core.report.sentences import listed


def popular(f: Base) -> Section | None:
    if f.top.empty:
        return None
    metric = f.top.iloc[0]["metric"]
    word = METRICS[metric]
    others = [one for one in INTERACTION if one != metric and f.top[one].notna().any()]
    mixed = f.top["platform"].nunique() > 1
    rows = []
    for place, (_, row) in enumerate(f.top.iterrows(), start=1):
        rows.append((place, title(row["title"], 90), row["account"], *([row["platform_name"]] if mixed else []),
                     row["day"], Count(int(row["value"]), totals.slack_of(row["mark"])),
                     *(totals.count_of(row, one) for one in others)))
    owners = f.top["account_id"].nunique()
    said = f"按{word}排列，前{len(rows)}{f.piece}" + (
        f"来自{owners}个账号" if owners > 1 else f"均来自“{name(rows[0][2])}”" if len(rows) > 1 else "如下")
    many = f.top["account"].value_counts(sort=True)
    if owners > 1 and many.iloc[0] > 1:
        first = [one for one in dict.fromkeys(f.top["account"]) if many[one] == many.iloc[0]]
        verb = "各" if len(first) > 1 else "占"
        said += f"，其中{listed([f'“{one}”' for one in first], 3)}{verb}{many.iloc[0]}{f.piece}"
    note = "取每条的最新读数。" if f.basis != "latest" else ""
    counts = Figures((Figure("上榜内容", f"{len(rows)}", f.piece), Figure("上榜账号", f"{owners}", "个"),
                      Figure("单个账号最多", f"{many.iloc[0]}", f.piece)))
    table = Table(
        f"热门内容前{len(rows)}位",
        (Column("名次", "rank"), Column("标题"), Column("账号"), *([Column("平台")] if mixed else []),
         Column("发布日期", "date"), Column(word, "count"), *(Column(SHORT[one], "count") for one in others)),
        tuple(rows), note=note,
    )
    return Section("热门内容", (Paragraph(f"{said}。"), *((counts,) if owners > 1 else ()), table))
