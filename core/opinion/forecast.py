"""趋势预测: the next days of a daily series with an 80 % band, and whether a line may be drawn at all.

A steady series (a theme, a category, what a district is spoken of) is a damped level times the weekday; a topic is an
event, and goes the way that earlier events went from its age on. Both know what they would have said on past days and
how the naive forecasts (the day before; the same weekday; nothing at all) did there: what doesn't beat them is refused,
with the reason. A day of which nothing is known is missing, never 0. All is done on log1p, where errors are ratios: of
a topic's counts, and of a steady series in units of UNIT times its middle day that isn't 0, so that of heat, which is 0
or a million, the way from 0 to the first few is not the longest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from core.clock import days
from core.faults import BadInput
from core.metrics.cadence import day_off, holiday_names

HORIZON = 7
BAND = 0.8
"""Share of days that the band is to hold."""
LEAST_DAYS, LEAST_RATE = 14, 1.0
"""Known days, and mean a day over the last RATE_DAYS, below which no steady series is forecast."""
RATE_DAYS = 28
LEAST_SHARE = 0.5
"""Share of the last RATE_DAYS that must have something: heat is large on the day of a topic and 0 on all others."""
LEAST_RECENT = 3
"""Days known among the last seven."""
MEMORY = 400
"""Days looked at: the same holiday a year before is among them."""
TRIALS = 84
"""Past days from which a steady series is forecast once more, to see how it does."""
UNPREDICTABLE = "近期规律不足以预测"

# Chosen on early days of public hot-search series (docs/benchmarks.md); the error hardly depends on any of them.
FAST, SLOW_HALF_LIFE, DAMPING, SHARE = 0.3, 28.0, 0.87, 0.7
WEEKDAY_HALF_LIFE = 56.0
BASE_DAYS = 21
UNIT = 0.3
BAND_HALF_LIFE, BAND_STEP, BAND_TRIALS = 60.0, 0.005, 28
EXACT = 1e-9
"""Share of the level below which an error is none: a constant series has nothing that could be beaten."""
CEILING = 2.0
"""The band ends at so many times the highest day seen."""


@dataclass(frozen=True, slots=True)
class Record:
    """How forecasts did: mean absolute errors over so many forecast days, the naive forecast's on the same days
    (the last known day goes on), and, where they were tried, those of the same weekday before and of zero.

    `mase`: the error in units of the series' mean change from day to day; `smape`: percent, 0 to 200; `coverage`:
    share of days inside the band (in a steady series' own record, over the last BAND_TRIALS days on which one was
    made). None where there is nothing to say it from.
    """

    days: int
    error: float
    naive: float
    mase: float | None
    smape: float
    coverage: float | None
    seasonal: float | None = None
    zero: float | None = None

    @property
    def gain(self) -> float | None:
        """By what share the error is smaller than the naive forecast's; negative where it is larger."""
        return 1 - self.error / self.naive if self.naive else None

    @property
    def words(self) -> str:
        """One sentence in Chinese for the screen."""
        against = f"照搬最近一天为 {self.naive:.3g}"
        if self.gain is not None:
            against += f"（{'少' if self.gain >= 0 else '多'} {abs(self.gain):.0%}）"
        others = [f"{word}为 {value:.3g}" for word, value in (("照搬上周同日", self.seasonal), ("按零估计", self.zero))
                  if value is not None]
        parts = ["，".join([f"{self.days} 个预测日平均误差 {self.error:.3g}", against, *others])]
        if self.coverage is not None:
            parts.append(f"{BAND:.0%} 区间实际覆盖 {self.coverage:.0%}")
        return "；".join(parts)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected on `days`, in the series' unit: `low` ≤ `values` ≤ `high`, all at least 0. Where `refusal` gives
    a reason, there is no line: days and figures are empty. `naive`: what the naive forecast says of each day; `scale`:
    the mean change from day to day (None where it never changed); `record`: how the method did on the past."""

    days: tuple[date, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    naive: tuple[float, ...]
    method: str
    scale: float | None
    record: Record | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """One forecast day that has come: absolute errors of the forecast and of the naive one, and whether the actual
    figure lies inside the band. `horizon`: 1 is the first day."""

    day: date
    horizon: int
    value: float
    actual: float
    error: float
    naive: float
    inside: bool
    scale: float | None


def refused(reason: str, *, method: str = "", record: Record | None = None) -> Forecast:
    """A forecast without a line."""
    return Forecast((), (), (), (), (), method, None, record, reason)


def scored(forecast: Forecast, actual: Mapping[date, float | None]) -> tuple[Score, ...]:
    """The days of a forecast whose figures have come; what is missing (absent, None, NaN) is left out."""
    out = []
    for place, day in enumerate(forecast.days):
        came = actual.get(day)
        if came is None or came != came:
            continue
        value, naive = forecast.values[place], forecast.naive[place]
        inside = forecast.low[place] <= came <= forecast.high[place]
        out.append(Score(day, place + 1, value, float(came), abs(came - value), abs(came - naive), inside,
                         forecast.scale))
    return tuple(out)


def record(scores: Iterable[Score]) -> Record | None:
    """The record of forecasts whose days have come, of one series or of many; None without any."""
    all_ = list(scores)
    if not all_:
        return None
    value, actual, error, naive = (np.array([getattr(score, name) for score in all_])
                                   for name in ("value", "actual", "error", "naive"))
    scaled = [score.error / score.scale for score in all_ if score.scale]
    return Record(len(all_), float(error.mean()), float(naive.mean()), float(np.mean(scaled)) if scaled else None,
                  float(_smape(value, actual).mean()), sum(score.inside for score in all_) / len(all_))


def _smape(value: np.ndarray, actual: np.ndarray) -> np.ndarray:
    both = np.abs(value) + np.abs(actual)
    return np.divide(200 * np.abs(value - actual), both, out=np.zeros_like(both), where=both > 0)


def _dense(counts: Mapping[date, float | None]) -> tuple[date, np.ndarray]:
    """First day and the values from there to the last day named, NaN where nothing is known."""
    first, last = min(counts), max(counts)
    span = days(first, last)
    values = np.array([np.nan if (one := counts.get(day)) is None else one for day in span], dtype=float)
    if (wrong := np.flatnonzero((values < 0) | np.isinf(values))).size:
        raise BadInput(f"{span[wrong[0]]} 的数量 {values[wrong[0]]:g} 有误：应为不小于 0 的数，缺数请留空")
    return first, values


# Steady series.

SWAPPED = 7
"""The kind of a weekend day that is worked; 0 to 6 are weekdays, holidays come after it."""


GREAT = ("春节", "国庆节")


@lru_cache(maxsize=512)
def _kinds(first: date, number: int) -> tuple[np.ndarray, int]:
    """The kind of each of so many days, and the number of kinds. Each public holiday is one of its own, by name; where
    two run into one another, 中秋 and 国庆, all their days are of the greater one."""
    reach = timedelta(15)
    names = holiday_names(first - reach, first + timedelta(number - 1) + reach)
    for day in sorted(names):
        run = [day]
        while run[-1] + timedelta(1) in names:
            run.append(run[-1] + timedelta(1))
        great = next((one for one in GREAT for each in run if names[each].startswith(one)), names[day])
        names.update(dict.fromkeys(run, great))
    place = {name: SWAPPED + 1 + at for at, name in enumerate(sorted(set(names.values())))}
    kinds = [place[names[day]] if day in names
             else day.weekday() if day.weekday() < 5 or day_off(day) else SWAPPED
             for day in days(first, first + timedelta(number - 1))]
    return np.array(kinds), SWAPPED + 1 + len(place)


def _steady_logs(values: np.ndarray, first: date, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """log1p forecasts (origins × horizon) made from the `origins[i]` first days alone, and which of them rest on a
    holiday's effect that was seen before."""
    length = len(values)
    kinds, number = _kinds(first, length + horizon)
    known = (~np.isnan(values)).astype(float)
    logs = np.log1p(np.where(known > 0, values, 0.0))
    # What a day has over the ordinary days of the three weeks up to it.
    plain = known * (kinds[:length] <= SWAPPED)
    sums = np.concatenate([[0.0], np.cumsum(logs * plain)])
    counts = np.concatenate([[0.0], np.cumsum(plain)])
    ends = np.arange(length) + 1
    begins = np.maximum(ends - BASE_DAYS, 0)
    have = counts[ends] - counts[begins]
    told = known * (have >= 7)
    above = told * (logs - (sums[ends] - sums[begins]) / np.maximum(have, 1))

    lag = origins[:, None] - ends[None, :]
    seen = (lag >= 0).astype(float)
    lag = np.maximum(lag, 0)
    steps = np.arange(length)
    kind = (kinds[:length, None] == np.arange(number)[None, :]).astype(float)
    recent = seen * (0.5 ** (steps / WEEKDAY_HALF_LIFE))[lag]
    week, holidays = kind[:, :SWAPPED], kind[:, SWAPPED + 1 :]
    weight = recent @ (week * told[:, None])
    mean = (recent @ (week * above[:, None])) / np.maximum(weight, 1e-12)
    # Shrunk by what chance alone makes of so few days (empirical Bayes): the weekdays together, each holiday alone.
    square = recent @ (week * above[:, None] ** 2)
    chance = np.maximum(square - weight * mean**2, 0).sum(axis=1) / np.maximum(weight.sum(axis=1) - SWAPPED, 1)
    doubt = chance[:, None] / np.maximum(weight, 1e-12)
    mean -= mean.mean(axis=1, keepdims=True)
    true = np.maximum((mean**2 - doubt).mean(axis=1, keepdims=True), 0)
    effect = np.zeros((len(origins), number))
    effect[:, :SWAPPED] = mean * true / np.maximum(true + doubt, 1e-12)
    effect[:, SWAPPED] = effect[:, :5].mean(axis=1)
    times = seen @ (holidays * told[:, None])
    mean = (seen @ (holidays * above[:, None])) / np.maximum(times, 1)
    doubt = chance[:, None] / np.maximum(times, 1)
    effect[:, SWAPPED + 1 :] = mean * np.maximum(mean**2 - doubt, 0) / np.maximum(mean**2, 1e-12)

    def level(weights: np.ndarray) -> np.ndarray:
        total = np.maximum(weights @ known, 1e-12)
        return (weights @ (logs * known) - ((weights @ (kind * known[:, None])) * effect).sum(axis=1)) / total

    fast = level(seen * ((1 - FAST) ** steps)[lag])
    slow = level(seen * (0.5 ** (steps / SLOW_HALF_LIFE))[lag])
    ahead = np.arange(horizon)
    coming = kinds[origins[:, None] + ahead[None, :]]
    out = slow[:, None] + (fast - slow)[:, None] * (SHARE * DAMPING**ahead)[None, :]
    rests = (coming > SWAPPED) & (np.take_along_axis(np.pad(times, ((0, 0), (SWAPPED + 1, 0))), coming, axis=1) > 0)
    return np.maximum(out + np.take_along_axis(effect, coming, axis=1), 0.0), rests


