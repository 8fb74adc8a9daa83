"""The forecast of the next seven days by rolling origin, on real series and on real cascades.

`python -m benchmarks.forecast --data ../shared/data [--step 5] [--theta 400]`. Reads whatever of the three sets lies in
the folder: `weibo_hot_search_history` (counts and heat by category, theme and word), `weibo_hot_titles_daily` (counts
by theme and word), `weibo_ced_rumor` (reposts of single posts by day and by hour). The constants of
core.opinion.forecast were chosen on the days up to TUNED and on the posts at even places; what is measured are the days
after, and the posts at odd places, forecast from those at even ones. Where a set has no days up to TUNED, all after its
first 60 are measured.

MASE: error in units of the mean change from day to day before the origin; sMAPE in percent of 200. AutoTheta
(statsforecast, benchmarks/requirements.txt) is tried on so many windows of each class, spread evenly, beside ours on
the same ones; without it that part is left out. The last line is one JSON object.
"""

import argparse
import json
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks import forecast_data as data
from core.opinion import forecast

try:
    from statsforecast.models import AutoTheta
except ImportError:
    AutoTheta = None

TUNED = {"weibo_hot_search_history": date(2025, 6, 30), "weibo_hot_titles_daily": date(2023, 6, 30)}
READERS: dict[str, Callable[[Path, date], list[data.Series]]] = {
    "weibo_hot_search_history": data.history, "weibo_hot_titles_daily": data.titles}
CASCADES = "weibo_ced_rumor"
LEAST_PAST = 60
DAILY, HOURLY = (1, 2, 3, 5, 7, 10), (6, 12, 24, 48)
H = forecast.HORIZON


def class_of(series: data.Series) -> str:
    size = "<1" if series.rate < 1 else "1-5" if series.rate <= 5 else ">5"
    return f"{'heat' if series.kind.endswith('heat') else 'count'} {size}"


class Tally:
    """Errors of one method over windows."""

    def __init__(self) -> None:
        self.mase: list[float] = []
        self.smape: list[float] = []

    def add(self, made: np.ndarray, actual: np.ndarray, scale: float) -> None:
        here = ~np.isnan(actual)
        made, actual = made[here], actual[here]
        self.mase.append(float(np.abs(made - actual).mean() / scale))
        self.smape.append(float(forecast._smape(made, actual).mean()))

    def row(self, name: str) -> dict[str, float]:
        mase, smape = float(np.mean(self.mase)), float(np.mean(self.smape))
        return {f"{name}_mase": round(mase, 3), f"{name}_smape": round(smape, 1)}


def steady(name: str, folder: Path, step: int, theta: int) -> dict[str, dict[str, object]]:
    """By class of series: what a line that is always drawn would do, what the drawn ones do, and the others."""
    until = TUNED[name]
    by_class: dict[str, list[tuple[data.Series, int]]] = defaultdict(list)
    for series in READERS[name](folder, until):
        begin = max(LEAST_PAST, (until - series.first).days + 1)
        for origin in range(begin, len(series.values) - H + 1, step):
            by_class[class_of(series)].append((series, origin))
    out: dict[str, dict[str, object]] = {}
    for kind, windows in sorted(by_class.items()):
        tallies: dict[str, Tally] = defaultdict(Tally)
        scores: list[forecast.Score] = []
        drawn_scores: list[forecast.Score] = []
        months: dict[tuple[int, int], list[bool]] = defaultdict(list)
        wins: dict[str, list[float]] = defaultdict(list)
        reasons: dict[str, int] = defaultdict(int)
        took: list[float] = []
        kept: list[tuple[data.Series, int, float]] = []
        for series, origin in windows:
            past, actual = series.values[:origin], series.values[origin : origin + H]
            if np.isnan(actual).all() or np.isnan(past[-7:]).all():
                continue
            counts = {series.first + timedelta(n): float(value) for n, value in enumerate(past)}
            begun = time.process_time()
            made = forecast.steady(counts)
            took.append(time.process_time() - begun)
            line = forecast.steady_line(series.first, past)
            if line.scale is None:
                continue
            kept.append((series, origin, line.scale))
            values = np.array(line.values)
            last, week = (one[0] for one in forecast._naives(past, np.array([origin]), H))
            others = {"all": values, "naive": last, "seasonal": week, "zero": np.zeros(H)}
            for method, figures in others.items():
                tallies[method].add(figures, actual, line.scale)
            came = {day: float(value) for day, value in zip(line.days, actual, strict=True)}
            fresh = forecast.scored(line, came)
            scores += fresh
            for score in fresh:
                months[score.day.year, score.day.month].append(score.inside)
            wins[series.name].append(tallies["naive"].mase[-1] - tallies["all"].mase[-1])
            if made.refusal:
                reasons[made.refusal.split("：")[0]] += 1
            else:
                tallies["drawn"].add(np.array(made.values), actual, line.scale)
                tallies["drawn_naive"].add(last, actual, line.scale)
                tallies["drawn_seasonal"].add(week, actual, line.scale)
                drawn_scores += forecast.scored(made, came)
        if not kept:
            continue
        row: dict[str, object] = {"series": len(wins), "windows": len(kept)}
        for method in ("all", "naive", "seasonal", "zero"):
            row |= tallies[method].row(method)
        row["all_coverage"] = _coverage(scores)
        row["worst_month_coverage"] = round(min(float(np.mean(one)) for one in months.values()), 3)
        row["series_better_than_naive"] = round(float(np.mean([np.mean(one) > 0 for one in wins.values()])), 3)
        row["drawn_share"] = round(len(tallies["drawn"].mase) / len(kept), 3)
        if drawn_scores:
            for method in ("drawn", "drawn_naive", "drawn_seasonal"):
                row |= tallies[method].row(method)
            row["drawn_coverage"] = _coverage(drawn_scores)
        row["refused"] = dict(sorted(reasons.items()))
        row["ms_cpu_median"] = round(1000 * float(np.median(took)), 2)
        row |= against_theta(kept, theta)
        out[kind] = row
        print(name, kind, json.dumps(row, ensure_ascii=False), flush=True)
    return out


