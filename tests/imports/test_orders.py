"""Work orders of 12345: read in the words of different cities, without the callers."""

import gzip
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.faults import BadInput
from core.imports import orders
from core.imports.importer import preview, take
from core.models import Audit, Capture, Mention, Rejected, Run, Source
from core.settings import settings
from tests.imports.make import csv_file, html_file, xls_file, xlsx_file

NOW = datetime(2026, 8, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 8, 5, 2, tzinfo=UTC)
HEAD = [
    "工单编号",
    "来电人姓名",
    "来电号码",
    "受理时间",
    "来电时间",
    "诉求标题",
    "诉求内容",
    "诉求类型",
    "承办单位",
    "事发地址",
    "所属街镇",
    "办理状态",
    "答复内容",
    "满意度",
    "区域网格",
]
ROW = [
    "20260701000123456789",
    "张三丰",
    "13812345678",
    "2026-07-01 09:05",
    "2026-07-01 09:00",
    "小区停水",
    "联系人：李四，电话138 1234 5678或021-65432109，身份证310101199001011234，小区已停水两天。",
    "投诉",
    "区水务局",
    "幸福路12号",
    "某某街道",
    "办理中",
    "",
    "",
    "第3网格",
]
PRIVATE = ("张三丰", "李四", "13812345678", "138 1234 5678", "65432109", "310101199001011234")


def seen(session, body, name="工单.xlsx", now=NOW, **options):
    return preview(body, name, platform="hotline12345", now=now, session=session, **options)


def taken(session, body, name="工单.xlsx", now=NOW, partial=False):
    return take(session, seen(session, body, name, now), partial=partial, who="张三", now=now)


def mentions(session):
    return session.execute(select(Mention).order_by(Mention.id)).scalars().all()


def test_a_work_order_becomes_a_mention_with_its_details(session):
    outcome = taken(session, xlsx_file(工单=[["12345 工单导出"], HEAD, ROW]))
    assert outcome.stored and outcome.private and outcome.account_id is None
    (row,) = mentions(session)
    assert (row.external_id, row.platform, row.title, row.author) == (ROW[0], "hotline12345", "小区停水", "")
    assert row.published_at == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert row.details == {
        "诉求类型": "投诉",
        "承办单位": "区水务局",
        "事发地址": "幸福路12号",
        "所属街镇": "某某街道",
        "办理状态": "办理中",
        "受理时间": "2026-07-01 09:05",
        "区域网格": "第3网格",
    }
    source = session.get(Source, row.source_id)
    assert (source.collector, source.platform, source.key) == ("file", "hotline12345", "file:hotline12345")


@pytest.mark.parametrize("make", [xlsx_file, xls_file])
def test_nothing_of_the_caller_is_stored_anywhere(session, make):
    bad = ["20260701000000000002", *PRIVATE[:2], "不知道 13812345678", "不知道 13812345678", *ROW[5:]]
    taken(session, make(工单=[HEAD, ROW, bad]), partial=True)
    kept = "\n".join(gzip.decompress(file.read_bytes()).decode() for file in settings().captures_dir.rglob("*.gz"))
    rows = [
        repr(row.model_dump())
        for table in (Mention, Capture, Run, Rejected, Audit)
        for row in session.execute(select(table)).scalars()
    ]
    assert ROW[0] in kept and len(mentions(session)) == 1
    assert session.execute(select(Rejected.reason)).scalar_one().endswith("不是日期")
    for secret in PRIVATE:
        assert secret not in kept
        assert not [row for row in rows if secret in row]


def test_the_same_file_again_changes_nothing(session):
    body = xlsx_file(工单=[HEAD, ROW])
    taken(session, body)
    assert taken(session, body, now=LATER).state == "known"
    (row,) = mentions(session)
    assert (row.sightings, row.last_seen_at) == (1, NOW)


