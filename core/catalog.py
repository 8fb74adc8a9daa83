"""Reference data under version control: the catalogue of platforms."""

import csv
from pathlib import Path

from sqlmodel import Session

from core.labels import COUNTERS, FAMILIES
from core.models import Platform
from core.settings import CATALOG


def platforms(file: Path = CATALOG / "platforms.csv") -> list[Platform]:
    """The platforms of the catalogue in its order. Raises ValueError (Chinese) for a row that can't be right."""
    out = []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            counters = [name for name in row["counters"].split() if name]
            if row["family"] not in FAMILIES or set(counters) - set(COUNTERS):
                raise ValueError(f"平台目录 {file.name} 第 {number} 行：类别或计数项不对（{row['code']}）")
            out.append(
                Platform(
                    code=row["code"], name=row["name"], family=row["family"], counters=counters, index=row["index"],
                    important=row["important"] == "1", sort=number,
                )
            )
    return out


def sync_platforms(session: Session) -> None:
    """Write the catalogue into the table; platforms that left the file stay, since facts may name them."""
    for platform in platforms():
        session.merge(platform)