def _coverage(scores: list[forecast.Score]) -> float:
    held = forecast.record(scores)
    return round(held.coverage, 3) if held and held.coverage is not None else float("nan")


def against_theta(windows: list[tuple[data.Series, int, float]], number: int) -> dict[str, float]:
    """AutoTheta beside ours on the same windows; nothing where statsforecast is not installed."""
    if AutoTheta is None:
        return {}
    tallies = {"theta": Tally(), "beside_theta": Tally()}
    inside: list[bool] = []
    took: list[float] = []
    chosen = windows[:: max(len(windows) // number, 1)] if number else []
    for series, origin, scale in chosen:
        past, actual = series.values[:origin], series.values[origin : origin + H]
        filled = forecast._filled(past)
        filled = filled[~np.isnan(filled)][-forecast.MEMORY :]
        begun = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = AutoTheta(season_length=7).forecast(y=filled, h=H, level=[80])
        took.append(time.process_time() - begun)
        mean = np.maximum(made["mean"], 0)
        tallies["theta"].add(mean, actual, scale)
        tallies["beside_theta"].add(np.array(forecast.steady_line(series.first, past).values), actual, scale)
        here = ~np.isnan(actual)
        inside += list((np.maximum(made["lo-80"], 0) <= actual)[here] & (actual <= made["hi-80"])[here])
    if not inside:
        return {}
    row = {"theta_windows": len(chosen), "theta_coverage": round(float(np.mean(inside)), 3),
           "theta_ms_cpu": round(1000 * float(np.median(took)), 1)}
    for method, tally in tallies.items():
        row |= tally.row(method)
    return row


def cascades(folder: Path, hours: int, horizon: int, ages: tuple[int, ...]) -> dict[str, object]:
    """By age: each method's error per event as a share of its highest step so far (`scaled`), in reposts (`mae`),
    sMAPE, coverage; and what `topic` decides."""
    curves = list(data.events(folder, hours, max(ages) + horizon).values())
    past = forecast.learn(curves[0::2], horizon, ages)
    rows: dict[str, object] = {"past_events": past.events, "events": len(curves[1::2])}
    if not past.trials:
        return rows
    for age in ages:
        errors: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
        chosen: dict[str, int] = defaultdict(int)
        for curve in curves[1::2]:
            seen, actual = curve[:age], curve[age : age + horizon]
            lines = forecast.topic_lines(seen, past)
            lines["naive"] = (np.full(horizon, seen[-1]),) * 3
            if hours == 24:
                made = forecast.topic({date(2024, 1, 1) + timedelta(n): float(one) for n, one in enumerate(seen)}, past)
                chosen[made.refusal or made.method] += 1
            for name, (middle, low, high) in lines.items():
                error = np.abs(actual - middle)
                errors[name].append((float(error.mean() / seen.max()), float(error.mean()),
                                     float(forecast._smape(middle, actual).mean()),
                                     float(((low <= actual + 1e-9) & (actual <= high + 1e-9)).mean())))
        row: dict[str, object] = {}
        for name, values in errors.items():
            scaled, mae, smape, coverage = np.mean(values, axis=0)
            row[name] = {
                "scaled": round(float(scaled), 4), "mae": round(float(mae), 3), "smape": round(float(smape), 1)}
            if name != "naive":
                row[name]["coverage"] = round(float(coverage), 3)
        if forecast.ANALOG in errors:
            # Events in which the analogs are nearer than zero, and in which zero is nearer.
            apart = np.array([a[1] - z[1] for a, z in zip(errors[forecast.ANALOG], errors[forecast.ZERO], strict=True)])
            row["analog_beats_zero"] = [int((apart < 0).sum()), int((apart > 0).sum())]
        if chosen:
            row["chosen"] = dict(chosen)
        rows[str(age)] = row
        print(f"{hours} h steps, age {age}", json.dumps(row, ensure_ascii=False), flush=True)
    return rows


def speed() -> float:
    """Milliseconds of CPU that one series of 400 days takes, the median of 200."""
    chance = np.random.default_rng(1)
    counts = {date(2024, 1, 1) + timedelta(n): float(one) for n, one in enumerate(chance.poisson(8, 400))}
    took = []
    for _ in range(200):
        begun = time.process_time()
        forecast.steady(counts)
        took.append(time.process_time() - begun)
    return round(1000 * float(np.median(took)), 2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--step", type=int, default=5, help="days between origins")
    options.add_argument("--theta", type=int, default=400, help="windows of each class for AutoTheta, 0 for none")
    chosen = options.parse_args()
    if AutoTheta is None:
        print("AutoTheta is left out: statsforecast is not installed (pip install -r benchmarks/requirements.txt)")
    found: dict[str, object] = {"ms_cpu_per_series": speed()}
    for name in READERS:
        if (chosen.data / name).is_dir():
            found[name] = steady(name, chosen.data / name, chosen.step, chosen.theta)
    if (chosen.data / CASCADES).is_dir():
        found[f"{CASCADES} daily"] = cascades(chosen.data / CASCADES, 24, H, DAILY)
        found[f"{CASCADES} hourly"] = cascades(chosen.data / CASCADES, 1, 24, HOURLY)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
