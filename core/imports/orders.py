"""Work orders of the hotline 12345: their headers, what of them is personal, and the masking of numbers. Pure.

A caller's name, number and address are never kept: columns of persons are left out, and telephone and identity card
numbers inside texts are masked. Exports of cities name their columns differently; what isn't known keeps its header.
"""

import csv
import io
import re
from collections.abc import Iterable

from core.imports.headers import ORDERS
from core.masking import masked
from core.records import MentionRecord

__all__ = ["DETAILS", "NAMES", "TIMES", "caller_of", "kept", "masked", "personal"]

DETAILS = {name: label for name, label in ORDERS.items() if name.startswith("order_")}
"""Field → label in the details of a mention."""

_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}
_PERSON = re.compile(
    r"(?:来电人|反映人|诉求人|投诉人|举报人|申请人|当事人|求助人|来访人|联系人|市民姓名|姓名|称呼|电话|手机|来电号|主叫|被叫"
    r"|联系方式|联系地址|家庭|住址|身份证|证件|邮箱|email|微信号|qq|性别|年龄|出生|民族|坐席|座席|话务员|受理员|接线员"
    r"|经办人|承办人|处理人|审核人|回访人|回访员|操作人|录入人|签收人|负责人|号码|昵称)", re.IGNORECASE,
)
_NAMES = (
    "external_id:工单编号 工单号 工单编码 工单流水号 受理编号 受理单号 工单号码 诉求编号 诉求件编号 案件编号 事件编号"
    " 任务编号 登记编号 热线编号 流水号 单号 留言编号 留言id 信件编号 来信编号 编号",
    "title:诉求标题 工单标题 标题 主题 诉求主题 工单主题 事件标题 来电标题 问题标题"
    " 留言标题 留言主题 信件标题 来信标题",
    "text:诉求内容 工单内容 内容 诉求描述 工单描述 问题描述 来电内容 反映内容 反映问题 事件描述 主要内容"
    " 诉求详情 受理内容 诉求内容描述 留言内容 留言正文 信件内容 来信内容",
    "published_at:诉求时间 来电时间 受理时间 登记时间 创建时间 工单创建时间 工单时间 提交时间 诉求日期 受理日期"
    " 来电日期 登记日期 建单时间 接单时间 留言时间 留言日期 写信时间 来信时间 提交日期",
    "order_kind:诉求类型 工单类型 问题分类 诉求类别 工单类别 问题类型 问题类别 诉求性质 事项分类 诉求分类 内容分类"
    " 归口分类 留言类型 信件类型",
    "order_unit:承办单位 主办单位 主办部门 承办部门 责任单位 办理单位 处置单位 处理单位 派单单位 主责单位 二级承办单位"
    " 回复单位 答复单位 办理部门 答复部门 回复部门",
    "order_place:事发地址 诉求地址 事发地点 发生地址 发生地点 问题地址 事件地址 事件地点 地址 地点",
    "order_town:所属街镇 街镇 所属街道 街道 所属区域 所属街道镇 事发街镇 所属镇街 镇街 属地",
    "order_state:办理状态 工单状态 状态 处理状态 办理进度 当前状态 办结状态",
    "order_answer:答复内容 办理结果 处理结果 回复内容 办理情况 处理情况 答复意见 办结意见 办理意见 处置结果 答复"
    " 官方回复 回复 回复意见 办理答复",
    "order_satisfied:满意度 满意情况 是否满意 满意度评价 评价结果 回访满意度 市民满意度 满意率",
    "order_closed:办结时间 完成时间 结案时间 答复时间 回复时间 办结日期 反馈时间"
    " 官方回复时间 回复日期 答复日期",
    "order_due:办理期限 办结期限 截止时间 处理时限 办理时限 要求办结时间 办结时限 答复期限 回复期限"
    " 承办时限 应办结时间 到期时间",
    "order_way:诉求来源 工单来源 来源渠道 受理渠道 渠道 来源 诉求渠道",
)
NAMES = {header: line.partition(":")[0] for line in _NAMES for header in line.partition(":")[2].split()}
"""Normal form of a header → field, for work orders."""
TIMES = tuple(_NAMES[3].partition(":")[2].split())
"""Headers of the time of the call, the better first."""

_BY_NUMBER = tuple(map(re.compile, ("来电号|主叫|手机|电话|联系方式", "身份证|证件号")))
_OF_STAFF = re.compile("单位|部门|承办|坐席|座席|经办|受理员|回访|处理人|负责人|被")


def caller_of(cells: Iterable[tuple[str, str]]) -> str:
    """Who asks, by telephone number, else by identity number, of (header, text) of the columns about persons; only to
    be stored as a pseudonym. Empty where none is told: a name alone tells nobody from another of that name."""
    every = [(header, re.sub(r"[^0-9xX]", "", text.translate(_WIDE))) for header, text in cells
             if not _OF_STAFF.search(header)]
    for pattern in _BY_NUMBER:
        for header, number in every:
            if pattern.search(header) and len(number) >= 7:
                return number.removeprefix("86") if len(number) == 13 else number.upper()
    return ""


def personal(header: str) -> bool:
    """Whether a column is about a person: it is not kept."""
    return bool(_PERSON.search(header))


HEAD = ("位置", "工单编号", "诉求时间", "诉求标题", "诉求内容", "其他")
"""The columns of what is kept."""
_GUARDED = ("'=", "'+", "'-", "'@")


def kept_rows(body: bytes) -> list[tuple[str, ...]]:
    """The rows of what was `kept`, the guards taken off; none where the bytes are something else."""
    text = body.decode("utf-8-sig", "replace") if b",".join(name.encode() for name in HEAD) in body[:200] else ""
    rows = [tuple(row) for row in csv.reader(io.StringIO(text)) if len(row) == len(HEAD)][1:]
    return [tuple(cell[1:] if cell[:2] in _GUARDED else cell for cell in row) for row in rows]


def kept_row(body: bytes, locator: str, external_id: str) -> tuple[str, ...] | None:
    """The row of what was `kept` that tells of one order; None where there is none."""
    return next((row for row in kept_rows(body) if row[0] == locator and row[1] == external_id), None)


def kept(records: Iterable[MentionRecord]) -> bytes:
    """What is stored of the file as evidence: the records as CSV, without what is personal. Texts that a spreadsheet
    would take for formulas are guarded with a '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for record in records:
        details = "\n".join(f"{label}：{text}" for label, text in record.details.items())
        at = record.published_at.isoformat()
        cells = (record.locator, record.external_id, at, record.title, record.text, details)
        writer.writerow([f"'{cell}" if f"'{cell[:1]}" in _GUARDED else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")