def _filled(values: np.ndarray) -> np.ndarray:
    """Each day's value, or that of the last day before it that is known; NaN before the first."""
    at = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(at >= 0, values[at], np.nan)


def _naives(values: np.ndarray, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """What the last known day, and the same weekday of the last week, say from each origin (origins × horizon)."""
    last = np.repeat(_filled(values)[origins - 1][:, None], horizon, axis=1)
    week = origins[:, None] - 7 + np.arange(horizon)[None, :] % 7
    before = np.where(week >= 0, values[np.maximum(week, 0)], np.nan)
    return last, np.where(np.isnan(before), last, before)


def _weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The smallest value that at least this share of the weight is at or below; outside 0 to 1, the extremes."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    at = int(np.searchsorted(total, share * total[-1] * (1 - 1e-12)))
    return float(values[order][min(at, len(values) - 1)])


def _band(missed: np.ndarray, made: np.ndarray, now: int, horizon: int) -> tuple[np.ndarray, np.ndarray, float | None]:
    """How far below and above the forecast the band reaches on log1p, for each day ahead, from what earlier forecasts
    missed by (origins × horizon, NaN where it isn't known), made after `made` days; and the share of days that such
    bands held of late.

    Conformal, and adaptive: on the last BAND_TRIALS origins each tail's nominal share is moved after each day, wider
    after a miss and narrower after a hit, so that the coverage holds while the series drifts.
    """
    ahead = np.arange(horizon)
    size = np.nanmean(np.abs(missed)) if (~np.isnan(missed)).any() else 0.0
    counts = (~np.isnan(missed)).sum(axis=0)
    spread = (np.nansum(np.abs(missed), axis=0) + 20 * size) / (counts + 20)
    spread = np.maximum.accumulate(np.where(spread > 0, spread, 1.0)) if size > 0 else np.ones(horizon)
    resolved = np.broadcast_to(made[:, None] + ahead[None, :] + 1, missed.shape)
    whole = ~np.isnan(missed)
    scores = (missed / spread)[whole]
    when, start, far = (array[whole] for array in (
        resolved, np.broadcast_to(made[:, None], missed.shape), np.broadcast_to(ahead[None, :], missed.shape)))
    order = np.lexsort((far, when))
    scores, when, start = scores[order], when[order], start[order]
    if not len(scores):
        return np.zeros(horizon), np.zeros(horizon), None
    tail = (1 - BAND) / 2
    low = high = tail
    held = []
    judged = np.flatnonzero(start >= now - BAND_TRIALS - horizon)
    weight = 0.5 ** ((now - when) / BAND_HALF_LIFE)
    before = (when[None, :] <= start[judged, None]).astype(float)
    total = before @ weight
    under = np.einsum("ij,ij,j->i", before, scores[None, :] < scores[judged, None], weight)
    up_to = np.einsum("ij,ij,j->i", before, scores[None, :] <= scores[judged, None], weight)
    for one in range(len(judged)):
        if total[one] < 10:
            continue
        # Ties (counts of zero) are inside the band.
        below, above = up_to[one] / total[one] < low, under[one] / total[one] > 1 - high
        held.append(not (below or above))
        low = min(max(low + BAND_STEP * (tail - below), 0.01), 0.25)
        high = min(max(high + BAND_STEP * (tail - above), 0.01), 0.25)
    # The finite-sample step of conformal bands counts days, since what one day is missed by from several is alike.
    step = 1 + 1 / len(np.unique(when))
    bottom = _weighted_quantile(scores, weight, 1 - (1 - low) * step)
    top = _weighted_quantile(scores, weight, (1 - high) * step)
    return np.minimum(bottom, 0) * spread, np.maximum(top, 0) * spread, float(np.mean(held)) if held else None


def _scale(values: np.ndarray) -> float | None:
    changes = np.abs(np.diff(values))
    changes = changes[~np.isnan(changes)]
    return float(changes.mean()) if len(changes) and changes.mean() > 0 else None


def steady(counts: Mapping[date, float | None], horizon: int = HORIZON) -> Forecast:
    """The days after the last one in `counts`, for a series that goes on (a theme, a category, all mentions). Days that
    are absent, None or NaN are missing. Refused below LEAST_DAYS known days, with gaps at the end, below LEAST_RATE a
    day or mostly 0, and where the method does not beat every naive forecast on the series' own past.

    Raises BadInput for a negative or infinite figure.
    """
    if not counts:
        return refused("没有历史数据，无法预测")
    first, values = _dense(counts)
    known = int((~np.isnan(values[-MEMORY:])).sum())
    if known < LEAST_DAYS:
        return refused(f"历史不足：只有 {known} 天有数据，至少要 {LEAST_DAYS} 天")
    if (recent := int((~np.isnan(values[-7:])).sum())) < LEAST_RECENT:
        return refused(f"近期缺数：最近 7 天只有 {recent} 天有数据，补齐后再预测")
    late = values[-RATE_DAYS:][~np.isnan(values[-RATE_DAYS:])]
    if (rate := float(late.mean())) < LEAST_RATE:
        return refused(f"数量太少：近 {len(late)} 天平均每天 {rate:.2g}，不足 {LEAST_RATE:g}，看不出规律")
    if (busy := int((late > 0).sum())) < LEAST_SHARE * len(late):
        return refused(f"数量太少：近 {len(late)} 天只有 {busy} 天不为零，看不出规律")
    made = steady_line(first, values, horizon)
    past = made.record
    if past is None:
        return refused(UNPREDICTABLE, method=made.method)
    rivals = [one for one in (past.naive, past.seasonal, past.zero) if one is not None]
    if past.error >= min(rivals) and past.error > EXACT * rate:
        return refused(UNPREDICTABLE, method=made.method, record=past)
    return made


def steady_line(first: date, values: np.ndarray, horizon: int = HORIZON) -> Forecast:
    """What `steady` would draw, whether or not it may be drawn: for judging the method. `values` by day, NaN where
    missing, one known at least among the last MEMORY. The record is None where no day can be held against its line."""
    cut = max(len(values) - MEMORY, 0)
    values, first = values[cut:], first + timedelta(cut)
    length = len(values)
    begun = int(np.flatnonzero(~np.isnan(values))[0]) + 7
    origins = np.unique(np.append(np.arange(max(begun, length - TRIALS), length), length))
    # One unit for all origins: that it knows of later days changes the scale that errors are seen on, not the level.
    some = values[values > 0]
    unit = max(1.0, UNIT * float(np.median(some))) if len(some) else 1.0
    logs, rests = _steady_logs(values / unit, first, origins, horizon)
    ahead = origins[:-1, None] + np.arange(horizon)[None, :]
    actual = np.where(ahead < length, values[np.minimum(ahead, length - 1)], np.nan)
    below, above, coverage = _band(np.log1p(actual / unit) - logs[:-1], origins[:-1], length, horizon)
    last, week = _naives(values, origins, horizon)
    value = np.expm1(logs) * unit
    whole = ~np.isnan(actual)
    scale = _scale(values)
    past = None
    if whole.any():
        error, naive, seasonal = (float(np.abs(actual - made[:-1])[whole].mean()) for made in (value, last, week))
        past = Record(int(whole.sum()), error, naive, error / scale if scale else None,
                      float(_smape(value[:-1], np.where(whole, actual, 0.0))[whole].mean()), coverage, seasonal,
                      float(actual[whole].mean()))
    # A ratio that was missed by when there was next to nothing would reach beyond all measure.
    low = np.clip(np.expm1(logs[-1] + below) * unit, 0.0, value[-1])
    ceiling = CEILING * np.nanmax(values)
    high = np.maximum(np.expm1(np.minimum(logs[-1] + above, np.log1p(ceiling / unit))) * unit, value[-1])
    begins = first + timedelta(length)
    return Forecast(
        tuple(begins + timedelta(n) for n in range(horizon)), tuple(map(float, value[-1])), tuple(map(float, low)),
        tuple(map(float, high)), tuple(map(float, last[-1])),
        "阻尼水平 × 星期规律" + (" × 节假日规律" if rests[-1].any() else ""), scale, past)


# Topics: events that rise and fall.

ALIKE = 40
"""Past events that a topic is held against, at most a third of them."""
LEAST_ANALOGS, LEAST_EVENTS = 30, 20
"""Finished events that analogs, and a rate of decay, need."""
AGES = (1, 2, 3, 4, 5, 7, 10, 14, 21, 30)
"""Ages in days at which past events are tried; past the last one a topic counts as a steady series."""
TRIED = 300
"""Past events that each age is tried on, at most, evenly over all."""
SPAN, FADING, LIFT, MASS = 14, 0.7, 0.3, 0.5
"""Days of a curve that are compared; how much less each day before weighs; the share of the difference in level that
is carried on; the weight of the sum so far."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How each way to forecast did on past events of one age, each event held against the others. Errors are shares of
    the event's highest day; `below`, `above`: how far the band goes beyond the method's own, by day ahead."""

    events: int
    rate: float
    error: dict[str, float]
    smape: dict[str, float]
    mase: dict[str, float | None]
    naive: float
    below: dict[str, np.ndarray]
    above: dict[str, np.ndarray]
    coverage: dict[str, float]


@dataclass(frozen=True, slots=True)
class Past:
    """What was learned from finished events (`learn`): their curves as log1p, from the first day, and by age how each
    method does on them."""

    curves: np.ndarray
    horizon: int
    trials: dict[int, Trial]

    @property
    def events(self) -> int:
        return len(self.curves)


def learn(curves: Iterable[Sequence[float | None]], horizon: int = HORIZON, ages: Sequence[int] = AGES) -> Past:
    """What finished events tell: for each the counts of each day (or any other step) from its first one. Days after an
    event's last are 0, since it is finished; gaps within are bridged on log1p; events without anything are left out.

    Raises BadInput for a negative or infinite figure.
    """
    length = max(ages) + horizon
    kept = []
    for number, curve in enumerate(curves, 1):
        values = np.array([np.nan if one is None else one for one in curve], dtype=float)
        if ((values < 0) | np.isinf(values)).any():
            raise BadInput(f"第 {number} 个既往话题的数量有误：应为不小于 0 的数，缺数请留空")
        positive = np.flatnonzero(values > 0)
        if not len(positive):
            continue
        logs = np.log1p(values[positive[0] :])
        known = np.flatnonzero(~np.isnan(logs))
        logs = np.interp(np.arange(known[-1] + 1), known, logs[known])[:length]
        kept.append(np.pad(logs, (0, length - len(logs))))
    table = np.array(kept).reshape(len(kept), length)
    past = Past(table, horizon, {})
    if len(table) >= LEAST_EVENTS:
        past.trials.update((age, _trial(past, age)) for age in sorted(ages))
    return past


def _alike(past: Past, logs: np.ndarray, own: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle, low and high on log1p (queries × horizon) from the past events most like each query (queries × age, NaN
    where missing; its last day is known). `own`: each query's own place among the past events, which is left out."""
    age = logs.shape[1]
    begin = max(age - SPAN, 0)
    here, there = logs[:, begin:], past.curves[:, begin:age]
    known = ~np.isnan(here)
    weight = known * FADING ** np.arange(age - begin)[::-1]
    filled = np.where(known, here, 0.0)
    # Σ w (x - y)², multiplied out.
    apart = ((weight * filled**2).sum(axis=1)[:, None] - 2 * (weight * filled) @ there.T + weight @ (there**2).T)
    apart /= weight.sum(axis=1, keepdims=True)
    seen = (~np.isnan(logs)).astype(float)
    mass = np.log1p(np.expm1(np.where(seen > 0, logs, 0.0)).sum(axis=1))[:, None]
    apart += MASS * (mass - np.log1p(seen @ np.expm1(past.curves[:, :age]).T)) ** 2
    if own is not None:
        apart[np.arange(len(logs)), own] = np.inf
    number = min(ALIKE, past.events // 3)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, :number]
    future = past.curves[nearest, age : age + past.horizon]
    lift = LIFT * (logs[:, -1][:, None] - past.curves[nearest, age - 1])
    # What fell silent stays silent, whatever the level.
    future = np.sort(np.where(future > 0, np.maximum(future + lift[:, :, None], 0.0), 0.0), axis=1)
    low, middle, high = (future[:, round(share * (number - 1))] for share in ((1 - BAND) / 2, 0.5, (1 + BAND) / 2))
    return middle, low, high


ANALOG, DECAY, ZERO = "类比既往话题", "按既往话题的衰减速度", "按既往话题归零"


def _ways(past: Past, logs: np.ndarray, rate: float, own: np.ndarray | None = None) -> dict[str, tuple]:
    """Middle, low and high on log1p by method, for queries as of `_alike`."""
    ahead = np.arange(1, past.horizon + 1)
    fading = np.log1p(np.expm1(logs[:, -1:]) * rate ** ahead[None, :])
    zero = np.zeros_like(fading)
    ways = {DECAY: (fading, fading, fading), ZERO: (zero, zero, zero)}
    if past.events >= LEAST_ANALOGS:
        ways[ANALOG] = _alike(past, logs, own)
    return ways


def _trial(past: Past, age: int) -> Trial:
    own = np.unique(np.linspace(0, past.events - 1, min(past.events, TRIED)).round().astype(int))
    logs, future = past.curves[own, :age], past.curves[own, age : age + past.horizon]
    actual = np.expm1(future)
    size = np.expm1(past.curves[own].max(axis=1))[:, None]
    last = np.expm1(logs[:, -1:])

    def error(values: np.ndarray) -> float:
        return float((np.abs(actual - values) / size).mean())

    ahead = np.arange(1, past.horizon + 1)[None, :]
    rate = min((n / 50 for n in range(50)), key=lambda one: error(last * one**ahead))
    ways = _ways(past, logs, rate, own)
    changes = np.abs(np.diff(np.expm1(logs), axis=1)).mean(axis=1, keepdims=True) if age > 1 else last
    moving = changes[:, 0] > 0
    made = {name: np.expm1(way[0]) for name, way in ways.items()}
    # Conformal, each tail and day ahead apart: what must be added to the method's own band on log1p.
    at = min(int(np.ceil((1 + BAND) / 2 * (len(own) + 1))), len(own)) - 1
    above = {name: np.sort(future - way[2], axis=0)[at] for name, way in ways.items()}
    below = {name: -np.sort(way[1] - future, axis=0)[at] for name, way in ways.items()}
    coverage = {}
    for name, way in ways.items():
        low, high = _stretched(way, below[name], above[name])
        coverage[name] = float(((low <= future + 1e-9) & (future <= high + 1e-9)).mean())
    return Trial(
        len(own), rate, {name: error(values) for name, values in made.items()},
        {name: float(_smape(values, actual).mean()) for name, values in made.items()},
        {name: float((np.abs(actual - values) / np.maximum(changes, 1e-12))[moving].mean()) if moving.any() else None
         for name, values in made.items()},
        error(np.repeat(last, past.horizon, axis=1)), below, above, coverage)


def _stretched(way: tuple, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The conformal band on log1p around a method's middle."""
    middle, low, high = way
    return np.clip(low + below, 0.0, middle), np.maximum(high + above, middle)


def topic(counts: Mapping[date, float | None], past: Past) -> Forecast:
    """The days after the last one in `counts`, for an event: analogs among the past events, aligned at their age, where
    there are LEAST_ANALOGS, else the decay learned from them, or zero, if that did better on past events of this age.
    The record's errors are those of the past events, brought to this one's highest day. Older than the last of AGES, it
    is taken for a steady series. Refused without enough past events, and where the day before did better than all.

    Raises BadInput for a negative or infinite figure.
    """
    if not counts:
        return refused("没有历史数据，无法预测")
    first, values = _dense(counts)
    positive = np.flatnonzero(values > 0)
    if not len(positive):
        return refused("该话题还没有数量，无法预测")
    if past.events < LEAST_EVENTS:
        return refused(f"可类比的既往话题不足：只有 {past.events} 个，至少要 {LEAST_EVENTS} 个")
    values = values[positive[0] :]
    age = len(values)
    if age > max(past.trials):
        return steady(counts, past.horizon)
    if np.isnan(values[-LEAST_RECENT:]).all():
        return refused(f"近期缺数：最近 {LEAST_RECENT} 天都没有数据，补齐后再预测")
    made = topic_lines(values, past)
    trial = past.trials[max(one for one in past.trials if one <= age)]
    offered = [ANALOG, ZERO] if ANALOG in made else [DECAY, ZERO]
    method = min(offered, key=lambda name: trial.error[name])
    size = float(np.nanmax(values))
    held = Record(trial.events * past.horizon, trial.error[method] * size, trial.naive * size, trial.mase[method],
                  trial.smape[method], trial.coverage[method], zero=trial.error[ZERO] * size)
    if trial.error[method] >= trial.naive and trial.error[method] > EXACT:
        return refused(UNPREDICTABLE, method=method, record=held)
    value, low, high = made[method]
    ahead = [first + timedelta(int(positive[0]) + age + n) for n in range(past.horizon)]
    last = float(_filled(values)[-1])
    return Forecast(tuple(ahead), tuple(map(float, value)), tuple(map(float, low)), tuple(map(float, high)),
                    (last,) * past.horizon, method, _scale(values), held)


def topic_lines(values: np.ndarray, past: Past) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Values, low and high by method, for an event of these figures from its first step on (NaN where missing, not all
    of them): for judging the methods. `past` must have trials, and the event not be older than the last of them."""
    logs = np.log1p(values)[None, :]
    logs[0, -1] = np.log1p(_filled(values)[-1])
    trial = past.trials[max(one for one in past.trials if one <= len(values))]
    lines = {}
    for name, way in _ways(past, logs, trial.rate).items():
        low, high = _stretched(way, trial.below[name], trial.above[name])
        lines[name] = tuple(np.expm1(one[0]) for one in (way[0], low, high))
    return lines
