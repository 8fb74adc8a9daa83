"""How long a report takes: `python -m benchmarks.report [--accounts N] [--data DIR]`.

Renders a content with a month of daily figures, four charts and a table of N accounts as PDF and Excel, twice: the
first time starts the chart engine. With `--data` the content is read from the JSON files (`Content.to_json`) of that
folder instead. Seconds are wall-clock and CPU. The last line is one JSON object.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from core.report import excel, pdf
from core.report.content import (
    Chart,
    Column,
    Content,
    Mean,
    Paragraph,
    Section,
    Series,
    Subject,
    Table,
)


def made_up(accounts: int) -> Content:
    """A report of the usual size, the same at every run."""
    days = [date(2026, 8, 1) + timedelta(n) for n in range(31)]
    series = [Series(name, tuple((n * step) % 90_000 for n in range(31)))
              for name, step in (("转发数", 7919), ("评论数", 4801), ("点赞数", 6007))]
    charts = [Chart(kind, f"每日互动{n}", "日期", tuple(days), tuple(series), "次")
              for n, kind in enumerate(("line", "stacked", "line", "stacked"), start=1)]
    rows = tuple((n + 1, f"街道发布{n}", f"第{n}街道办事处", 90 - n % 80, 900_000 - 11 * n, Mean(1234.5 + n),
                  999.5 - n / 7) for n in range(accounts))
    board = Table("账号数据", (
        Column("名次", "rank"), Column("账号"), Column("单位"), Column("发布数", "int"), Column("总阅读数", "count"),
        Column("平均阅读数", "mean"), Column("指数", "score")), rows)
    text = Paragraph("全区政务新媒体共发布信息1,482条，总阅读数不少于5432.1万次，环比增长12.3%。" * 6)
    return Content(
        Subject("monthly", "weibo", "2026-08", "all"), "2026年8月本区政务微博运营情况月报", "", "区新媒体中心",
        "本区", "政务微博", "月报", "2026年8月1日至8月31日", "全部账号", "最新值",
        datetime(2026, 9, 1, tzinfo=UTC), 1, False,
        (Section("总体情况", (text, text)), Section("互动情况", tuple(charts)),
         Section("账号数据", (board,), role="annex")),
    )


def measure(render: Callable[[Content], bytes], content: Content) -> dict[str, float]:
    """Seconds and size of one rendering."""
    wall, cpu = time.perf_counter(), time.process_time()
    size = len(render(content))
    return {"seconds": round(time.perf_counter() - wall, 2), "cpu_seconds": round(time.process_time() - cpu, 2),
            "bytes": size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=120)
    parser.add_argument("--data", type=Path, help="folder of content JSON files")
    options = parser.parse_args()
    contents = {"made_up": made_up(options.accounts)}
    if options.data:
        files = sorted(options.data.glob("*.json"))
        contents = {path.stem: Content.from_json(path.read_text("utf-8")) for path in files}
    found = {}
    for name, content in contents.items():
        for turn in ("first", "second"):
            for word, render in (("pdf", pdf.render), ("xlsx", excel.render)):
                found[f"{name}.{word}.{turn}"] = measure(render, content)
                print(name, word, turn, found[f"{name}.{word}.{turn}"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"accounts": options.accounts, "peak_mb": memory, "runs": found}, ensure_ascii=False))


if __name__ == "__main__":
    main()
