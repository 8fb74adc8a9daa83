"""A real monthly table of 新榜 through the import, and our indices beside its own: `python -m benchmarks.newrank
[--data ../shared/data]`.

The 43 accounts of the table are put into an empty ledger, the file is imported as the operator would, and what is in
the database afterwards is held against the table: `10万+` and `763万+` as lower bounds, 平均 against 总阅读 / 篇数.
Then NRI (2018) is computed from the stored figures, and WCI V13 as far as they go: the table says neither 在看 nor
maxima, so that its likes stand for 在看 (as they did when V13 was made), and what is not known of them counts nothing.
The last line is one JSON object.
"""

import argparse
import json
import os
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

TABLE = "wechat_newrank_tables/newrank_media_month.csv"
MONTH = date(2026, 1, 31)
"""The table names no month; it is one of 31 days."""


def imported(file: Path) -> list[dict]:
    """The board's lines as the database holds them after the import."""
    from sqlalchemy import select

    from core import clock, db
    from core.imports.importer import preview, take
    from core.models import Account, BoardReading

    db.migrate()
    with db.session() as session:
        for name in pd.read_csv(file)["公众号"]:
            session.add(Account(platform="wechat", external_id=f"gh_{name}", name=name))
        session.commit()
        now = clock.instant(date(2026, 2, 3), 9)
        options = {"platform": "wechat", "now": now, "session": session, "period": "month", "until": MONTH}
        seen = preview(file.read_bytes(), file.name, account_name="", **options)
        outcome = take(session, seen, partial=False, who="benchmark", now=now)
        assert outcome.stored, outcome.words
        names = dict(session.execute(select(Account.id, Account.name)).all())
        return [
            {"name": names[line.account_id], "place": line.place, "value": line.value, **line.figures}
            for line in session.execute(select(BoardReading).order_by(BoardReading.place)).scalars()
        ]


def scored(line: dict) -> dict[str, float]:
    """Our scores of a line."""
    from core.metrics.indices import INDICES, Inputs

    inputs = Inputs(
        days=31, posts=int(line["发布篇数"]), reads=line["总阅读数"], headline_reads=line["头条"],
        reads_max=min(line["最高"], 100_001), likes=line["总点赞数"], wows=line["总点赞数"], headline_wows=0,
        wows_max=0,
    )
    return {key: INDICES[key].score(inputs).value for key in ("nri_2018", "wci_v13")}


def spearman(one: pd.Series, other: pd.Series) -> float:
    """Rank correlation: Pearson's of the ranks."""
    return float(one.rank().corr(other.rank()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PULSE_DATA_DIR"] = folder
        os.environ.pop("DATABASE_URL", None)
        lines = imported(chosen.data / TABLE)
    frame = pd.DataFrame([line | scored(line) for line in lines])
    table = pd.read_csv(chosen.data / TABLE)
    exact = frame[frame["平均_slack"].fillna(0) >= 0]
    off = (exact["总阅读数"] / exact["发布篇数"] / exact["平均"] - 1).abs()
    print(frame[["place", "name", "value", "nri_2018", "wci_v13"]].round(1).head(10).to_string(index=False))
    print(json.dumps({
        "accounts": len(frame), "of_the_table": len(table),
        "capped_maxima": int((frame["最高_slack"] < 0).sum()), "capped_likes": int((frame["总点赞数_slack"] < 0).sum()),
        "likes_of_the_first": [frame["总点赞数"][0], frame["总点赞数_slack"][0]],
        "averages_compared": len(exact), "average_off_at_most": round(float(off.max()), 5),
        "spearman_nri_2018": round(spearman(frame["nri_2018"], frame["value"]), 4),
        "nri_2018_mean_difference": round(float((frame["nri_2018"] - frame["value"]).abs().mean()), 2),
        "spearman_wci_v13": round(spearman(frame["wci_v13"], frame["value"]), 4),
    }, ensure_ascii=False))


if __name__ == "__main__":
    main()
