"""How well demands are folded to problems, on lines of the sample district's stories: made variations, no real demands.

`python -m benchmarks.demand_fold`. Pairs of one story should be together; pairs of stories of different kinds should
not; of like stories at two places it is open which is right, and their pairs count for neither.
"""

from datetime import date, timedelta
from itertools import combinations, count

from core import clock
from core.demo import events, local
from core.demo.grammar import dice
from core.demo.places import STREETS
from core.opinion.demand_fields import scheme
from core.opinion.demand_fold import Problems, Said, pairs, subject
from core.opinion.demand_rules import rules
from core.opinion.features import load_background
from core.opinion.gazetteer import KINDS, LEVELS, Own
from core.opinion.normal import normal
from core.opinion.places import Gazetteer, stem
from core.opinion.scenes import event_place
from core.settings import CATALOG

NOW = clock.instant(date(2026, 11, 20), 9)
SEEDS, PLACES = (1, 2), 3


def said() -> tuple[list[Said], dict[int, tuple], dict[int, str]]:
    """(demands in the order of asking, demand → its story, demand → its kind)."""
    places = Gazetteer.load(None, [*(Own(name, LEVELS[4], name, (stem(name),)) for name in STREETS), *local.places()])
    items: list[Said] = []
    story: dict[int, tuple] = {}
    kind: dict[int, str] = {}
    for seed in SEEDS:
        for one in (one for one in events.kinds("small") if one.board):
            for nth in range(PLACES):
                rng = dice(seed, one.key, nth)
                event = events._event(rng, one, (NOW - timedelta(days=10 + nth)).date(), 0.3)
                for _ in range(rng.choice((1, 3, 6))):
                    lines = (*one.board, *(one.forum if rng.random() < 0.4 else ()))
                    title = events._own_words(rng, "board", lines, event.words)
                    text = events._own_words(rng, "board", lines, event.words) if rng.random() < 0.4 else ""
                    id_ = len(items) + 1
                    items.append(_read(id_, NOW - timedelta(hours=rng.randrange(400)), title, text, places))
                    story[id_], kind[id_] = (seed, one.key, nth), one.key
    return sorted(items, key=lambda one: (one.at, one.id)), story, kind


def _read(id_, at, title: str, text: str, places: Gazetteer) -> Said:
    whole = f"{title}\n{text}"
    found = places.find(normal(whole))
    event = event_place(whole, found) if found else None
    place = event.place if event else found[0] if len({one.town for one in found}) == 1 else None
    names = tuple(one.name for one in found)
    field = scheme().tell(subject(title, names), subject(text, names)).value
    return Said(id_, at, field, title, text, place.town if place else "",
                place.name if place and place.level in KINDS else "", "", names)


def main() -> None:
    items, story, kind = said()
    problems = Problems(load_background(CATALOG / "text_background.npz"), rules().fold, count(1).__next__)
    groups: dict[int, list[int]] = {}
    for one in items:
        groups.setdefault(problems.add(one).group, []).append(one.id)
    found = pairs(groups.values())
    same = {pair for pair in combinations(sorted(story), 2) if story[pair[0]] == story[pair[1]]}
    right, wrong = found & same, {pair for pair in found if kind[pair[0]] != kind[pair[1]]}
    print(f"{len(items)} demands, {len(groups)} problems; pairs of one story together {len(right) / len(same):.1%}, "
          f"pairs together that belong together {len(right) / (len(right) + len(wrong)):.1%}")


if __name__ == "__main__":
    main()
