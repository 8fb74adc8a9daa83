"""One module per source: it knows its network protocol, and nothing of database or screen."""

from collectors.apple import APPLE
from collectors.base import Collector
from collectors.bilibili import BILIBILI
from collectors.bilibili_public import BILIBILI_PUBLIC
from collectors.douyin import DOUYIN
from collectors.feed import FEED
from collectors.gsdata import GSDATA
from collectors.hotlist import HOTLIST
from collectors.huawei import HUAWEI
from collectors.kuaishou import KUAISHOU
from collectors.liuyan import LIUYAN
from collectors.newrank import NEWRANK
from collectors.page import PAGE
from collectors.push import PUSH
from collectors.rsshub import RSSHUB
from collectors.sitemap import SITEMAP
from collectors.umeng import UMENG
from collectors.wechat import WECHAT
from collectors.weibo import WEIBO, WEIBO_COMMERCIAL
from collectors.weibo_cli import WEIBO_CLI

SOURCES: dict[str, Collector] = {
    collector.name: collector
    for collector in (
        FEED, HOTLIST, WECHAT, WEIBO, WEIBO_COMMERCIAL, WEIBO_CLI, UMENG, APPLE, GSDATA, HUAWEI, NEWRANK, PUSH, DOUYIN,
        KUAISHOU, BILIBILI, BILIBILI_PUBLIC, PAGE, RSSHUB, SITEMAP, LIUYAN,
    )
}
"""Every collector by the name that `source.collector` holds."""
