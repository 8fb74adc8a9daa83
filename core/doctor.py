"""Self-examination: what could keep the system from working, each with what to do."""

import shutil
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock, db, evidence
from core.faults import Fault
from core.labels import PASSIVE
from core.models import Capture, Dirty, Mention, Source
from core.report import fonts
from core.report.polish import service
from core.settings import Settings

LOW_DISK_BYTES = 2_000_000_000
_SAMPLE = "本月共发布信息3条，与上月持平。"
"""What the language model is tried with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined."""

    good: bool
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{'正常' if self.good else '异常'}  {self.what}" + (f"；{self.remedy}" if self.remedy else "")


def examine(knobs: Settings, now: datetime) -> list[Finding]:
    """All findings in order; reading stops where the database can't be read."""
    found = [
        Finding(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "" if sys.version_info >= (3, 11)
                else "需要 3.11 或更高版本"),
        Finding(True, f"系统时间 {clock.local(now):%Y-%m-%d %H:%M:%S}（北京时间）"),
        _disk(knobs), _fonts(knobs), *_polish(knobs), *_survey(knobs),
    ]
    try:
        behind = db.behind()
    except Exception as error:  # whatever the driver raises
        return [*found, Finding(False, f"数据库连接不上：{type(error).__name__}", "请检查 DATABASE_URL 和数据库服务")]
    place = "SQLite" if knobs.url.startswith("sqlite") else "PostgreSQL"
    if behind:
        return [*found, Finding(False, f"{place} 数据库未初始化或版本较旧", "请运行 python -m core migrate")]
    return [*found, Finding(True, f"{place} 数据库结构为最新"), *_work(now)]


def _disk(knobs: Settings) -> Finding:
    knobs.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(knobs.data_dir).free
    return Finding(free >= LOW_DISK_BYTES, f"数据目录剩余空间 {free / 1e9:.1f} GB",
                   "" if free >= LOW_DISK_BYTES else "请清理磁盘或更换 PULSE_DATA_DIR")


def _fonts(knobs: Settings) -> Finding:
    try:
        return Finding(True, f"中文字体可用：{fonts.check(knobs.font_dir)}")
    except Exception as error:  # fonts.check says in Chinese what is missing
        return Finding(False, str(error))


def _polish(knobs: Settings) -> list[Finding]:
    """Whether the language model that polishes reports answers, where one is set up."""
    model = service.of(knobs)
    if model is None:
        return []
    try:
        model.reword(_SAMPLE)
    except Fault as fault:
        return [Finding(False, f"文字润色：{fault.message}", "报告照常编制，只是不能润色")]
    return [Finding(True, f"文字润色：{model.host} 上的模型“{model.model}”有回答")]


def _survey(knobs: Settings) -> list[Finding]:
    """Whether the public survey page, where it is on, has an address that citizens can open safely."""
    if not knobs.survey_port:
        return []
    safe = knobs.survey_url.startswith("https://")
    return [Finding(safe, f"满意度问卷的网址：{knobs.survey_url or '没有设定'}", "" if safe else
                    "请经反向代理以 HTTPS 对外开放，并设置 PULSE_SURVEY_URL，见 docs/survey.md")]


def _work(now: datetime) -> list[Finding]:
    with db.session() as session:
        enabled, failing, late = session.execute(
            select(
                func.count(), func.count().filter(Source.failures > 0),
                func.count().filter(Source.next_due_at < now - timedelta(hours=1), Source.collector.not_in(PASSIVE)),
            ).where(Source.enabled.is_(True), Source.collector.not_in(("file", "demo")))
        ).one()
        waiting = session.execute(select(func.count()).select_from(Dirty)).scalar()
        unread = session.execute(select(func.count()).where(Mention.understood_at.is_(None))).scalar()
        last = session.execute(select(Capture).order_by(Capture.id.desc()).limit(1)).scalar()
        at = db.stamped_at(session)
    out = [
        Finding(not failing, f"启用的采集源 {enabled} 个，其中最近失败的 {failing} 个",
                "请在“采集源”页查看原因" if failing else ""),
        Finding(not late, f"超过一小时未按时采集的 {late} 个", "请确认后台进程 scheduler.py 在运行" if late else ""),
        Finding(True, f"待汇总 {waiting} 个账号日，待归并信息 {unread} 条"),
        Finding(True, f"数据更新于 {clock.local(at):%Y-%m-%d %H:%M:%S}" if at else "尚无数据"),
    ]
    if last:
        try:
            evidence.body(last)
            out.append(Finding(True, "最近一份原始数据完好"))
        except evidence.EvidenceLost as error:
            out.append(Finding(False, str(error), "请从备份恢复 captures 目录"))
    return out
