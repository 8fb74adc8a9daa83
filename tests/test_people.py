"""People who are told: sealed and masked, numbers checked, taken in from tables whole or not at all."""

import io
import logging

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from core import clock, credentials, people, people_tables
from core.faults import BadInput
from core.ledger.entries import LedgerFaults
from core.models import AlertRule, Audit, Delivery, Person, Unit
from core.query import people as query_people
from core.senders import Recipient

PHONE, MAIL = "13800138000", "zhangsan@district.gov.cn"


def add(session, name="张三", **more):
    made = people.add(session, name=name, **{"phone": PHONE, "mail": MAIL} | more, who="李四", now=clock.now())
    session.commit()
    return made


def audited(session) -> str:
    return str([(one.action, one.what, one.detail) for one in session.execute(select(Audit)).scalars()])


def test_numbers_and_addresses_are_sealed_masked_and_opened_for_senders(session):
    made = add(session, post="值班主任")
    assert PHONE.encode() not in made.sealed and MAIL.encode() not in made.sealed
    assert made.shown == {"phone": "138****8000", "mail": "z***@district.gov.cn"}
    assert people.recipient(made) == Recipient("张三", PHONE, MAIL)
    frame = query_people.listed(session)
    assert frame[["name", "post", "phone", "mail"]].iloc[0].tolist() == [
        "张三", "值班主任", "138****8000", "z***@district.gov.cn"]
    assert PHONE not in audited(session) and MAIL not in audited(session)
    with open(session.get_bind().url.database, "rb") as file:  # noqa: PTH123
        assert PHONE.encode() not in file.read()


@pytest.mark.parametrize(("entered", "kept"), [
    ("13800138000", PHONE), (" 138 0013 8000 ", PHONE), ("138-0013-8000", PHONE), ("+8613800138000", PHONE),
    ("+86 138-0013-8000", PHONE), ("008613800138000", PHONE), ("8613800138000", PHONE),
    ("１３８００１３８０００", PHONE),
    ("13800138000.0", PHONE),
])
def test_numbers_are_kept_as_their_eleven_digits(session, entered, kept):
    assert people.recipient(add(session, phone=entered, mail="")).phone == kept


@pytest.mark.parametrize("wrong", ["12345", "23800138000", "12800138000", "138001380001", "021-65432100", "1380013800a",
                                   "+85213800138", "13800138000,13900139000", "⁠1380013800"])
def test_what_is_no_mobile_number_is_refused_without_being_repeated(session, wrong):
    with pytest.raises(BadInput, match="11 位手机号") as refused:
        people.add(session, name="张三", phone=wrong, who="", now=clock.now())
    assert wrong not in str(refused.value)


@pytest.mark.parametrize("wrong", ["zhangsan", "a@b", "a@b.cn, c@d.cn", "张三@gov.cn", "<a@b.cn>",
                                   "a@b.cn\r\nBcc: c@d.cn", "a" * 300 + "@b.cn"])
def test_what_is_no_address_is_refused_without_being_repeated(session, wrong):
    with pytest.raises(BadInput, match="邮箱不对") as refused:
        people.add(session, name="张三", mail=wrong, who="", now=clock.now())
    assert wrong not in str(refused.value)


@pytest.mark.parametrize(("more", "said"), [
    ({"name": "张三"}, "已有"), ({"name": " "}, "1 到 30"), ({"name": "长" * 31}, "1 到 30"),
    ({"phone": "", "mail": ""}, "手机号或邮箱"), ({"post": "长" * 61}, "60"), ({"unit_id": 99}, "单位"),
])
def test_what_cannot_be_is_refused(session, more, said):
    add(session)
    with pytest.raises(BadInput, match=said):
        add(session, **{"name": "王五"} | more)


def test_a_change_keeps_what_is_not_entered_anew(session):
    made = add(session)
    people.change(session, made.id, name="张三丰", unit_id=None, post="处长", who="", now=clock.now())
    assert people.recipient(made) == Recipient("张三丰", PHONE, MAIL)
    people.change(session, made.id, name="张三丰", unit_id=None, post="", phone="13900139000", mail="", who="",
                  now=clock.now())
    assert people.recipient(made) == Recipient("张三丰", "13900139000", "") and "mail" not in made.shown
    people.change(session, made.id, name="张三丰", unit_id=None, post="", phone="", who="", now=clock.now())
    assert people.recipient(made) == Recipient("张三丰"), "number and address can be taken out"
    add(session, "王五")
    with pytest.raises(BadInput, match="已有"):
        people.change(session, made.id, name="王五", unit_id=None, post="", who="", now=clock.now())


def test_who_is_out_of_use_is_not_reached(session):
    made = add(session)
    people.activate(session, made.id, False, who="", now=clock.now())
    session.commit()
    assert people.recipient(made) == Recipient("张三") and not query_people.listed(session)["active"][0]
    people.activate(session, made.id, True, who="", now=clock.now())
    assert people.recipient(made).phone == PHONE


