"""`python -m core run`: the whole system on one machine, started and stopped together."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from sqlalchemy import exists, select

from core import clock, db
from core.models import Account, Source
from core.settings import ROOT, settings
from core.survey import definition

GRACE_SECONDS = 30
"""How long a process may take to end its job before it is killed."""


def run(*, with_demo: bool) -> int:
    """Migrate, load the sample district into an empty database, start the processes; stop all on Ctrl-C."""
    db.migrate()
    if with_demo and _empty():
        from core import demo

        print("数据库是空的，正在装入样例区（演示数据），约一分钟……", flush=True)
        try:
            demo.load(now=clock.now(), topics=False, progress=_progress)  # the scheduler groups the topics at once
        except KeyboardInterrupt:
            print("\n已取消；再次运行时会重新装入或接着汇总", flush=True)
            return 130
        print("\n样例区已装入，可随时用 python -m core demo --remove 清除", flush=True)
    knobs = settings()
    address = f"http://{knobs.host}:{knobs.port}"
    # Each process leads a group of its own, so that Ctrl-C reaches only this one, which then stops them in order.
    own_group = {"start_new_session": True} if os.name == "posix" else {
        "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]
    }
    app = [
        sys.executable, "-m", "streamlit", "run", "streamlit_app.py",
        f"--server.address={knobs.host}", f"--server.port={knobs.port}",
    ]
    commands = [[sys.executable, "scheduler.py"], app]
    if knobs.survey_port:
        commands.append([sys.executable, "-m", "core", "survey"])
    children = [
        subprocess.Popen(command, cwd=ROOT, **own_group)  # noqa: S603 (our own interpreter and files)
        for command in commands
    ]
    stopping: list[int] = []
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda number, _: stopping.append(number))
    try:
        if _ready(address, children, stopping):
            survey = f"\n满意度问卷：{definition.link('…')}" if knobs.survey_port else ""
            print(f"\n系统已启动：{address}{survey}\n按 Ctrl-C 停止", flush=True)
        while not stopping and all(child.poll() is None for child in children):
            time.sleep(0.2)
    finally:
        codes = _stop(children)
    if stopping:
        print("\n系统已停止", flush=True)
        return 0
    return next((code for code in codes if code), 1)


def _empty() -> bool:
    with db.session() as session:
        return not session.execute(select(exists().select_from(Account) | exists().select_from(Source))).scalar()


def _progress(done: int, total: int, what: str = "") -> None:
    print(f"\r  {done}/{total} {what:<20}", end="", flush=True)


def _ready(address: str, children: list[subprocess.Popen], stopping: list[int]) -> bool:
    """Wait until the app answers; its first script run also teaches it the rooms' addresses for deep links."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not stopping and all(child.poll() is None for child in children):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/script-health-check", timeout=30) as answer:  # noqa: S310
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    return False


def _stop(children: list[subprocess.Popen]) -> list[int]:
    for child in children:
        if child.poll() is None:
            if os.name == "posix":
                child.terminate()
            else:
                child.send_signal(signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined]
    codes = []
    for child in children:
        try:
            codes.append(child.wait(GRACE_SECONDS))
        except subprocess.TimeoutExpired:
            child.kill()
            codes.append(child.wait())
    return codes
