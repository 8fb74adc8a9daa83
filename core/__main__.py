"""The command line: `python -m core …`. Messages are Chinese; exit code 0 done, 1 refused or failed."""

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from core import clock, db
from core.faults import BadInput
from core.settings import ROOT, settings

LISTED = 20
"""Set-aside rows that are printed of one file."""


def main(argv: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        return options.do(options) or 0
    except (BadInput, ValueError) as error:
        print(f"未完成：{error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="政务新媒体与舆情平台的命令行")
    commands = parser.add_subparsers(required=True, metavar="命令")

    def command(name: str, help_: str, do) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_, description=help_)
        made.set_defaults(do=do)
        return made

    command("migrate", "建立或升级数据库", lambda o: db.migrate())
    run = command("run", "建库、（空库时）装入样例区，并启动后台进程和网页", _run)
    run.add_argument("--no-demo", action="store_true", help="空库时也不装入样例区")
    demo = command("demo", "装入或清除样例区（演示数据）", _demo)
    demo.add_argument("--remove", action="store_true", help="清除演示数据，真实数据不受影响")
    command("demands", "重新归并诉求（归并的门槛改动之后）", _demands)
    imported = command("import", "导入台账或平台导出文件", None).add_subparsers(required=True, metavar="内容")
    posts = imported.add_parser(
        "posts", help="导入平台后台的导出文件：发文、粉丝、每日汇总、榜单、APP 数据或 12345 工单（XLSX、XLS 或 CSV）"
    )
    posts.set_defaults(do=_import_posts)
    posts.add_argument("file", type=Path)
    posts.add_argument("--platform", required=True, help="平台代码，如 weibo")
    posts.add_argument("--account", default="", help="账号名称；台账中没有时自动建立。榜单和 12345 工单不用填")
    posts.add_argument("--year", type=int, help="文件中的日期没有年份时补上的年份")
    posts.add_argument("--made", type=date.fromisoformat, help="导出日期，如 2026-04-01；不填按文件推定，推不出按现在")
    posts.add_argument("--period", default="", choices=["day", "week", "month"], help="榜单周期；不填按文件推定")
    posts.add_argument("--until", type=date.fromisoformat, help="榜单的截止日期；不填按文件推定")
    posts.add_argument("--partial", action="store_true", help="有不合格的行时，仍导入其余合格的行")
    push = imported.add_parser("push", help="导入 APP 后台的推送文件（签名在文件中，或在旁边的 .sig 文件中）")
    push.set_defaults(do=_import_push)
    push.add_argument("file", type=Path)
    ledger = imported.add_parser("ledger", help="导入台账工作簿")
    ledger.set_defaults(do=_import_ledger)
    ledger.add_argument("file", type=Path)
    results = imported.add_parser("satisfaction", help="导入纸质问卷或 12345 回访的满意度结果（XLSX、XLS 或 CSV）")
    results.set_defaults(do=_import_satisfaction)
    results.add_argument("file", type=Path)
    results.add_argument("--source", required=True, choices=["paper", "hotline"],
                         help="paper 纸质问卷；hotline 12345 回访")
    results.add_argument("--month", default="", help="文件没有月份列时的月份，如 2026-10")
    for word, what, do in (("words", "敏感词", _import_words), ("places", "本区地点", _import_places)):
        listed = imported.add_parser(word, help=f"导入{what}（CSV，表头见“规则”）")
        listed.set_defaults(do=do)
        listed.add_argument("file", type=Path)
    exported = command("export", "导出", None).add_subparsers(required=True, metavar="内容")
    ledger = exported.add_parser("ledger", help="导出台账工作簿")
    ledger.set_defaults(do=_export_ledger)
    ledger.add_argument("file", type=Path)
    for word, what in (("words", "敏感词"), ("places", "本区地点")):
        listed = exported.add_parser(word, help=f"导出{what}（CSV）")
        listed.set_defaults(do=_export_list, what=word)
        listed.add_argument("file", type=Path)
    proof = exported.add_parser("proof", help="导出一份已签发报告的证明：所依据的原始数据，可在另一台机器上重新推算")
    proof.set_defaults(do=_export_proof)
    proof.add_argument("edition", type=int, help="报告编号，即网址中的 edition")
    proof.add_argument("folder", type=Path)
    command("collect", "立即采集全部到期的采集源，并汇总、归并", _collect)
    rollup = command("rollup", "汇总有变化的账号日", _rollup)
    rollup.add_argument("--rebuild", action="store_true", help="全部重新汇总")
    verified = command("verify", "核验一个月的数据：从原始数据重新推算每个数字，逐一比对", _verify)
    verified.add_argument("--month", default="", help="如 2026-10；不填为上月")
    verified.add_argument("--edition", type=int, metavar="编号",
                          help="在临时的空库中，只用原始数据重新推算这份已签发的报告，与签发时比对")
    verified.add_argument("--proof", type=Path, help="“export proof”导出的目录：在空库中由原始数据重新推算那份报告")
    command("understand", "对新到信息归并转载、归入话题", _understand)
    fitted = command("fit", "用本单位的标注校准", None).add_subparsers(required=True, metavar="内容")
    sentiment = fitted.add_parser(
        "sentiment", help="校准情感判断：用网页上的更正，以及标注文件（CSV 或 JSONL，列 text、label：正面、中性、负面）"
    )
    sentiment.set_defaults(do=_fit_sentiment)
    sentiment.add_argument("file", type=Path, nargs="?", help="标注文件；不填则只用网页上的更正")
    sentiment.add_argument("--export", type=Path, metavar="文件", help="把网页上的更正存为标注文件，不校准")
    report = command("report", "生成报告文件", _report)
    report.add_argument("--kind", default="monthly", help="monthly 月报；quarterly 季报；annual 年度全景报告；"
                        "unit 单位专报；board 榜单公报；另有按时段编制的其他报告")
    report.add_argument("--platform", default="", help="平台代码，如 weibo；单位专报、榜单公报不用填")
    report.add_argument("--period", "--month", dest="period", required=True, help="如 2020-02、2020Q1、2020、2020-W09")
    report.add_argument("--scope", default="all", help="all 全部；bureau 委办局；street 街镇；unit:编号；board:编号")
    report.add_argument("--out", type=Path, required=True, help="输出目录")
    signing = command("push-sign", "为一份推送内容计算请求头，供试推送时使用", _push_sign)
    signing.add_argument("file", type=Path)
    signing.add_argument("--key", required=True, help="密钥编号，即“APP 后台推送”凭据中填写的编号")
    command("survey", "只启动满意度问卷的公开网页（端口由 PULSE_SURVEY_PORT 指定）", _survey)
    command("doctor", "检查本机环境与数据，说明问题和办法", _doctor)
    return parser


def _run(options: argparse.Namespace) -> int:
    from core import serve

    return serve.run(with_demo=not options.no_demo)


def _demo(options: argparse.Namespace) -> int:
    from core import demo

    db.migrate()
    if options.remove:
        print(demo.remove().words)
    else:
        loaded = demo.load(now=clock.now(), progress=_progress)
        print(f"\n样例区已装入。{loaded.words}")
    return 0


def _demands(options: argparse.Namespace) -> int:
    from core.demands import reading

    db.migrate()
    with db.session() as session:
        reading.run(session, now=clock.now())
        print(reading.rebuild(session, who="命令行", now=clock.now()))
    return 0


def _progress(done: int, total: int, what: str = "") -> None:
    print(f"\r装入样例区 {done}/{total} {what:<20}", end="", flush=True)


def _import_posts(options: argparse.Namespace) -> int:
    from core import rollup
    from core.imports import importer
    from core.imports.made import moment_of

    db.migrate()
    if not options.file.is_file():
        raise BadInput(f"没有找到文件 {options.file}，请检查路径")
    now = clock.now()
    with db.session() as session:
        preview = importer.preview(
            options.file, options.file.name, platform=options.platform, account_name=options.account,
            now=now, year=options.year, session=session, period=options.period, until=options.until,
            observed_at=moment_of(options.made, now) if options.made else None,
        )
        outcome = importer.take(session, preview, partial=options.partial, who="命令行", now=clock.now())
        days = rollup.run(session)
        db.bump(session, clock.now())
        session.commit()
    for reject in [*preview.rejects, *preview.repeats][:LISTED]:
        print(f"  {reject.locator}　{reject.field}　{reject.reason}　{reject.raw[:40]}")
    for name in preview.strangers[:LISTED]:
        print(f"  台账中没有账号“{name}”，未导入")
    if (left := len(preview.rejects) + len(preview.repeats) - LISTED) > 0:
        print(f"  ……另有 {left} 处")
    print(outcome.words + (f"；汇总 {days} 个账号日" if outcome.stored else ""))
    return 1 if outcome.state == "refused" else 0


def _import_push(options: argparse.Namespace) -> int:
    import scheduler
    from core import rollup
    from core.imports import pushed

    db.migrate()
    if not options.file.is_file():
        raise BadInput(f"没有找到文件 {options.file}，请检查路径")
    print(pushed.take_file(options.file, scheduler.SOURCES["push"].parse, now=clock.now()))
    with db.session() as session:
        rollup.run(session)
        session.commit()
    return 0


def _push_sign(options: argparse.Namespace) -> int:
    from core.imports import pushed

    if not options.file.is_file():
        raise BadInput(f"没有找到文件 {options.file}，请检查路径")
    with db.session() as session:
        made = pushed.headers(session, options.file.read_bytes(), options.key, clock.now())
    for name, value in made.items():
        print(f"{name}: {value}")
    return 0


def _import_ledger(options: argparse.Namespace) -> int:
    from core import ledger

    db.migrate()
    if not options.file.is_file():
        raise BadInput(f"没有找到文件 {options.file}，请检查路径")
    with db.session() as session:
        print(ledger.import_workbook(session, options.file.read_bytes(), who="命令行").words)
        db.bump(session, clock.now())
        session.commit()
    return 0


def _export_ledger(options: argparse.Namespace) -> int:
    from core import ledger

    with db.session() as session:
        options.file.write_bytes(ledger.export_workbook(session))
    print(f"台账已导出到 {options.file}")
    return 0


def _import_satisfaction(options: argparse.Namespace) -> int:
    from core.survey import files

    db.migrate()
    month = clock.Month.parse(options.month) if options.month else None
    with db.session() as session:
        seen = files.look(session, _bytes(options.file), options.file.name, source=options.source, given=month,
                          now=clock.now())
        for flaw in seen.flaws[:LISTED]:
            print(f"  {flaw.sheet} 第 {flaw.row} 行　{flaw.column}　{flaw.reason}；{flaw.remedy}")
        print(files.take(session, seen, who="命令行", now=clock.now()))
        db.bump(session, clock.now())
        session.commit()
    return 0


def _import_words(options: argparse.Namespace) -> int:
    from core import words

    db.migrate()
    with db.session() as session:
        made = words.plan(session, words.read(_bytes(options.file), options.file.name))
        print(words.take(session, made, who="命令行", now=clock.now()))
        session.commit()
    return 0


def _import_places(options: argparse.Namespace) -> int:
    from core import district, own_places

    db.migrate()
    with db.session() as session:
        code = district.profile(session).code
        made = own_places.plan(session, own_places.read(session, _bytes(options.file), options.file.name, code))
        print(own_places.take(session, made, who="命令行", now=clock.now()))
        session.commit()
    return 0


def _bytes(file: Path) -> bytes:
    if not file.is_file():
        raise BadInput(f"没有找到文件 {file}，请检查路径")
    return file.read_bytes()


def _export_list(options: argparse.Namespace) -> int:
    from core import own_places, words

    with db.session() as session:
        text = (words if options.what == "words" else own_places).export(session)
    options.file.write_text(text, "utf-8", newline="")
    print(f"已导出到 {options.file}")
    return 0


def _collect(_: argparse.Namespace) -> int:
    import scheduler

    return scheduler.main(["--once"])


def _export_proof(options: argparse.Namespace) -> int:
    from core.recheck import proof

    with db.snapshot() as session:
        number = proof.export(session, options.edition, options.folder)
    print(f"已导出到 {options.folder}：原始数据 {number} 份。在另一台机器的空库中运行："
          "python -m core verify --proof 目录")
    return 0


def _recomputed(folder: Path) -> int:
    from core.recheck import proof
    from core.recheck.captured import parsers_of
    from scheduler import SOURCES

    db.migrate()
    found = proof.recompute(folder, parsers_of(SOURCES))
    print(f"《{found.title}》：读取原始数据 {found.captures} 份\n签发时 {found.issued}\n重新推算 {found.recomputed}")
    print("完全一致" if found.same else f"不一致：{len(found.differences)} 处不同")
    for row in found.differences.head(LISTED).itertuples(index=False):
        print(f"　{row.where}　{row.name}　签发时 {row.old}，重新推算 {row.new}")
    return 0 if found.same else 1


def _apart(edition: int) -> int:
    """Recompute an edition in an empty database of its own, which goes afterwards: in another process, so that nothing
    of this one's database or settings can be used."""
    from core.recheck import proof

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "proof"
        with db.snapshot() as session:
            proof.export(session, edition, folder)
        apart = os.environ | {"PULSE_DATA_DIR": str(Path(place) / "data"), "DATABASE_URL": ""}
        done = subprocess.run(  # noqa: S603 (our own interpreter and folder)
            [sys.executable, "-m", "core", "verify", "--proof", str(folder)], env=apart, cwd=ROOT, check=False,
            capture_output=True, text=True, encoding="utf-8")
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


def _verify(options: argparse.Namespace) -> int:
    if options.proof:
        return _recomputed(options.proof)
    if options.edition is not None:
        return _apart(options.edition)
    from core import jobs
    from core.models import Verification
    from core.periods import Period
    from core.recheck import findings, months
    from scheduler import SOURCES

    db.migrate()
    today = clock.day_of(clock.now())
    month = Period.parse(options.month).first if options.month else clock.Month.of(today).shift(-1).first
    with db.session() as session:
        id_ = months.ask(session, month, who="命令行", now=clock.now()).id
        session.commit()
    jobs.verify(SOURCES)
    with db.session() as session:
        one = session.get_one(Verification, id_)
    if one.state != "done":
        raise BadInput(one.note)
    print(f"{one.month:%Y年%m月}：核对数字 {one.figures:,} 个，不符 {one.wrong:,} 个，无法核验 {one.trusted:,} 个，"
          f"待汇总 {one.waiting:,} 个账号日；读取原始数据 {one.captures:,} 份、{one.size / 1e6:,.1f} MB")
    if one.said:
        print("舆情信息：核对 {figures:,} 项，不符 {wrong:,} 项，无法核验 {trusted:,} 项".format(**one.said))
    for found in [*one.findings[:LISTED], *one.said.get("findings", [])[:LISTED]]:
        head = (findings.KINDS[found["kind"]], findings.WHAT[found["what"]], found["account"], found["day"])
        print(f"　{'　'.join(head)}　"
              f"{found['stored'] or ''} → {found['expected'] or ''}　{found['note']}")
    if one.found > LISTED:
        print(f"　……共 {one.found:,} 处，其余见“数据质量”")
    return 1 if one.found or one.said.get("found") else 0


def _rollup(options: argparse.Namespace) -> int:
    from core import audit, rollup

    db.migrate()
    with db.session() as session:
        done = rollup.rebuild(session) if options.rebuild else rollup.run(session)
        if options.rebuild:
            audit.note(session, "命令行", "全部重新汇总", detail=f"{done} 个账号日")
        db.bump(session, clock.now())
        session.commit()
    print(f"已汇总 {done} 个账号日")
    return 0


def _understand(_: argparse.Namespace) -> int:
    from core import jobs

    db.migrate()
    print(f"已处理 {jobs.digest()[1]} 条信息")
    return 0


def _fit_sentiment(options: argparse.Namespace) -> int:
    from core import corrections
    from core.opinion import sentiment_fit

    db.migrate()
    with db.session() as session:
        own = corrections.marks(session)
    if options.export:
        if not own:
            raise BadInput("网页上还没有情感更正，没有可以导出的内容")
        options.export.write_bytes(sentiment_fit.written(own))
        print(f"网页上的更正 {len(own)} 条已存到 {options.export}")
        return 0
    if options.file and not options.file.is_file():
        raise BadInput(f"没有找到文件 {options.file}，请检查路径")
    given = sentiment_fit.read(options.file.read_bytes(), options.file.name) if options.file else []
    if not given and not own:
        raise BadInput("网页上还没有情感更正，请给出标注文件")
    print(f"网页上的更正 {len(own)} 条，标注文件 {len(given)} 条")
    folder = settings().data_dir
    former = sentiment_fit.in_force(folder)
    report = sentiment_fit.fit(sentiment_fit.joined(given, own), clock.now(), former=former)
    print("\n".join(report.lines))
    if not report.better:
        raise BadInput(report.reason)
    file = sentiment_fit.install(report.local, folder)
    kept = f"；原来的校准保留在 {file.with_name(sentiment_fit.FORMER)}" if former else ""
    print(f"已启用校准 {report.local.version}：{file}{kept}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from core import report
    from core.periods import Period
    from core.report.outline import Order

    db.migrate()
    order = Order(options.kind, Period.parse(options.period), options.platform, options.scope)
    with db.snapshot() as session:
        files = report.write(session, order, options.out, now=clock.now())
    for file in files:
        print(f"已生成 {file}")
    return 0


def _survey(_: argparse.Namespace) -> int:
    from core.survey import site

    if db.behind():
        raise BadInput("数据库还没有建立或升级，请先运行 python -m core migrate")
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what strangers send is not worth a line each
    page = site.opened(settings())
    if page is None:
        raise BadInput("没有设定端口。请设置环境变量 PULSE_SURVEY_PORT，如 8510")
    print(f"满意度问卷网页已启动：http://{settings().survey_host}:{page.port}", flush=True)
    return 0 if page.serve() else 1


def _doctor(_: argparse.Namespace) -> int:
    from core import doctor

    findings = doctor.examine(settings(), clock.now())
    for finding in findings:
        print(finding)
    return 1 if any(not finding.good for finding in findings) else 0


if __name__ == "__main__":
    raise SystemExit(main())