def test_a_lost_key_reaches_nobody_and_fails_nothing(session):
    made = add(session)
    credentials.key_file().unlink()
    credentials._box_of.cache_clear()
    assert people.recipient(made) == Recipient("张三")
    people.change(session, made.id, name="张三", unit_id=None, post="", phone=PHONE, who="", now=clock.now())
    assert people.recipient(made).phone == PHONE


def test_who_is_part_of_a_rule_or_of_the_record_stays(session):
    told, kept, free = add(session, "甲"), add(session, "乙"), add(session, "丙")
    session.add(AlertRule(name="重大事故", subject="mention", level="red", since=clock.now(), at=clock.now(),
                          plan={"steps": [{"people": [told.id], "after": 0}]}))
    session.add(Delivery(key="k", person_id=kept.id, made_at=clock.now()))
    session.commit()
    for person, said in ((told, "重大事故"), (kept, "已有通知记录")):
        with pytest.raises(BadInput, match=said):
            people.remove(session, person.id, who="", now=clock.now())
    assert list(query_people.listed(session)["rules"].sort_values()) == [0, 0, 1]
    people.remove(session, free.id, who="", now=clock.now())
    session.commit()
    assert set(query_people.listed(session)["name"]) == {"甲", "乙"}
    with pytest.raises(BadInput, match="不存在"):
        people.remove(session, free.id, who="", now=clock.now())


# --- Tables ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def units(session):
    session.add_all([Unit(name="区卫生健康委", kind="bureau", aliases=["区卫健委"]),
                     Unit(name="澜桥街道", kind="street")])
    session.commit()


PASTED = """姓名,单位,职务,手机号码,电子邮箱
张三,区卫健委,值班主任,138 0013 8000,zhangsan@district.gov.cn
李四,澜桥街道,,13900139000,
王五,,,,wangwu@district.gov.cn
"""


def test_a_pasted_table_is_read_shown_and_taken_in(session, units):
    lines = people_tables.read(session, PASTED)
    plan = people_tables.plan(session, lines)
    assert (plan.added, plan.changed, plan.same, plan.words) == (3, 0, 0, "新增 3 人")
    assert PHONE not in repr(plan) and PHONE not in repr(lines)
    assert people_tables.take_in(session, lines, who="李四", now=clock.now()) == "通知人员新增 3 人。"
    session.commit()
    frame = query_people.listed(session).set_index("name")
    assert frame.loc["张三", "unit"] == "区卫生健康委" and frame.loc["王五", "phone"] == ""
    assert people_tables.plan(session, people_tables.read(session, PASTED)).words == "不变 3 人"
    changed = "李四\t区卫健委\t主任\t\tlisi@district.gov.cn"  # without a head, and an empty number keeps what is there
    lines = people_tables.read(session, changed)
    assert people_tables.take_in(session, lines, who="", now=clock.now()) == "通知人员修改 1 人。"
    row = session.execute(select(Person).where(Person.name == "李四")).scalar_one()
    assert people.recipient(row) == Recipient("李四", "13900139000", "lisi@district.gov.cn") and row.post == "主任"
    assert PHONE not in audited(session)


def test_excel_and_csv_are_read_with_numbers_as_numbers(session, units):
    book = Workbook()
    for row in (["值班表"], ["姓名", "手机", "单位"], ["张三", 13800138000, "澜桥街道"], ["李四", "13900139000", None]):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    for body, name in ((held.getvalue(), "值班表.xlsx"), (PASTED.encode("gb18030"), "值班表.csv")):
        lines = people_tables.read(session, "", body, name)
        assert [(line.name, line.phone) for line in lines[:2]] == [("张三", PHONE), ("李四", "13900139000")]


def test_one_bad_line_and_nothing_is_taken_in_and_no_number_is_repeated(session, units, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = PASTED + "赵六,区发改委,,1380013,zhaoliu\n张三,,,13700137000,\n,,,13600136000,\n孙七,,,,\n"
    with pytest.raises(LedgerFaults) as refused:
        people_tables.read(session, wrong)
    faults = [(fault.row, fault.field) for fault in refused.value.faults]
    assert faults == [(5, "手机"), (5, "邮箱"), (5, "单位"), (6, "姓名"), (7, "姓名"), (8, "手机")]
    told = str(refused.value) + caplog.text
    assert "区发改委" in told and not any(piece in told for piece in ("1380013", "zhaoliu", "13600136000"))
    assert all(fault.remedy for fault in refused.value.faults)


@pytest.mark.parametrize("text", ["", "\n\n", "姓名,手机\n"])
def test_a_table_without_anybody_is_told(session, text):
    with pytest.raises(BadInput, match="没有人员"):
        people_tables.read(session, text)


def test_a_table_that_is_too_long_is_told(session):
    with pytest.raises(BadInput, match="最多"):
        people_tables.read(session, "\n".join(f"人{n},,,13800138000," for n in range(people_tables.MOST + 1)))
