"""Lists of an account's posts that are read page by page, newest first (pure)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from core import clock


def silent(published: Iterable[datetime], before: date) -> list[date]:
    """The Shanghai days without a post from the oldest of a page's posts to the day before `before`: today for the
    first page, the day of the oldest post of the page before for a later one. Empty where the page has none."""
    days = {clock.day_of(at) for at in published}
    return [day for day in clock.days(min(days), before - timedelta(1)) if day not in days] if days else []


def oldest(published: Iterable[datetime], before: date) -> date:
    """The `before` of the next page."""
    return min((clock.day_of(at) for at in published), default=before)
