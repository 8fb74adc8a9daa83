"""List pages in the shapes of real ones: what stands around a list, how entries, titles and dates are marked up.

Each shape: its address, its HTML (bytes where it isn't UTF-8), and what a list of it holds.
"""

from dataclasses import dataclass

TITLES = [
    "区政府召开常务会议研究城市更新工作", "关于印发区养老服务发展“十五五”规划的通知",
    "本区三条道路今起封闭施工请注意绕行",
    "社区卫生服务中心延长夜间门诊至晚上九点", "全区老旧小区加装电梯累计突破一千台",
    "关于开展生活垃圾分类专项检查的公告",
    "春季义务教育阶段学校招生入学工作问答", "滨江公共空间新增十二处便民服务驿站", "区市场监管局公布食品抽检不合格名单",
    "老街修缮工程进入收尾阶段下月重新开放",
]
NAV = (
    '<div class="header"><ul class="nav">'
    + "".join(f'<li><a href="/{n}/">{n}栏目首页导航</a></li>' for n in ("要闻", "政务", "服务", "互动", "专题", "数据"))
    + "</ul></div>"
)
FOOT = (
    '<div class="footer"><ul class="links">'
    + "".join(f'<li><a href="https://www.site{n}.gov.cn/">友情链接单位网站{n}</a></li>' for n in range(8))
    + '</ul><a href="/about.html">关于我们</a></div><script>var _hmt = _hmt || [];</script>'
)
HOT = (
    '<div class="rightbar"><h3>热点排行</h3><ol class="rank">'
    + "".join(f'<li><em>{n}</em><a href="/hot/{n}.html">热门阅读文章标题第{n}篇</a></li>' for n in range(1, 9))
    + "</ol></div>"
)


@dataclass(frozen=True)
class Shape:
    """`dated`: whether its entries print a date; `next`: the proposal for the next page."""

    name: str
    url: str
    html: str | bytes
    dated: bool = True
    next: str = ""
    titles: tuple[str, ...] = tuple(TITLES)


def _page(body: str, title: str = "栏目列表", around: bool = True) -> str:
    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
    return f"{head}{NAV if around else ''}{body}{HOT + FOOT if around else ''}</body></html>"


def _each(template: str) -> str:
    return "".join(
        template.format(n=n, t=title, s=title[:10], day=f"{10 - n:02d}" if n < 9 else "01", id=1000 + n)
        for n, title in enumerate(TITLES)
    )


