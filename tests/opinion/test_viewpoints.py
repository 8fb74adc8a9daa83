"""Viewpoints: groups with verbatim quotes, an explicit remainder, stances by cues."""

import pytest

from core.faults import BadInput
from core.opinion.features import load_background
from core.opinion.viewpoints import STANCES, Comment, Frame, views
from core.settings import CATALOG

BACKGROUND = load_background(CATALOG / "text_background.npz")
FRAME = Frame.read((CATALOG / "stance.csv").read_text("utf-8"))
SAID = [
    "物业费涨得太离谱了，服务却越来越差", "物业费涨价可以，服务这么差凭什么涨", "物业费又涨了，服务越来越差，太离谱",
    "物业费涨价离谱，服务差", "希望街道尽快派人协调停水的事",
    "希望尽快恢复供水，家里有老人", "街道能不能尽快协调恢复供水",
    "支持政府，辛苦了", "呵呵，又是临时工", "今天吃了面条", "转发微博", "[怒]",
]


def test_like_comments_are_one_viewpoint_and_the_rest_is_said():
    comments = [Comment(n, text) for n, text in enumerate([*SAID, *SAID[:1] * 5])]
    netizens, media = views(comments, BACKGROUND, FRAME)
    assert media.comments == 0 and media.viewpoints == () and netizens.comments == len(comments)
    first = netizens.viewpoints[0]
    assert {SAID[n][:3] for n in first.quotes if n < len(SAID)} == {"物业费"} and first.number >= 8
    assert sum(one.number for one in netizens.viewpoints) + netizens.unsorted == netizens.comments
    assert netizens.unsorted >= 4 and 0 < netizens.unsorted_share < 1
    assert sum(netizens.stances.values()) == netizens.comments and set(netizens.stances) == set(STANCES)


def test_the_events_name_in_every_comment_is_nobodys_view():
    said = [f"#星月湾小区改造# {text}" for text in (
        "下水道照样堵没人管", "下水道还是堵，没人管", "说了半年，下水道堵着没人管", "没人管下水道，一下雨又堵",
        "窗户被脚手架封死了", "我家窗户让脚手架封了一个月", "脚手架封着窗户怎么开窗", "窗户外的脚手架什么时候拆",
        "这次把电线理顺了，不错", "电线总算理顺了", "电线理顺了，楼道清爽", "楼道电线理顺，点赞")]
    netizens, _ = views([Comment(n, text) for n, text in enumerate(said)], BACKGROUND, FRAME)
    assert len(netizens.viewpoints) == 3
    for one in netizens.viewpoints:
        assert len({n // 4 for n in one.quotes}) == 1


def test_media_are_reckoned_apart():
    comments = [Comment(n, text, media=n % 2 == 0) for n, text in enumerate(SAID)]
    netizens, media = views(comments, BACKGROUND, FRAME)
    assert netizens.comments == media.comments == len(SAID) // 2


@pytest.mark.parametrize("text, stance", [
    ("支持政府，辛苦了", "支持"), ("真的假的？求真相", "质疑求证"), ("太过分了，必须严惩这种黑心商家", "批评谴责"),
    ("建议尽快安装路灯", "诉求建议"), ("呵呵，又是临时工", "讽刺"), ("今天吃了面条", "其他"), ("", "其他"),
])
def test_stances(text, stance):
    assert FRAME.stance(text)[0] == stance


@pytest.mark.parametrize("row, said", [
    ("中立,随便,", "没有“中立”"), ("支持,(,", "写法有误"), ("支持,,", "是空的"), ("支持,a*,", "什么都符合"),
])
def test_a_wrong_line_of_the_frame_is_named(row, said):
    with pytest.raises(BadInput, match=f"第 2 行.*{said}"):
        Frame.read(f"stance,cue,note\n{row}\n")
