"""What a collector is lent for one run (its meaning: collectors.base.Desk)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock, credentials, limits, rereading
from core.collect.schedule import next_due
from core.collect.steps import Job
from core.db import chunks
from core.db import session as open_session
from core.faults import Fault
from core.models import Account, Mention, Post
from core.records import Wanted

Books = Callable[..., Awaitable[Any]]
"""Runs a function on the database's thread."""


class Desk:
    """One run's desk. `books` runs database steps; `lock` is the credential's, shared by all desks that use it."""

    def __init__(self, job: Job, http: Any, now: Callable[[], datetime], books: Books, lock: asyncio.Lock):
        self.http = http
        self.now = now()
        self.secrets: Mapping[str, str] = job.secrets
        self.accounts: Sequence[str] = job.accounts
        self.cursor: Mapping[str, Any] = job.cursor
        self._job, self._clock, self._books, self._lock = job, now, books, lock
        self._own_tokens: dict[str, dict] = {}
        self._key = f"credential:{job.credential_id}:" if job.credential_id else f"source:{job.source_id}:"

    async def token(
        self, name: str, make: Callable[[], Awaitable[tuple[str, float]]], *, stale: str = "", margin: float = 300
    ) -> str:
        async with self._lock:
            kept = (await self._books(self._tokens)).get(name)
            soon = (self._clock() + timedelta(seconds=margin)).isoformat()
            if kept and kept["value"] != stale and kept["until"] > soon:
                return kept["value"]
            value, seconds = await make()
            until = self._clock() + timedelta(seconds=seconds)
            self._own_tokens[name] = {"value": value, "until": until.isoformat()}
            if self._job.credential_id:
                await self._books(self._keep_token, name, value, until)
            return value

    def _tokens(self) -> dict[str, dict]:
        if not self._job.credential_id:
            return self._own_tokens
        with open_session() as session:
            return credentials.tokens(session, self._job.credential_id)

    def _keep_token(self, name: str, value: str, until: datetime) -> None:
        with open_session() as session:
            credentials.keep_token(session, self._job.credential_id, name, value, until)
            session.commit()

    async def keep_secret(self, name: str, value: str) -> None:
        self._job.secrets[name] = value
        if self._job.credential_id:
            await self._books(self._replace, name, value)

    def _replace(self, name: str, value: str) -> None:
        with open_session() as session:
            credentials.replace_field(session, self._job.credential_id, name, value, self._clock())
            session.commit()

    async def spend(self, what: str, limit: int, *, window: limits.Window = "day", n: int = 1) -> None:
        if await self._books(self._take, what, limit, window, n):
            return
        now = self._clock()
        end = limits.end_of(window, now)
        until = f"{clock.local(end):%m月%d日 %H:%M} 后继续"
        words = f"{limits.WORDS[window]}调用次数已用完（{what}，上限 {limit:,} 次），{until}"
        kind = "QUOTA" if window == "day" else "RETRY"
        raise Fault(kind, words, retry_after=max((end - now).total_seconds(), 1))

    def _take(self, what: str, limit: int, window: limits.Window, n: int) -> bool:
        with open_session() as session:
            taken = limits.take(session, self._key + what, limit, window=window, n=n, now=self._clock())
            session.commit()
            return taken

    async def exhausted(self, what: str, *, window: limits.Window = "day") -> None:
        await self._books(self._exhaust, what, window)

    def _exhaust(self, what: str, window: limits.Window) -> None:
        with open_session() as session:
            limits.exhaust(session, self._key + what, window=window, now=self._clock())
            session.commit()

    async def wanted(self, limit: int = 100) -> list[Wanted]:
        return await self._books(self._wanted, limit)

    def _wanted(self, limit: int) -> list[Wanted]:
        with open_session() as session:
            now = self._clock()
            ahead = next_due(now, self._job.period_seconds, daily_at=self._job.daily_at)
            return wanted(session, self._job.account_ids, now, limit, ahead)

    async def known(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        return await self._books(self._known, ids)

    def _known(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        with open_session() as session:
            for part in chunks(list(ids)):
                mine = (Mention.source_id == self._job.source_id, Mention.external_id.in_(part))
                found |= dict(session.execute(select(Mention.external_id, Mention.details).where(*mine)).all())
        return found


def wanted(
    session: Session, account_ids: Sequence[int], now: datetime, limit: int, ahead: datetime | None = None
) -> list[Wanted]:
    """The posts of these accounts that are due to be read again, the most urgent first; those that are gone only on the
    evenings of their checkpoints. `ahead`: when they could be read next after now."""
    found = []
    for part in chunks(account_ids):
        query = (
            select(Account.external_id, Post.external_id, Post.published_at, Post.url, Post.last_seen_at, Post.gone_at)
            .join(Account, Account.id == Post.account_id)
            .where(Post.account_id.in_(part), Post.published_at > now - rereading.REACH)
        )
        for account, external_id, published_at, url, read_at, gone_at in session.execute(query):
            there = gone_at is None or rereading.checkpoint(published_at, now, ahead)
            if there and rereading.due(published_at, read_at, now, ahead):
                urgency = rereading.urgency(published_at, read_at, now)
                found.append((urgency, Wanted(account, external_id, published_at, url)))
    found.sort(key=lambda pair: pair[0])
    return [post for _, post in found[:limit]]