SHAPES = [
    Shape(  # 新民晚报: blocks in a channel, picture, title, lead and time
        "xinmin", "https://shanghai.xinmin.cn/xmsq/", _page(
            '<div class="channelmiddle"><div class="type_content_list">' + _each(
                '<div class="type_list_item"><a class="pic" '
                'href="https://news.xinmin.cn/2026/03/{day}/{id}.html"><img src="x.jpg"></a>'
                '<h2><a href="https://news.xinmin.cn/2026/03/{day}/{id}.html">{t}</a></h2><p>导语：'
                '记者今天从有关方面获悉，{t}，具体安排如下。</p><span class="time">2026-03-{day} 09:1{n}</span></div>'
            ) + "</div></div>", "新民晚报 上海社区"),
    ),
    Shape(  # 上观: whole cards are links, relative times
        "shobserver", "https://www.shobserver.com/news/list?section=41", _page(
            '<div class="chengshi_wz">' + _each(
                '<a class="news-card" href="/staticsg/res/html/web/newsDetail.html?id={id}">'
                '<div class="thumb"><img src="a.png"></div><div class="news-title">{t}</div><div class="news-meta">'
                '<span>上观新闻</span><span class="news-time">{n}小时前</span></div></a>'
            ) + "</div>", "上观新闻"),
    ),
    Shape(  # a district's 政务公开: TRS, lists of five, short titles with the full one as attribute
        "zwgk", "https://www.yunlan.gov.cn/zwgk/tzgg/index.html", _page(
            '<div class="container"><div class="list_left"><ul class="uli14 nowrapli list-date">' + _each(
                '<li><a href="./202603{day}/t202603{day}_{id}.html" title="{t}" target="_blank">{s}...</a>'
                '<span class="time">2026-03-{day}</span></li>'
            ) + '</ul><div class="page"><a href="index_1.html" class="p-next">下一页</a></div></div></div>'),
        next="a.p-next",
    ),
    Shape(  # 信息公开目录: a table with index number, title, date
        "table", "https://www.yunlan.gov.cn/xxgk/list.html", _page(
            '<table class="xxgk-list" width="100%"><tbody><tr><th>索引号</th><th>名称</th><th>发文日期</th>'
            '</tr>' + _each(
                '<tr><td class="idx">AB{id}</td><td class="name"><a href="/xxgk/detail_{id}.html">{t}</a></td>'
                '<td class="date">2026年03月{day}日</td></tr>'
            ) + '</tbody></table><div id="pager"><a href="list_2.html">下一页</a></div>'),
        next="list_{page}.html",
    ),
    Shape(  # day in large type above its month
        "bigday", "https://www.street.gov.cn/news/", _page(
            '<section class="news-wrap"><ul>' + _each(
                '<li class="item{n}"><div class="date-box"><b>{day}</b><i>2026-03</i></div><div class="txt"><h4>'
                '<a href="/news/content/{id}">{t}</a></h4><p>简介文字，{t}。</p></div></li>'
            ) + "</ul></section>"),
    ),
    Shape(  # 东方网: bare list in a named box, month and day only
        "eastday", "https://sh.eastday.com/24h/", _page(
            '<div id="left"><div id="newslist">' + _each(
                '<ul><li class="li1"><a href="//sh.eastday.com/a/2603{day}{id}.html">{t}</a></li>'
                '<li class="li2">03-{day} 08:2{n}</li></ul>'
            ) + "</div></div>", "东方网24小时"),
    ),
    Shape(  # a forum: forum link, title link, author link, replies, last post
        "forum", "https://bbs.yunlan.cn/forum-58-1.html", _page(
            '<table id="threadlisttableid">' + _each(
                '<tbody id="normalthread_{id}"><tr><td class="icn"><a href="thread-{id}-1-1.html" title="新窗口打开">'
                '<img></a></td><th class="common"><em>[<a href="forum-58-1.html?typeid={n}">民生</a>]</em> '
                '<a href="thread-{id}-1-1.html" class="s xst">{t}</a></th><td class="by"><cite>'
                '<a href="space-uid-{n}.html">网友{n}</a></cite>'
                '<em><span>2026-3-{day}</span></em></td><td class="num">'
                '<a href="thread-{id}-1-1.html" class="xi2">{n}2</a></td>'
                "</tr></tbody>"
            ) + '</table><div class="pg"><a href="forum-58-2.html" class="nxt">下一页</a></div>'),
        next="forum-58-{page}.html",
    ),
    Shape(  # hashed class names of a bundler around semantic elements
        "hashed", "https://news.example.cn/list", _page(
            '<div id="app"><main class="Layout_main__x8Kd2"><div class="css-1q2w3e4">' + _each(
                '<article class="css-9z8y7x Card_card__3fG7k"><h3 class="Card_t__1aB2c"><a href="/a/{id}">{t}</a></h3>'
                '<time datetime="2026-03-{day}T08:00:00+08:00">3月{day}日</time></article>'
            ) + "</div></main></div>"),
    ),
    Shape(  # an old page in gb2312: font and nested tables, dates in brackets behind the title
        "gb2312", "http://old.yunlan.gov.cn/news.asp", (
            '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>新闻</title>'
            '</head><body>'
            '<table class=main><tr><td><table class="news" border=0>' + _each(
                "<tr><td>·<a href='show.asp?id={id}'><font size=2>{t}</font></a> <font color=gray>[2026-3-{day}]"
                "</font></td></tr>"
            ) + "</table></td></tr></table></body></html>").encode("gb18030"),
    ),
    Shape(  # no dates printed, but in the addresses
        "undated", "https://www.yunlan.com.cn/xw/", _page(
            '<div class="main-list"><dl>' + _each(
                '<dd class="row"><a href="/xw/2026/03/{day}/{id}.shtml">{t}</a></dd>'
            ) + "</dl></div>"),
    ),
]
SCRIPTED = _page('<div id="app"><ul><li v-for="x in rows"><a :href="x.url">{{ x.title }}</a></li></ul></div>'
                 '<script>axios.get("list.json")</script>', "政务公开", around=False)
