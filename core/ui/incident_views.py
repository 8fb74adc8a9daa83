"""走势 and 观点 of an incident: its curve, sentiment, what media and netizens say apart."""

import streamlit as st

from core import charts, clock, labels
from core.query import incident_mentions, topic_views
from core.query.incidents import File
from core.ui import topic_views as panels
from core.ui.ask import ask
from core.ui.incident_deeds import moment
from core.ui.incidents import this_minute
from core.ui.parts import Card, caption, cards, empty

_NOTHING = "还没有关联信息。请先在“信息”中关联。"


def curve(file: File) -> None:
    """How much was said when and where."""
    if not file.mentions:
        empty(_NOTHING)
        return
    now = this_minute()
    how = ask(incident_mentions.standing, file.head.id, now)
    change = None if how.day_before is None else labels.change(how.last_day, how.day_before)
    cards([
        Card("关联信息", f"{labels.thousands(how.mentions)} 条", help=f"合并转载后 {labels.thousands(how.texts)} 篇"),
        Card("近 24 小时新增", f"{labels.thousands(how.last_day)} 条",
             None if change in (None, labels.MISSING) else f"较前 24 小时 {change}"),
        Card("涉及平台", f"{how.platforms} 个", help="、".join(how.names)),
        Card(f"最高日 {how.peak[5:]}", f"{labels.thousands(how.peaked)} 条"),
    ])
    frame, hourly = ask(incident_mentions.curve, file.head.id)
    draw = charts.hourly_bars if hourly else charts.stacked_bars
    word = "每小时" if hourly else "每日"
    st.altair_chart(draw(frame, unit="条", value_name="信息量", title=f"{word}信息量（按平台）", height=320),
                    alt=f"事件{word}信息量的柱状图，按平台分色")
    caption(f"最早 {moment(how.first_at)}，最近 {moment(how.last_at)}。按发布时间统计；"
            "来源没有给出发布时间的，以首次采集的时间为准。")


def views(file: File) -> None:
    """Sentiment of what is linked; viewpoints of the topics, media and netizens apart."""
    if not file.mentions:
        empty(_NOTHING)
        return
    _feelings(file)
    topics = {topic.topic_id: f"{topic.title}（{topic.mentions} 条）" for topic in file.topics}
    others = ask(incident_mentions.unfollowed, file.head.id)
    topics |= {int(row.topic_id): f"{row.title}（{row.inside} 条）" for row in others.itertuples()}
    if not topics:
        st.markdown("**观点**")
        caption("关联的信息还没有形成话题，不作归纳。")
        return
    chosen = next(iter(topics))
    if len(topics) > 1:
        chosen = st.selectbox("话题", list(topics), key=f"incident_views_{file.head.id}",
                              format_func=lambda one: topics[one])
    size = next((topic.mentions for topic in file.topics if topic.topic_id == chosen), labels.VIEWED_FROM)
    panels.viewpoints(ask(topic_views.seen, chosen), size)


def _feelings(file: File) -> None:
    how = ask(incident_mentions.standing, file.head.id, this_minute())
    st.markdown("**情感**")
    if not how.felt:
        caption("关联的信息还没有判断情感，稍后自动更新。")
        return
    order = ("正面", "中性", "负面")
    cards([Card(label, f"{how.numbers[label] / how.felt:.0%}", help=f"{labels.thousands(how.numbers[label])} 条")
           for label in order])
    most = incident_mentions.FELT
    newest = f"按最新 {labels.thousands(most)} 条统计：" if how.mentions > most else ""
    left = min(how.mentions, most) - how.felt
    caption(newest + "、".join(f"{label} {labels.thousands(how.numbers[label])} 条" for label in order)
            + (f"；另有 {labels.thousands(left)} 条未作判断" if left else "")
            + f"。负面占比的误差至多 ±{how.margin * 100:.0f} 个百分点，截至 {clock.local(clock.now()):%m-%d %H:%M}。")
