"""转发评论情况 and 互动情况."""

from core import labels
from core.counts import Count
from core.metrics.growth import share
from core.report.content import Column, Mean, Paragraph, Section, Table
from core.report.platform.base import Base
from core.report.platform.wording import INTERACTION, METRICS, SHORT, at, line, values
from core.report.sentences import amount, average, changes, percent


def spreading(f: Base) -> Section | None:
    names = f.yields(("reposts", "comments"))
    if not f.posts or not names:
        return None
    said = []
    for name in names:
        total = f.total(name)
        text = (f"{SHORT[name]}{amount(total, '次')}，平均每{f.piece}{average(total, f.known(name), '次')}"
                f"{changes(total, f.earlier(name), f.year_earlier(name))}")
        peak = _peak(f, name)
        said.append(f"{text}；{peak}。" if peak else f"{text}。")
    word = "转发、评论" if len(names) == 2 else SHORT[names[0]]
    chart = line(f, f"{word}数", [(name, labels.COUNTERS[name]) for name in names], "次")
    return Section(f"{'转发评论' if len(names) == 2 else word}情况", (Paragraph("".join(said)), chart))


def _peak(f: Base, name: str) -> str:
    found = _highest(f, name)
    if found is None:
        return ""
    top, when, part = found
    period = {"month": "全月", "quarter": "全季度", "year": f.this}[f.period.span]
    return f"{when}最多，为{labels.wan(top)}次" + (f"，占{period}{percent(part)}" if part is not None else "")


def _highest(f: Base, name: str) -> tuple[int, str, float | None] | None:
    """The most of a counter in one step of the course, when that was, and its share of the whole where that is exact;
    None where the course has one step only, or nothing."""
    frame = f.course
    known = [(n, one) for one, n in zip(frame["day"], values(frame, name), strict=True) if n is not None]
    if len(known) < 2 or not max(known)[0]:
        return None
    top, one = max(known, key=lambda found: (found[0], -found[1].toordinal()))
    return top, at(f, one), share(top, f.total(name).value) if f.total(name).exact else None


def interaction(f: Base) -> Section | None:
    names = f.yields((*INTERACTION, "wows", "favourites"))
    if not f.posts or not names:
        return None
    total = f.total("interaction")
    said = ""
    if not total.missing:
        parts = f.yields(INTERACTION)
        said = f"{'、'.join(SHORT[name] for name in parts)}合计{amount(total, '次')}，"
        said += f"平均每{f.piece}{average(total, f.posts, '次')}"
        said += changes(total, f.earlier("interaction"), f.year_earlier("interaction")) + "。"
        if total.exact and total.value and len(parts) > 1:
            shares = "、".join(f"{SHORT[name]}占{percent(share(f.total(name).value, total.value))}" for name in parts)
            said += f"其中，{shares}。"
        if (rate := _rate(f)) is not None:
            said += f"每万次{SHORT[f.main]}带来转评赞{rate:,.1f}次。"
    for name in [one for one in names if one not in INTERACTION]:
        said += f"{SHORT[name]}{amount(f.total(name), '次')}{changes(f.total(name), f.earlier(name), Count(None))}。"
    shown = [(name, labels.COUNTERS[name]) for name in names]
    return Section("互动情况", (Paragraph(said), line(f, "互动数", shown, "次", kind="stacked"), _table(f, names)))


def _table(f: Base, names: list[str]) -> Table:
    """What interaction is made of, and when there was most of each."""
    whole = f.total("interaction")
    rows = []
    for name in [*names, *(["interaction"] if not whole.missing else [])]:
        total = f.total(name)
        part = share(total.value, whole.value) if name in INTERACTION and whole.exact and total.exact else None
        known = f.posts if name == "interaction" else f.known(name)
        top, when, of_all = _highest(f, name) or (None, None, None)
        rows.append((METRICS[name], total, part, Mean(total.value / known, total.mark) if known else None, when, top,
                     of_all))
    if (rate := _rate(f)) is not None:
        rows.append((f"每万次{SHORT[f.main]}带来的转评赞", None, None, Mean(rate), None, None, None))
    return Table("互动构成", (
        Column("项目"), Column("合计", "count"), Column("占转评赞", "percent"), Column(f"平均每{f.piece}", "mean"),
        Column("最多的月份" if f.long else "最多的日期"), Column("其数量", "int"), Column("占合计", "percent")),
        tuple(rows))


def _rate(f: Base) -> float | None:
    """转评赞 for ten thousand reads or plays; None where either is not exact."""
    total, reach = f.total("interaction"), f.total(f.main) if f.main else Count(None)
    return total.value / reach.value * 10_000 if reach.exact and total.exact and reach.value else None
