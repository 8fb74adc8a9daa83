"""Matrix totals (矩阵总分) as they are defined: platforms, each with the index and the weight that it brings. Versions
are kept: a change is a new row, and the one before it is retired."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, local_indices
from core.faults import BadInput
from core.metrics import local
from core.models import Matrix, Platform

MANY = {"best": "取得分最高的账号", "mean": "取各账号的平均分", "sum": "各账号得分相加"}
"""What counts of several accounts that a unit has on one platform."""
METHOD = (
    "总分 = 各平台分值 × 权重之和。各平台分值按其指数原样取用（与公开的矩阵算法相同），不同指数的分值高低本不相同；"
    "标明“折算为100”的平台，先按本期全部单位中的最高分折算为 0 到 100。"
    "没有账号的平台计 0 分；有账号而算不出分值的不计 0 分，总分标为下限（≥）。"
)
"""How a total is made, in the words of its reader."""
NAME_LENGTH, WEIGHT_STEP = 30, Decimal("0.01")


def faults(session: Session, name: str, parts: Sequence[Mapping[str, Any]], many: str) -> list[str]:
    """Everything that keeps a matrix from being saved, in Chinese. `parts`: platform (code), index (key), weight (per
    cent), scaled (whether scores become shares of the best one)."""
    out = []
    if not name.strip() or len(name) > NAME_LENGTH:
        out.append(f"名称不能为空，最多 {NAME_LENGTH} 个字，如“区矩阵总分”")
    if many not in MANY:
        out.append(f"多个账号的算法只能是{'、'.join(MANY.values())}")
    if not parts:
        return [*out, "还没有平台，请至少选择一个平台并填写权重"]
    for part in parts:
        out += _part_faults(session, part)
    codes = [part.get("platform") for part in parts]
    for code in dict.fromkeys(code for code in codes if codes.count(code) > 1):
        if found := session.get(Platform, code or ""):
            out.append(f"平台“{found.name}”有 {codes.count(code)} 行，请只留一行")
    out += local.sum_faults("各平台", [part.get("weight") for part in parts], "平台")
    return out


def _part_faults(session: Session, part: Mapping[str, Any]) -> list[str]:
    platform = session.get(Platform, part.get("platform") or "")
    if platform is None:
        return ["有一行没有选平台，请选择平台或删去这一行"]
    out = []
    if _weight(part.get("weight")) is None:
        out.append(f"“{platform.name}”的权重应大于 0、不超过 100（%），最多两位小数")
    key = part.get("index")
    offered = [index.key for index in local_indices.rankers(session, platform.code)]
    if not offered:
        out.append(f"“{platform.name}”没有可用的指数，请先在“本地指数”中为它新建一个，或去掉这个平台")
    elif key not in offered:
        title = local_indices.titles(session).get(key)
        said = f"“{title}”不能用于“{platform.name}”，或已停用" if title else f"“{platform.name}”没有选指数"
        out.append(f"{said}，请从下拉列表中选择")
    return out


def _weight(value: object) -> Decimal | None:
    """A weight as an exact decimal; None for what can't be one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 < value <= 100:
        return None
    exact = Decimal(repr(value))
    return exact if exact == exact.quantize(WEIGHT_STEP) else None


def save(
    session: Session, name: str, parts: Sequence[Mapping[str, Any]], many: str, *, who: str, now: datetime,
    demo: bool = False,
) -> Matrix:
    """Add the first or the next version of the matrix of that name, and retire the one before. Raises BadInput before
    anything is written. The caller commits."""
    name = " ".join(name.split())
    if wrong := faults(session, name, parts, many):
        raise BadInput("矩阵总分没有保存：" + "；".join(wrong))
    kept = [{"platform": part["platform"], "index": part["index"], "weight": _plain(part["weight"]),
             "scaled": bool(part.get("scaled"))} for part in parts]
    earlier = [row for row in rows(session) if row.name == name]
    last = earlier[-1] if earlier else None
    if last and (last.parts, last.many) == (kept, many):
        raise BadInput(f"与第 {last.version} 版{'（已停用，可以恢复）' if last.retired else ''}相同，没有可保存的修改")
    made = Matrix(name=name, version=last.version + 1 if last else 1, parts=kept, many=many, at=now, who=who, demo=demo)
    for row in earlier:
        row.retired = True
    session.add(made)
    session.flush()
    audit.note(session, who, "修改矩阵总分" if last else "新增矩阵总分", title(made), words(session, made))
    db.bump(session, now)
    return made


def set_retired(session: Session, matrix_id: int, retired: bool, *, who: str, now: datetime) -> None:
    """Offer a version no longer, or again. Raises BadInput for an unknown one."""
    row = session.get(Matrix, matrix_id)
    if row is None:
        raise BadInput("这个矩阵总分不存在，请刷新页面后重试")
    row.retired = retired
    audit.note(session, who, "停用矩阵总分" if retired else "恢复矩阵总分", title(row))
    db.bump(session, now)


def rows(session: Session) -> Sequence[Matrix]:
    """Every version, by name and version."""
    return session.execute(select(Matrix).order_by(Matrix.name, Matrix.version)).scalars().all()


def title(row: Matrix) -> str:
    """Its name with its version."""
    return f"{row.name}（第{row.version}版）"


def words(session: Session, row: Matrix) -> str:
    """A matrix in one line: platforms, weights, indices, and what counts of several accounts."""
    indices = local_indices.titles(session)
    parts = []
    for part in row.parts:
        platform = session.get(Platform, part["platform"]).name
        scaled = "，按本期最高分折算为100" if part["scaled"] else ""
        parts.append(f"{platform} {part['weight']:g}%（{indices.get(part['index'], part['index'])}{scaled}）")
    return f"{'、'.join(parts)}；同一平台有多个账号时{MANY[row.many]}"


def _plain(weight: float) -> float | int:
    return int(weight) if float(weight).is_integer() else float(weight)