def test_a_later_export_updates_the_state(session):
    taken(session, xlsx_file(工单=[HEAD, ROW]))
    done = [*ROW[:11], "已办结", "已恢复供水，联系电话13800000000", "满意", ROW[14]]
    assert taken(session, xlsx_file(工单=[HEAD, done]), now=LATER).stored
    (row,) = mentions(session)
    assert (row.details["办理状态"], row.details["满意度"]) == ("已办结", "满意")
    assert row.details["答复内容"] == "已恢复供水，联系电话［电话已隐去］"


@pytest.mark.parametrize(
    "head",
    [
        ["工单号", "标题", "工单内容", "登记时间", "问题分类", "主办单位", "诉求地址", "街镇", "工单状态", "办理结果"],
        ["诉求编号", "主题", "诉求描述", "诉求时间", "工单类型", "责任单位", "事发地点", "街道", "状态", "回复内容"],
        [
            "受理编号",
            "工单标题",
            "主要内容",
            "受理时间",
            "问题类型",
            "承办部门",
            "地址",
            "属地",
            "处理状态",
            "处理结果",
        ],
    ],
)
def test_headers_of_other_cities(session, head):
    row = ["A-1", "停水", "停水两天", "2026年7月1日 9:00", "投诉", "区水务局", "幸福路", "某某街道", "办结", "已修复"]
    taken(session, html_file([head, row], encoding="gb18030", charset="gbk"), "导出.xls")
    (found,) = mentions(session)
    assert (found.external_id, found.title, found.text) == ("A-1", "停水", "停水两天")
    assert list(found.details.values()) == row[4:]
    assert list(found.details) == ["诉求类型", "承办单位", "事发地址", "所属街镇", "办理状态", "答复内容"]


def test_a_title_is_made_of_the_content_and_faults_are_told(session):
    head = ["工单编号", "诉求内容", "诉求时间"]
    rows = [
        head,
        ["1", "路灯不亮。请尽快处理。", "2026-07-01"],
        ["", "甲", "2026-07-01"],
        ["3", "", "2026-07-01"],
        ["4", "乙", "昨天"],
        ["1", "再来一次", "2026-07-02"],
    ]
    shown = seen(session, csv_file(rows), "工单.csv")
    assert [record.title for record in shown.checked.batch.mentions] == ["路灯不亮。"]
    assert [(reject.locator, reject.reason[:6]) for reject in shown.rejects] == [
        ("工单.csv!A3", "没有工单编号"),
        ("工单.csv!A4:C4", "诉求标题和内"),
        ("工单.csv!C5", "“昨天”是相"),
    ]
    assert [repeat.reason for repeat in shown.repeats] == ["与第 2 行工单编号相同，只取前一行"]


def test_a_number_that_excel_damaged_is_refused(session):
    shown = seen(session, xlsx_file(工单=[["工单编号", "诉求内容", "诉求时间"], [2.0260701e19, "甲", "2026-07-01"]]))
    assert "近似值" in shown.rejects[0].reason


def test_work_orders_are_no_posts_of_another_platform(session):
    with pytest.raises(BadInput, match="与所选平台不符"):
        preview(csv_file([HEAD, ROW]), "工单.csv", platform="weibo", account_name="甲", now=NOW)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打13812345678", "打［电话已隐去］"),
        ("＋86 138-1234-5678。", "＋［电话已隐去］。"),
        ("１３８１２３４５６７８", "［电话已隐去］"),
        ("(021)65432109转2", "［电话已隐去］转2"),
        ("座机电话：65432109", "座机电话：［电话已隐去］"),
        ("证件31010119900101123X号", "证件［证件号已隐去］号"),
        ("投诉人: 王小二", "投诉人: ［姓名已隐去］"),
        ("工单20260701000123456789，12345热线，2026-07-01，3栋1201室，金额65432109元", None),
    ],
)
def test_numbers_inside_texts_are_masked(text, masked):
    assert orders.masked(text) == (text if masked is None else masked)


