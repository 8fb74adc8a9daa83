"""The public survey page: GET and POST /s/KEY, and nothing else. A process of its own (`python -m core survey`).

It is public, so it can do nothing but show forms and take answers: it reads surveys and names of units, adds rows of
answers and numbers of refusals. No script, no cookie, no file. Speak HTTPS through a reverse proxy (docs/survey.md).
What protects it: body and field limits, a signed form that is taken once (core.survey.tokens), a field that only
machines fill in, the origin, limits by address kept in memory only (core.survey.guard), limits for all together.
"""

import asyncio
import logging
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core import clock, credentials, db, listening
from core.labels import SURVEY_LEVELS
from core.models import Survey
from core.records import clean
from core.settings import Settings, settings
from core.survey import answers, definition, pages, tokens
from core.survey.guard import Guard, client

log = logging.getLogger("pulse.survey")

MAX_BODY, MAX_FIELDS, PATIENCE = 8_000, 30, 15.0
CONNECTIONS = 200
KNOWN_FOR = timedelta(seconds=5)
"""How long a survey is shown as it was read: a flood of visitors is none for the database."""
SETTLED = 20.0
"""Seconds after which refusals are written down and readers told of new answers: not once for each of them."""
_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Known:
    """A survey as it was read, and what it offers."""

    survey: Survey
    units: Mapping[int, str]
    read_at: datetime


class _Wrong(Exception):
    """An answer that is shown again: (field, sentence), and the reason that it is counted under."""

    def __init__(self, reason: str, *wrong: tuple[str, str]):
        super().__init__(reason)
        self.reason, self.wrong = reason, wrong


