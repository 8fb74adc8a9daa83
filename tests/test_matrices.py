"""Definitions of matrix totals: what is refused and why, versions."""

from datetime import date

import pytest
from sqlalchemy import select

from core import local_indices, matrices
from core.clock import instant
from core.faults import BadInput
from core.models import Audit, Matrix

NOW = instant(date(2024, 5, 1), 9)
NAME = "区矩阵总分"


def part(platform, index, weight, scaled=False):
    return {"platform": platform, "index": index, "weight": weight, "scaled": scaled}


IPI = [part("weibo", "bci_v9", 40), part("wechat", "wci_v14_2_3", 40), part("douyin", "dci", 20, True)]


def save(session, parts=IPI, many="best", name=NAME):
    return matrices.save(session, name, parts, many, who="测试", now=NOW)


def test_a_matrix_is_kept_with_its_versions(session):
    first = save(session)
    second = save(session, many="mean")
    assert [(row.version, row.many, row.retired) for row in matrices.rows(session)] == [
        (1, "best", True), (2, "mean", False)]
    assert first.parts == IPI == second.parts and matrices.title(second) == "区矩阵总分（第2版）"
    assert matrices.words(session, second) == (
        "政务微博 40%（BCI V9.0）、政务微信 40%（WCI V14.2（三指标））、"
        "抖音 20%（DCI 抖音传播指数，按本期最高分折算为100）；同一平台有多个账号时取各账号的平均分")
    with pytest.raises(BadInput, match="与第 2 版相同"):
        save(session, many="mean")
    matrices.set_retired(session, second.id, True, who="测试", now=NOW)
    with pytest.raises(BadInput, match="已停用，可以恢复"):
        save(session, many="mean")
    matrices.set_retired(session, second.id, False, who="测试", now=NOW)
    assert not second.retired
    assert [a.action for a in session.execute(select(Audit)).scalars()] == [
        "新增矩阵总分", "修改矩阵总分", "停用矩阵总分", "恢复矩阵总分"]
    with pytest.raises(BadInput, match="不存在"):
        matrices.set_retired(session, 99, True, who="测试", now=NOW)


@pytest.mark.parametrize(("parts", "said"), [
    ([], "至少选择一个平台"), ([part(None, "dci", 100)], "没有选平台"),
    ([part("douyin", "dci", 99.5)], "合计 99.5%，应为 100%（还差 0.5）"),
    ([part("douyin", "dci", 60), part("weibo", "bci_v9", 50)], "多出 10"),
    ([part("douyin", "dci", 0), part("weibo", "bci_v9", 100)], "“抖音”的权重应大于 0"),
    ([part("douyin", "dci", 33.333), part("weibo", "bci_v9", 66.667)], "最多两位小数"),
    ([part("douyin", "dci", 50), part("douyin", "dci", 50)], "平台“抖音”有 2 行"),
    ([part("douyin", "bci_v9", 100)], "“BCI V9.0”不能用于“抖音”"), ([part("douyin", "", 100)], "“抖音”没有选指数"),
    ([part("channels", "", 100)], "“视频号”没有可用的指数，请先在“本地指数”中为它新建一个"),
])
def test_what_is_wrong_is_said(session, parts, said):
    with pytest.raises(BadInput, match=said):
        save(session, parts)
    assert session.execute(select(Matrix)).first() is None


def test_names_and_ways(session):
    wrong = (({"name": " "}, "名称不能为空"), ({"name": "总" * 31}, "最多 30"), ({"many": "median"}, "算法只能是"))
    for more, said in wrong:
        with pytest.raises(BadInput, match=said):
            save(session, **more)


def test_a_local_index_brings_its_platform_in_and_a_retired_one_does_not(session):
    made = local_indices.save(session, "区综合传播分", ("channels",), local_indices.template(session, ("channels",)),
                              who="测试", now=NOW)
    assert save(session, [part("channels", made.key, 100)]).version == 1
    local_indices.retire(session, made.key, who="测试", now=NOW)
    with pytest.raises(BadInput, match="“视频号”没有可用的指数"):
        save(session, [part("channels", made.key, 100)], name="另一个")
