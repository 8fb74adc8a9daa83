"""Demands as imports leave them, in a small district with its streets, units and places."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from core import district
from core.demands import reading
from core.imports.importer import preview, take
from core.models import Demand, OwnPlace, Unit
from core.opinion.watch import Profile
from tests.imports.make import xlsx_file

HEADS = ("工单编号", "来电号码", "来电时间", "诉求标题", "诉求内容", "诉求类型", "承办单位", "事发地址", "所属街镇",
         "办理状态", "办结时限", "答复内容", "答复时间", "满意度")


def place(session, now: datetime) -> None:
    """Two streets with a unit each, two bureaus, and two places. Committed."""
    session.add_all([
        Unit(name="云澜区青山街道办事处", kind="street", aliases=["青山街道"]),
        Unit(name="云澜区白水镇人民政府", kind="street", aliases=["白水镇"]),
        Unit(name="云澜区水务局", kind="bureau", aliases=["区水务局"]), Unit(name="云澜区住建委", kind="bureau"),
        OwnPlace(name="桂园新村", kind="小区", street="青山街道", at=now), OwnPlace(
            name="白水公路", kind="道路", street="白水镇", at=now),
    ])
    district.keep(session, Profile("云澜区", streets=("青山街道", "白水镇")), who="张三", now=now)
    session.commit()


def order(number: str, title: str, at: str = "2026-03-02 09:00", **cells: str) -> dict[str, str]:
    """An order's cells by header; `cells` by header, too."""
    return {"工单编号": number, "来电时间": at, "诉求标题": title, **cells}


def bring(session, orders: Sequence[Mapping[str, str]], now: datetime, *, read: bool = True,
          platform: str = "hotline12345", name: str = "工单.xlsx", made: datetime | None = None) -> list[Demand]:
    """Import these orders, and find what they are about; all demands there are, by number."""
    body = xlsx_file(工单=[HEADS, *([one.get(head, "") for head in HEADS] for one in orders)])
    seen = preview(body, name, platform=platform, now=now, session=session, observed_at=made or now)
    outcome = take(session, seen, partial=False, who="张三", now=now)
    assert outcome.stored, outcome.words
    if read:
        reading.run(session, now=now)
    return every(session)


def every(session) -> list[Demand]:
    session.expire_all()
    return list(session.execute(select(Demand).order_by(Demand.number)).scalars())