class Site:
    """Start it and stop it (tests), or `serve` in the foreground."""

    def __init__(self, host: str, port: int, *, now: Callable[[], datetime] = clock.now):
        self._now, self._guard = now, Guard()
        self._books = ThreadPoolExecutor(1, "survey")
        self._key = credentials.derived(tokens.PURPOSE)
        self._known: dict[str, _Known | None] = {}
        self._known_at = now()
        self._refused: Counter[tuple[date, str]] = Counter()
        self._fresh, self._settling = 0, False
        self._socket = listening.listen(host, port, "满意度问卷", "PULSE_SURVEY_HOST 和 PULSE_SURVEY_PORT")
        self.port = self._socket.getsockname()[1]
        self._server = listening.server(self.app(), connections=CONNECTIONS, impatient=True)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="survey", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """Take nothing more; what is being kept is kept to its end."""
        self._server.should_exit = True
        if self._thread.ident:
            self._thread.join(timeout)
        self.settle()
        self._books.shutdown(wait=True)
        self._socket.close()

    def serve(self) -> bool:
        """Until a signal says to stop; False where the server ended by itself."""
        told = threading.Event()
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if number := getattr(signal, name, None):
                signal.signal(number, lambda *_: told.set())
        self.start()
        while self._thread.is_alive() and not told.wait(0.5):
            pass
        self.stop()
        return told.is_set()

    def settle(self) -> None:
        """Write down what was refused, tell readers of new answers, forget old forms."""
        self._books.submit(self._settle).result()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[
            Route("/s/{key}", self._show, methods=["GET"]), Route("/s/{key}", self._answer, methods=["POST"]),
            Route("/s/{key}/done", self._done, methods=["GET"]), Route("/health", _health, methods=["GET"]),
            Route("/robots.txt", _robots, methods=["GET"]),
        ], exception_handlers={404: _nothing, 405: _nothing, Exception: _failed})

    # --- Asked

    async def _show(self, request: Request) -> Response:
        if reason := self._guard.page(_from(request), self._now()):
            return self._turned_away(reason)
        known = await self._survey(request.path_params["key"])
        if known is None:
            return _notice("没有这份问卷", "请核对网址，或重新扫描二维码。", 404)
        if not definition.taking(known.survey, clock.day_of(self._now())):
            return _closed(known)
        unit_id, place = _asked(known, request)
        token = tokens.issue(self._key, known.survey.id, unit_id, definition.code_of(place) if place else "",
                             self._now())
        return _html(pages.form(_shown(known, unit_id, place), token, {}))

    async def _done(self, request: Request) -> Response:
        if reason := self._guard.page(_from(request), self._now()):
            return self._turned_away(reason)
        known = await self._survey(request.path_params["key"])
        if known is None:
            return _notice("没有这份问卷", "请核对网址，或重新扫描二维码。", 404)
        return _html(pages.thanks(known.survey.title, settings().office))

    # --- Answered

    async def _answer(self, request: Request) -> Response:
        address, key = _from(request), request.path_params["key"]
        if reason := self._guard.attempt(address, self._now()):
            return self._turned_away(reason, counted=True)
        known = await self._survey(key)
        if known is None:
            return _notice("没有这份问卷", "请核对网址，或重新扫描二维码。", 404)
        if not _own_page(request):
            return self._not_taken("origin", "请从问卷页面提交。", known, 403)
        try:
            given = _fields(request, await listening.body(request, MAX_BODY, patience=PATIENCE))
        except listening.Unread as fault:
            return self._not_taken("form", f"{fault.words}。", known, fault.status)
        except ValueError:
            return self._not_taken("form", "提交的内容不合格。请从问卷页面重新填写。", known, 400)
        try:
            form = tokens.read(self._key, given.get("token", ""))
            if form.survey_id != known.survey.id:
                raise tokens.Refused("forged")
        except tokens.Refused as fault:
            return self._not_taken(fault.reason, "页面校验不符，请重新打开问卷填写。", known, 400)
        place = next((one for one in known.survey.places if definition.code_of(one) == form.place), "")
        try:
            said = self._said(known, form, place, given)
            # A form that is sent in twice counts twice here: who does that is looked at as well.
            flag = self._guard.answered(address, self._now())
            await asyncio.get_running_loop().run_in_executor(self._books, self._keep, known.survey, said, form, flag)
        except _Wrong as fault:
            self._count(fault.reason)
            # The same form again, as old as it is: what was filled in stays, and nothing was used up.
            shown = pages.form(_shown(known, form.unit_id, place), given["token"], given, wrong=fault.wrong)
            return _html(shown, 422)
        except tokens.Refused as fault:
            words, status = _NOT_TAKEN.get(fault.reason, ("提交的内容不合格。请重新填写。", 400))
            if fault.reason == "closed":
                self._count("closed")
                return _closed(known)
            return self._not_taken(fault.reason, words, known, status)
        except Exception:
            log.exception("an answer could not be kept")
            return _notice("暂时不能提交", "系统繁忙，请稍后返回上一页再次提交。", 503)
        self._fresh += 1
        self._later()
        return RedirectResponse(f"/s/{known.survey.key}/done", 303, headers=pages.HEADERS)

    def _said(self, known: _Known, form: tokens.Form, place: str, given: Mapping[str, str]) -> answers.Said:
        """What a form says. Raises _Wrong or tokens.Refused."""
        now, survey = self._now(), known.survey
        if given.get(pages.TRAP, "").strip():
            raise _Wrong("trap", ("", "页面上有一栏请勿填写，您的浏览器可能自动填写了它；现已清空，请再次提交。"))
        try:
            tokens.in_time(form, now)
        except tokens.Refused as fault:
            if fault.reason == "early":
                raise _Wrong("early", ("", "提交得太快。请核对后再次提交。")) from fault
            raise
        if not definition.taking(survey, clock.day_of(now)):
            raise tokens.Refused("closed")
        wrong = [] if given.get("overall") in SURVEY_LEVELS else [("overall", "请选择总体满意程度")]
        text = clean(given.get("text", "")) if survey.wants_text else ""
        if len(text) > answers.MAX_TEXT:
            wrong.append(("text", f"意见和建议不超过 {answers.MAX_TEXT} 字，现有 {len(text)} 字"))
        if wrong:
            raise _Wrong("form", *wrong)
        unit_id = form.unit_id or None
        if unit_id is None and survey.by_unit and given.get("unit"):
            unit_id = int(given["unit"]) if given["unit"].isascii() and given["unit"].isdecimal() else 0
            if unit_id not in known.units:
                raise tokens.Refused("form")
        rated = {name: given[f"a{n}"] for n, name in enumerate(survey.aspects) if given.get(f"a{n}") in SURVEY_LEVELS}
        channel = given.get("channel", "")
        return answers.Said(given["overall"], unit_id, place, channel if channel in survey.channels else "", rated,
                            text)

    def _keep(self, survey: Survey, said: answers.Said, form: tokens.Form, flag: str) -> None:
        """On the one thread that writes."""
        with db.session() as session:
            answers.take(session, survey.id, said, form, flag=flag, now=self._now(), demo=survey.demo)
            session.commit()

    # --- Parts

    async def _survey(self, key: str) -> _Known | None:
        """The survey of that key as it was within the last seconds."""
        now = self._now()
        if abs(now - self._known_at) > KNOWN_FOR or len(self._known) > 1_000:
            self._known, self._known_at = {}, now
        if key not in self._known:
            self._known[key] = await asyncio.get_running_loop().run_in_executor(self._books, _read, key, now)
        return self._known[key]

    def _turned_away(self, reason: str, *, counted: bool = False) -> Response:
        if counted:
            self._count(reason)
        words = ("同一网络的提交过多，请稍后再试。" if reason == "flood" else "访问的人较多，请过一分钟再试。")
        answer = _notice("请稍后再试", words, 429)
        answer.headers["Retry-After"] = "60"
        return answer

    def _not_taken(self, reason: str, words: str, known: _Known, status: int) -> Response:
        self._count(reason)
        return _notice("没有提交成功", words, status, back=known.survey.key)

    def _count(self, reason: str) -> None:
        self._refused[clock.day_of(self._now()), reason] += 1
        self._later()

    def _later(self) -> None:
        """Settle within the next seconds, once for all that comes until then."""
        if not self._settling:
            self._settling = True
            asyncio.get_running_loop().call_later(SETTLED, lambda: self._books.submit(self._settle))

    def _settle(self) -> None:
        self._settling = False
        held, self._refused = self._refused, Counter()
        fresh, self._fresh = self._fresh, 0
        if not held and not fresh:
            return
        try:
            with db.session() as session:
                answers.refused(session, held)
                answers.forget_nonces(session, self._now())
                db.bump(session, self._now())
                session.commit()
        except Exception:
            log.exception("numbers of refused answers could not be written down")
            self._refused.update(held)
            self._fresh += fresh


