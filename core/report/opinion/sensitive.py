"""敏感信息: the mentions of high and middle risk, copies told once, with place and unit, and where they gather."""

import pandas as pd

from core.clock import local
from core.metrics.growth import share
from core.report import opinion_parts as parts
from core.report.content import Block, Heading, Paragraph, Section, Table
from core.report.opinion.facts import LISTED, TOLD, TOLD_ELSE, Facts
from core.report.opinion.words import changed
from core.report.opinion_parts import cut, titled

LIST = "敏感信息"
KINDS = 3
"""Classes of risk that are named."""


def section(f: Facts) -> Section | None:
    """What is sensitive; that nothing is, is said where everything was read."""
    read = sum(f.risks.levels.values())
    if not f.sums.mentions or not read:
        return None
    rows = [("未见明显风险" if word == "无" else f"{word}风险", n, share(n, read))
            for word, n in f.risks.levels.items()]
    if f.risks.unread:
        rows.append(("尚未判读", f.risks.unread, None))
    spread = Table("风险分布", parts.heads("风险", "信息量（条）:int", "占比:percent"),
                   (*rows, ("合计已判读", read, None)), note="占比以已判读风险的信息为分母。")
    if not f.sums.sensitive:
        unread = f"，另有{f.risks.unread:,}条尚未判读" if f.risks.unread else ""
        return Section(LIST, (Paragraph(f"已判读风险的{read:,}条信息中，未见中、高风险信息{unread}。"), spread))
    blocks: list[Block] = [Paragraph(_lead(f)), Paragraph(_told(f)), spread]
    if f.risks.kinds:
        blocks.append(Table("风险类别", parts.heads("序号:int", "类别", "信息量（条）:int"),
                            tuple((n, *one) for n, one in enumerate(f.risks.kinds[:parts.PLACES], 1)),
                            note="含低风险信息。"))
    if not f.brief:  # a brief has all its tables together, and the list of all among them
        blocks.append(table(f, f.sensitive.head(LISTED), "风险较高的信息"))
    if where := parts.where_blocks(f.sensitive_towns, f.sensitive_units):
        blocks += [Heading("涉及街镇与单位"), *where]
    return Section(LIST, tuple(blocks))


def _lead(f: Facts) -> str:
    texts = f.sensitive_size.texts
    folded = f"（合并转载后{texts:,}篇）" if texts < f.sums.sensitive else ""
    levels = [(word, f.risks.levels[level]) for word, level in (("高风险", "高"), ("中风险", "中"))]
    said = f"{f.this}敏感信息{f.sums.sensitive:,}条{folded}{changed(f, 'sensitive', '条')}。"
    told = [(word, n) for word, n in levels if n]
    if len(told) > 1:
        said += f"其中{'、'.join(f'{word}{n:,}条' for word, n in told)}。"
    else:
        said += f"{'均' if f.sums.sensitive > 1 else ''}为{told[0][0]}。"
    if f.risks.kinds:
        kinds = "、".join(f"{kind}（{n:,}条）" for kind, n in f.risks.kinds[:KINDS])
        said += f"有风险的信息类别以{kinds}为主。" if len(f.risks.kinds) > 1 else f"有风险的信息均属{kinds}。"
    if f.unfiled:
        said += f"高风险信息中有{f.unfiled:,}条尚未归入事件。"
    return said


def _told(f: Facts) -> str:
    """The riskiest ones by their titles."""
    top = f.sensitive.drop_duplicates("title").head(TOLD.get(f.period.span, TOLD_ELSE))
    lines = []
    for row in top.itertuples():
        where = "、".join(filter(None, (row.town or row.place, row.unit)))
        lines.append(f"{titled(row.title, row.side)}（{row.platform}，风险分{int(row.risk)}"
                     f"{f'，{where}' if where else ''}）")
    return f"风险较高的有：{'；'.join(lines)}。" if len(lines) > 1 else f"风险最高的是{lines[0]}。"


def table(f: Facts, items: pd.DataFrame, title: str, *, links: bool = False) -> Table:
    """Sensitive texts, each once, the riskiest first. `links`: with classes, copies and addresses, for an annex.
    """
    when, form = parts.clock_column(items["published_at"])
    rows = []
    for n, row in enumerate(items.itertuples(), 1):
        at = f"{local(row.published_at):{form}}" + ("" if row.dated else "（采集）")
        more = [row.kind, int(row.copies) - 1, row.url] if links else []
        rows.append((n, at, row.platform, cut(row.title, 60 if links else 28) or "（无标题）", int(row.risk),
                     row.town or row.place, row.unit, *more))
    left = f"；共{f.sensitive_size.texts:,}篇，仅列前{len(items)}篇" if f.sensitive_size.texts > len(items) else ""
    return Table(title, parts.heads("序号:int", when, "平台", "标题（原文）", "风险分:int", "地点", "责任单位",
                                    *(["类别", "转载:int", "链接"] if links else [])), tuple(rows),
                 note=f"风险分0至100，越高越敏感{f'；转载为{f.this}内的同文信息' if links else ''}{left}。")