@pytest.mark.parametrize(
    ("header", "personal"),
    [
        ("来电人", True),
        ("联系电话", True),
        ("手机号码", True),
        ("身份证号", True),
        ("市民姓名", True),
        ("家庭住址", True),
        ("承办人", True),
        ("坐席工号", True),
        ("承办单位", False),
        ("事发地址", False),
        ("来电时间", False),
        ("诉求来源", False),
    ],
)
def test_columns_of_persons(header, personal):
    assert orders.personal(header) is personal


def test_what_is_kept_is_safe_to_open_in_a_spreadsheet(session):
    rows = [["工单编号", "诉求内容", "诉求时间"], ["-1", "=HYPERLINK(1)", "2026-07-01"]]
    shown = seen(session, csv_file(rows), "工单.csv")
    lines = orders.kept(shown.checked.batch.mentions).decode("utf-8-sig").splitlines()
    assert ",'-1," in lines[1] and ",'=HYPERLINK(1)," in lines[1]


BOARD = [
    "留言标题", "留言内容", "留言时间", "留言类型", "留言领域", "网民昵称", "联系电话", "办理状态", "回复单位",
    "回复内容", "回复时间",
]
MESSAGE = [
    "盼修路", "东街路面破损多年", "2026-07-01 09:00", "求助", "交通", "张先生", "13812345678", "已回复", "区交通局",
    "已列入计划", "2026-07-06",
]


@pytest.mark.parametrize("platform", ["liuyan", "mailbox"])
def test_exports_of_message_boards_are_known_by_their_heads_without_a_number(session, platform):
    body = csv_file([BOARD, MESSAGE], encoding="gb18030")
    found = preview(body, "留言.csv", platform=platform, now=NOW, session=session)
    assert found.kind == "留言板、信箱·来信导出" and (found.good, found.bad) == (1, 0)
    (record,) = found.checked.batch.mentions
    assert record.details["承办单位"] == "区交通局" and record.details["答复内容"] == "已列入计划"
    assert record.details["留言领域"] == "交通" and "13812345678" not in repr(record)
    take(session, found, partial=False, who="张三", now=NOW)
    later = csv_file([BOARD, [*MESSAGE[:-4], "已办结", *MESSAGE[-3:]]])
    again = preview(later, "留言.csv", platform=platform, now=LATER, session=session)
    take(session, again, partial=False, who="张三", now=LATER)
    (row,) = mentions(session)
    assert row.details["办理状态"] == "已办结", "the same words at the same time are the same message"
    assert session.get(Source, row.source_id).key == f"file:{platform}"


@pytest.mark.parametrize(("cells", "number"), [
    ([("来电号码", "138-1234-5678")], "13812345678"), ([("联系电话", "+86 13812345678")], "13812345678"),
    ([("姓名", "张三")], ""), ([("经办人电话", "13900000000"), ("主叫号码", "021-65432109")], "02165432109"),
    ([("身份证号", "31010119900101123x"), ("来电号码", "")], "31010119900101123X"),
    ([("承办单位电话", "65432109")], ""),
    ([("来电号码", "匿名")], ""),
])
def test_a_caller_is_known_by_a_number_of_his_own_alone(cells, number):
    assert orders.caller_of(cells) == number


def test_columns_that_no_list_knows_are_mapped_by_hand(session):
    body = xlsx_file(表=[["序", "啥时候", "说了啥", "谁来办"], ["A1", "2026-07-01 09:00", "停水", "区水务局"]])
    by_hand = {"@": "mentions", "external_id": "序", "published_at": "啥时候", "text": "说了啥", "order_unit": "谁来办"}
    found = preview(body, "表.xlsx", platform="mailbox", now=NOW, session=session, mapping=by_hand)
    (record,) = found.checked.batch.mentions
    assert (record.external_id, record.text, record.details) == ("A1", "停水", {"承办单位": "区水务局"})