_NOT_TAKEN = {
    "again": ("这份答卷已经提交过，不必重复提交。如要再次评价，请重新打开问卷。", 409),
    "late": ("页面打开时间过长，请重新打开问卷填写。", 400),
}


def _read(key: str, now: datetime) -> _Known | None:
    with db.session() as session:
        found = session.execute(select(Survey).where(Survey.key == key)).scalar() if len(key) <= 32 else None
        if found is None or found.state == "draft":
            return None
        units = definition.offered(session, found)
        session.expunge_all()
    return _Known(found, units, now)


def _asked(known: _Known, request: Request) -> tuple[int, str]:
    """(unit, place) that a link names, as far as the survey has them."""
    said = request.query_params.get("u", "")
    unit_id = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
    code = request.query_params.get("p", "")
    place = next((one for one in known.survey.places if definition.code_of(one) == code), "")
    return unit_id if unit_id in known.units else 0, place


def _shown(known: _Known, unit_id: int, place: str) -> pages.Shown:
    survey = known.survey
    name = known.units.get(unit_id, "")
    return pages.Shown(
        survey.key, survey.title, survey.intro, settings().office, known.units if survey.by_unit and not name else {},
        tuple(filter(None, (name, place))), survey.aspects, survey.channels, survey.wants_text, survey.demo)


def _from(request: Request) -> str:
    """The address of who asks."""
    peer = request.client.host if request.client else ""
    return client(peer, request.headers.getlist("x-forwarded-for"), settings().survey_proxies)


def _own_page(request: Request) -> bool:
    """Whether a form was sent from a page of ours. Old browsers say nothing of where it came from: then only the token
    tells."""
    fetched, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    if fetched and fetched not in ("same-origin", "none"):
        return False
    if not origin:
        return True
    own = {request.headers.get("host", "").lower()}
    if settings().survey_url:
        own.add(urlsplit(settings().survey_url).netloc.lower())
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() in own


def _fields(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a form. Raises ValueError for what is none: another type, too many fields, one twice, no UTF-8."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise ValueError("type")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("encoding")
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
                      max_num_fields=MAX_FIELDS)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _html(page: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status, headers=pages.HEADERS)


def _notice(title: str, words: str, status: int, *, back: str = "") -> HTMLResponse:
    return _html(pages.notice(title, words, settings().office, back=back), status)


def _closed(known: _Known) -> Response:
    opens = known.survey.opens_on
    ahead = known.survey.state == "open" and opens and opens > clock.day_of(known.read_at)
    words = f"本问卷将于 {opens.month}月{opens.day}日开放。" if ahead else "本问卷已结束，感谢您的关注。"
    return _notice("问卷还没有开放" if ahead else "问卷已结束", words, 410 if not ahead else 403)


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok", headers=pages.HEADERS)


async def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers=pages.HEADERS)


async def _nothing(_: Request, fault: Exception) -> Response:
    return _notice("没有这个页面", "请核对网址，或重新扫描二维码。", getattr(fault, "status_code", 404))


async def _failed(_: Request, fault: Exception) -> Response:
    return _notice("暂时打不开", "系统繁忙，请稍后再试。", 500)


def opened(knobs: Settings) -> Site | None:
    """The page as the settings want it, not started; None where they want none. Raises BadInput."""
    return Site(knobs.survey_host, knobs.survey_port) if knobs.survey_port else None
