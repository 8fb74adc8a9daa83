"""What people talk about in the district: kinds of stories with the words of each channel. All of it is made up.

Channels: `news` headlines, `social` posts, `forum` threads, `board` messages to officials, `hot` list entries,
`official` posts of the district's own accounts, `body` sentences of news articles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.demo.headlines import WORDS

CHATTER: Mapping[str, Sequence[str]] = WORDS | {
    "feeling": ("真的服了", "有没有人管管", "希望能重视", "求扩散", "等一个说法", "看看怎么处理", "心累", "说实话有点意外", "挺好的", "必须点赞",
                "你们那边怎么样", "有人知道情况吗", "理性讨论", "蹲一个后续"),
    "opening": ("刚刚", "今天早上", "昨晚", "下班路过", "住在附近的说一句", "实名反映", "弱弱问一句", "大家帮忙看看", "拍到了", "朋友圈都在传"),
    "please": ("恳请有关部门关注", "盼复", "请协调解决", "希望给个时间表", "请明确责任单位", "建议现场看一看"),
    "days": ("三天", "一个星期", "半个月", "两个多月", "大半年", "一年多"),
    "infection": ("流感", "诺如病毒感染", "水痘", "支原体感染", "手足口病"),
    "floors": ("1号楼", "3号楼", "7号楼", "12号楼", "北区", "南门", "地下车库"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of story. `slots` are bound once per story; `units` are themes (or street names) that answer officially.

    `spread` is the typical length in hours, `size` the usual number of mentions, `pull` how much more its official
    posts are read.
    """

    key: str
    slots: tuple[str, ...]
    size: int
    spread: float
    units: tuple[str, ...]
    pull: float
    news: tuple[str, ...]
    social: tuple[str, ...]
    forum: tuple[str, ...]
    board: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()
    official: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    months: tuple[int, ...] = ()


STORM = Kind(
    "storm", ("street", "near", "road", "estate", "metro"), 330, 20, ("district", "emergency", "water", "traffic", "police", "fire", "city", "street"), 5.5,
    news=(
        "{district}暴雨积水：{road}等{n:6-19}处路段一度中断", "突降暴雨！{district}{n:1-3}小时降雨量达{n:60-140}毫米", "{road}积水最深处没过膝盖，排水抢险连夜进行",
        "{district}启动防汛Ⅱ级响应，{n:300-1200}名抢险人员上路", "{estate}地下车库进水，{n:20-80}辆车被淹", "{metro}一出入口因积水临时关闭",
        "积水退去之后：{road}排水管网为何扛不住", "{district}通报暴雨积水处置情况：{n:6-19}处积水已全部排除", "暴雨中的{district}：民警背着老人过马路",
        "{estate}居民：车库挡水板为什么没到位", "{district}将对{n:20-60}处易积水点开展专项整治",
    ),
    social=(
        "#云澜区暴雨# {opening}{road}全淹了，车都熄火了，{feeling}", "#云澜区暴雨# {metro}出口的水跟瀑布一样", "{opening}{road}积水到小腿，{near}的朋友别出门了", "{estate}车库被淹，我的车在里面，物业电话打不通，{feeling}",
        "#云澜区暴雨# 感谢{road}推车的交警小哥", "{near}下了一夜，{estate}停电了，{feeling}", "#云澜区暴雨# 每年都淹同一个地方，{road}到底修没修", "公交都停了，从{near}走回家走了{n:1-3}个小时",
        "#云澜区暴雨# 消防员在{estate}用皮划艇接人",
    ),
    forum=(
        "{estate}车库被淹，{feeling}，有一起维权的吗", "{road}积水点年年整治年年淹，{feeling}", "{opening}{near}积水有多深？发图", "车泡水了保险怎么赔，{estate}的邻居进来说", "{district}这次暴雨，你家那边停电了吗",
        "{estate}物业没放挡水板，损失谁来赔",
    ),
    board=(
        "{estate}地下车库进水，挡水板没有到位，{please}", "{road}积水{days}没有根治，{please}", "暴雨后{estate}{floors}一直停电，{please}", "{road}雨水口堵塞反映多次，{please}",
    ),
    hot=("云澜区暴雨", "{district}多处积水", "{metro}出入口临时关闭", "云澜区防汛Ⅱ级响应", "{estate}车库被淹"),
    official=(
        "紧急提示｜{road}等路段积水，请绕行", "防汛Ⅱ级响应已启动，{near}安置点开放", "情况通报：{road}积水已排除，恢复通行", "暴雨中，他们在{near}守了一夜", "{estate}车库排水进展：已抽排{n:40-95}%", "今夜仍有短时强降水，非必要不出门", "停电抢修进展：{estate}{n:2-9}栋已恢复供电",
    ),
    body=(
        "受强对流云团影响，{district}出现短时强降水，{road}等路段发生积水。", "记者在{road}看到，积水最深处约{n:30-60}厘米，多辆车熄火。", "区水务部门出动移动泵车{n:8-36}台，抽排积水{n:1-9}万立方米。", "{estate}居民{someone}说，凌晨接到通知去挪车时水已经漫到车门。",
        "截至{n:6-11}时，主要道路恢复通行，未接到人员伤亡报告。", "区应急局表示，将对易积水点逐一复盘整改。", "气象部门预计，未来{n:12-36}小时仍有阵雨。",
    ),
    months=(6, 7, 8, 9),
)

RENEWAL = Kind(
    "renewal", ("street", "near", "estate", "someone"), 260, 110, ("housing", "district", "street", "law"), 2.6,
    news=(
        "{estate}改造引争议：加装外立面还是先修下水道？", "老旧小区改造，{estate}居民为何不满意", "{estate}改造停工{n:3-20}天，街道：方案将重新征求意见", "{street}就{estate}改造召开居民协调会", "“钱花在哪里了”：{estate}改造账单公开",
        "{district}回应{estate}改造质疑：{n:5-12}项问题{n:10-30}天内整改", "{estate}改造方案二次公示，同意率升至{n:80-96}%", "评论：老旧小区改造，先听居民怎么说", "{estate}改造复工，居民代表全程监督",
    ),
    social=(
        "#{estate}改造# 墙刷得漂亮，下水道照样堵，{feeling}", "#{estate}改造# 我家窗户被脚手架封了{days}，{feeling}", "{opening}{estate}楼下吵起来了，都是为改造的事", "#{estate}改造# 征求意见表到底谁签的字？", "别光骂，{estate}这次把电线都理顺了，{feeling}",
        "#{estate}改造# 施工早上六点就开始，老人根本没法睡", "{estate}改造协调会我去了，街道答应公开账单",
    ),
    forum=(
        "{estate}改造到底该不该签字，{feeling}", "{estate}改造停工了，有内部消息吗", "老小区改造变成刷墙工程？说说{estate}", "{estate}改造二次公示出来了，大家怎么看", "理性讨论：{estate}改造要不要拆一楼的小院",
        "{near}的老小区改造质量怎么样，{estate}的来说说",
    ),
    board=(
        "{estate}改造工程质量差，屋顶漏水，{please}", "{estate}改造未征求居民意见，{please}", "{estate}改造停工{days}，脚手架一直不拆，{please}", "{estate}{floors}改造后下水道反复堵塞，{please}", "{estate}改造施工扰民，{please}",
    ),
    hot=("{estate}改造", "云澜区老旧小区改造争议", "小区改造先刷墙还是先修下水道"),
    official=(
        "关于{estate}改造有关情况的说明", "{estate}改造答居民问：{n:6-15}个关心的问题", "{estate}改造方案今起二次公示", "协调会现场：{estate}的{n:30-90}位居民说了什么", "整改清单来了：{estate}改造{n:5-12}项问题逐项销号",
    ),
    body=(
        "{estate}建于上世纪九十年代，共有居民{n:600-2400}户。", "今年{month_word}，{estate}改造工程进场，内容包括外立面修缮、道路翻新和管线整理。", "不少居民反映，最着急的下水道堵塞没有列入第一批。", "居民{someone}告诉记者，自己在征求意见时并没有见到完整方案。",
        "街道办事处回应称，将公开改造预算和施工计划，并邀请居民代表监督。", "区住建委表示，已要求施工单位停工整改，方案重新征求意见。", "记者了解到，二次公示期为{n:7-15}天。",
    ),
)

EVENT = Kind(
    "marathon", ("road", "near", "park", "metro"), 290, 30, ("sport", "police", "traffic", "district", "health", "youth"), 3.8,
    news=(
        "云澜半程马拉松{weekday}开跑，{n:12-20}千名跑者参加", "云澜半马交通管制引热议：{road}封路{n:4-7}小时", "半马当天{near}居民出行受阻，交警：绕行方案已提前公布", "云澜半马收官，赛道最美一段在{park}", "{metro}半马期间客流超{n:8-30}万人次，多次限流",
        "云澜半马组委会就存包混乱致歉", "办赛与民生如何平衡？云澜半马之后的三个问题", "{n:2-6}名跑者身体不适送医，组委会：均无大碍", "区交通局：半马绕行标志将提前{n:3-7}天设置",
    ),
    social=(
        "#云澜半马# {road}封得死死的，送孩子上课绕了一小时，{feeling}", "#云澜半马# 第一次在{park}边上跑，风景太好了", "#云澜半马# {metro}限流，排队排到马路对面", "{opening}{road}全堵了，导航一片红，{feeling}", "#云澜半马# 存包处排了{n:40-90}分钟，{feeling}",
        "#云澜半马# 给{near}加油的阿姨们点赞", "#云澜半马# 志愿者小姐姐辛苦了", "#云澜半马# 封路通知只贴在电线杆上，谁看得到",
    ),
    forum=(
        "半马封路通知你们收到了吗？{near}的出不了小区", "云澜半马完赛贴，说说赛道和补给", "{road}封路{n:4-7}小时合理吗，理性讨论", "半马存包混乱，有人丢东西了吗", "明年半马能不能不走{road}", "云澜半马中签率多少，{feeling}",
    ),
    board=(
        "半程马拉松封路导致{near}居民无法出行，{please}", "半马当天急救车绕行，{please}", "建议半马封路信息提前入户告知，{please}", "半马期间{metro}限流没有疏导，{please}",
    ),
    hot=("云澜半马", "云澜半马封路", "云澜半马存包", "{metro}限流"),
    official=(
        "云澜半马交通管制公告：{road}等{n:8-20}条道路", "云澜半马出行攻略，看这一篇", "今天，{n:12-20}千人跑过{park}", "情况说明：关于半马存包等问题", "{metro}半马当日运营安排", "半马医疗保障：{n:12-40}个点位全程守护", "感谢每一位为云澜半马让路的你",
    ),
    body=(
        "云澜半程马拉松{weekday}{time}鸣枪，赛道途经{road}、{park}。", "比赛期间，{road}等道路实行分时段交通管制。", "家住{near}的{someone}说，绕行多花了近一个小时。", "交警部门表示，管制方案提前{n:3-7}天向社会公布，沿线安排警力{n:200-700}人。",
        "{metro}当天多次采取限流措施。", "组委会就存包区排队时间过长向跑者致歉，并承诺退还服务费。", "有业内人士认为，大型活动应当把告知做到每一户。",
    ),
)

INCIDENTS = (EVENT, RENEWAL, STORM)

SMALL = (
    Kind("canteen", ("school",), 44, 40, ("education", "market"), 1.9,
         ("{school}食堂被指饭菜有异物，教育局介入", "{school}食堂问题调查结果公布", "{school}更换供餐企业，家长可随时陪餐", "市场监管部门对{school}食堂留样送检"),
         ("#{school}食堂# 孩子说菜里有虫，{feeling}", "{school}食堂的饭菜到底怎么样，{feeling}", "#{school}食堂# 家长陪餐看到的是这样", "{opening}{school}门口好多家长"),
         ("{school}食堂大家放心吗", "{school}换供餐公司了？求证", "孩子在{school}吃饭的说说"),
         ("{school}食堂饭菜异物问题，{please}", "{school}食堂供餐价格上涨，{please}"), ("{school}食堂",),
         ("关于{school}食堂有关问题的情况通报", "{school}食堂整改进展"),
         ("有家长在社交平台反映{school}食堂饭菜中发现异物。", "区教育局、区市场监管局已组成联合检查组进驻。", "检查组对当日留样封存送检，结果将于{n:2-5}日内公布。", "学校表示即日起开放家长陪餐。")),
    Kind("metro_line", ("metro", "near"), 52, 60, ("traffic", "district"), 2.6,
         ("{metro}{weekday}起试运营，{near}居民出行更方便", "{metro}首日客流{n:8-30}万人次", "坐上{metro}：从{near}到市中心{n:28-48}分钟", "{metro}沿线公交同步调整{n:6-18}条"),
         ("#云澜线开通# 终于等到了，{near}人泪目", "{metro}第一班车打卡", "#云澜线开通# {metro}换乘走了{n:8-15}分钟，{feeling}", "{metro}站里还没有厕所指引"),
         ("{metro}开通后通勤时间变化，来报一下", "{near}的房子会因为{metro}涨吗", "{metro}早高峰挤不挤"),
         ("{metro}出口没有盲道，{please}",), ("{metro}开通", "云澜线首日客流"),
         ("{metro}乘车指南", "坐着{metro}看{near}"),
         ("{metro}{weekday}起投入初期运营。", "记者体验发现，从{near}出发到市中心用时约{n:28-48}分钟。", "沿线{n:6-18}条公交线路同步优化。", "运营方提醒，初期间隔为{n:5-9}分钟。")),
    Kind("rider", ("road", "surname"), 46, 36, ("police", "youth", "district", "union"), 3.0,
         ("外卖小哥{surname}师傅跳入河中救起落水老人", "救人小哥找到了：{surname}师傅，{n:23-46}岁", "见义勇为！{district}拟表彰外卖骑手{surname}师傅", "平台奖励救人骑手{n:1-5}万元"),
         ("#外卖小哥跳河救人# 英雄不问出处，{feeling}", "#外卖小哥跳河救人# 就在{road}桥边，我看到了", "救人后他说“单子要超时了”，泪目", "#外卖小哥跳河救人# 希望好人有好报"),
         ("{road}救人的外卖小哥有人认识吗", "外卖小哥救人，平台的做法怎么看"),
         (), ("外卖小哥跳河救人", "云澜区救人小哥找到了"),
         ("找到了！他叫{surname}师傅", "{district}为救人骑手申报见义勇为"),
         ("{weekday}{time}，{road}桥下有老人不慎落水。", "路过的外卖骑手{surname}师傅没有犹豫，跳入河中将老人托起。", "老人经送医检查已无大碍。", "区有关部门表示将为其申报见义勇为。")),
    Kind("noise", ("park", "estate"), 34, 90, ("ecology", "police", "city"), 1.4,
         ("{park}广场舞噪声扰民，装上分贝仪之后", "{estate}居民与广场舞队签下“公约”", "噪声投诉一周下降{n:30-70}%，{park}怎么做到的"),
         ("{park}的音响每天响到{n:9-11}点，{feeling}", "住{estate}的睡眠被广场舞毁了", "{opening}{park}装了定向音响，确实安静多了"),
         ("{park}广场舞太吵，有没有办法", "{estate}的邻居们联名了吗", "广场舞大妈也有话说，理性讨论"),
         ("{park}广场舞音响扰民{days}，{please}", "{estate}旁夜市噪声大，{please}"), (),
         ("{park}噪声治理“三步走”",),
         ("{park}紧邻{estate}，晚间广场舞噪声一直是投诉热点。", "街道会同公安、生态环境部门安装了分贝显示屏和定向音响。", "数据显示，近一周相关投诉下降{n:30-70}%。")),
    Kind("water_cut", ("estate", "road"), 38, 22, ("water", "street", "district"), 2.2,
         ("{road}供水管爆裂，{estate}等小区停水", "停水{n:6-20}小时后，{estate}恢复供水", "{district}送水车开进{estate}"),
         ("{estate}又停水了，{feeling}", "{opening}{road}水管爆了，水喷两层楼高", "停水不通知，奶粉都没法冲，{feeling}", "送水车到{estate}了，排队有序"),
         ("{estate}停水到几点，有通知吗", "水来了是黄的，能用吗"),
         ("{estate}多次停水没有通知，{please}", "{estate}{floors}水压低{days}，{please}"), ("{road}水管爆裂",),
         ("抢修进展｜{road}供水管已修复", "{estate}临时供水点在这里"),
         ("{weekday}{time}，{road}一处供水管道发生爆裂。", "受影响的{estate}等小区约{n:400-2600}户停水。", "供水企业出动抢修人员{n:20-60}名，预计当晚恢复。", "街道安排送水车{n:2-8}辆次。")),
    Kind("elevator", ("estate", "someone"), 30, 120, ("housing", "street", "law"), 1.6,
         ("{estate}加装电梯卡在一楼，协调会开了{n:3-9}次", "一楼同意了：{estate}加梯的“钥匙”是什么", "{estate}加装电梯开工"),
         ("{estate}加梯又黄了，{feeling}", "理解一楼的难处，也理解六楼的腿脚，{feeling}", "{opening}{estate}的电梯装好了，妈妈哭了"),
         ("{estate}加装电梯费用怎么分摊", "一楼反对加梯，法律上站得住吗"),
         ("{estate}加装电梯审批{days}没有结果，{please}",), (),
         ("{estate}加梯记：第{n:3-9}次协调会",),
         ("{estate}{floors}居民平均年龄超过{n:60-72}岁，加装电梯的愿望由来已久。", "一楼住户担心采光和噪声，方案一度搁置。", "人民调解员{someone}先后组织协调会{n:3-9}次。", "最终方案调整了井道位置，并对一楼给予补偿。")),
    Kind("market", ("market_place", "street"), 36, 80, ("market", "street", "city"), 1.8,
         ("{market_place}改造后重新开业，{praise}", "摊位费涨了吗？{market_place}商户这样说", "{market_place}成了年轻人的打卡地"),
         ("{market_place}也太好逛了吧", "{market_place}改造后菜价贵了，{feeling}", "在{market_place}喝到了最好喝的咖啡"),
         ("{market_place}改造后值得去吗", "{market_place}停车怎么停", "{market_place}菜价比超市还贵？"),
         ("{market_place}周边停车混乱，{please}",), (),
         ("{market_place}开业首日见闻",),
         ("停业改造{n:3-9}个月后，{market_place}重新开门迎客。", "新市场引入统一收银和食品快检，公示当日检测结果。", "商户反映，客流比改造前增加约{n:1-5}成。")),
    Kind("bike", ("metro", "road"), 28, 70, ("city", "traffic"), 1.3,
         ("{metro}共享单车“围城”，城管：已约谈企业", "{road}单车乱停如何破局", "{district}划定共享单车电子围栏{n:60-400}处"),
         ("{metro}门口全是单车，推婴儿车过不去，{feeling}", "{opening}{road}的单车被清走了", "电子围栏停不进去还扣我{n:5-20}块，{feeling}"),
         ("{metro}单车乱停谁来管", "电子围栏误扣费怎么申诉"), ("{metro}出口共享单车堵路，{please}",), (),
         ("{metro}单车停放整治进行中",),
         ("早高峰时段，{metro}出口的共享单车排到了非机动车道。", "城管部门约谈{n:2-4}家企业，要求{n:15-60}分钟内完成清运。", "目前已划定电子围栏{n:60-400}处。")),
    Kind("school_zone", ("school", "near"), 48, 70, ("education", "district"), 2.4,
         ("{school}学区调整征求意见，{near}家长最关心什么", "教育局：{school}学区调整方案以正式公布为准", "{near}新增学位{n:200-1600}个，学区方案公布"),
         ("#{school}学区# 房子刚买就划出去了，{feeling}", "{near}要划到{school}？{feeling}", "#{school}学区# 希望公平公开", "别传谣了，方案还在征求意见"),
         ("{school}学区真的要调吗", "{near}买房对口{school}还稳吗", "学区调整听证会有人参加吗"),
         ("{school}学区调整缺少沟通，{please}", "{near}适龄儿童入学问题，{please}"), ("{school}学区调整",),
         ("关于{school}学区的权威回应",),
         ("近日，{school}学区拟作调整的消息引发家长关注。", "区教育局表示，方案正在征求意见，最终以正式公布为准。", "据介绍，{near}片区未来三年将新增学位{n:200-1600}个。")),
    Kind("festival", ("venue", "art"), 40, 50, ("culture", "district"), 2.6,
         ("{venue}{art}节吸引{n:2-18}万人次", "{venue}一票难求，{art}为何圈粉年轻人", "黄牛倒票？{venue}：实名入场"),
         ("在{venue}看{art}，值回票价", "{venue}{art}的票秒没，{feeling}", "{opening}{venue}门口有黄牛，{feeling}", "带爸妈来看{art}，{feeling}"),
         ("{venue}{art}抢票攻略", "{venue}{art}好看吗"), (), ("{venue}{art}节",),
         ("{venue}{art}节加场公告", "夜色中的{venue}"),
         ("{venue}{art}节{weekday}开幕，共有{n:20-90}场演出。", "开票后{n:3-40}分钟即告售罄。", "主办方表示全部实名入场，将打击倒票行为。")),
    Kind("dog", ("estate", "park"), 32, 60, ("police", "law", "street"), 1.5,
         ("{estate}犬只伤人，警方：已立案处理", "文明养犬怎么管？{park}试点“遛犬时段”", "{district}通报不文明养犬典型案例{n:3-9}起"),
         ("{estate}遛狗不牵绳，吓到我家孩子，{feeling}", "{park}的遛狗区建得不错", "养狗的和不养狗的又吵起来了，{feeling}"),
         ("{estate}大型犬没人管吗", "{park}能带狗进吗"), ("{estate}不牵绳遛狗{days}无人管，{please}",), (),
         ("牵好那根绳｜{estate}在行动",),
         ("{weekday}{time}，{estate}发生一起犬只伤人事件。", "犬主未按规定使用牵引绳，公安机关已依法处理。", "伤者已送医接种疫苗，情况稳定。")),
    Kind("parking", ("hospital", "road"), 30, 80, ("traffic", "health", "police"), 1.6,
         ("{hospital}停车排队{n:40-120}分钟，潮汐车位来了", "{road}新增临时停车位{n:40-260}个", "就诊停车难，{hospital}这样破题"),
         ("去{hospital}看病，停车比看病久，{feeling}", "{road}临停被贴单了，{feeling}", "{hospital}新开的停车楼好找车位"),
         ("{hospital}附近哪里好停车", "{road}停车被罚，合理吗"), ("{hospital}停车难{days}未解决，{please}",), (),
         ("{hospital}停车新方案{weekday}实施",),
         ("{hospital}日均门诊量超过{n:3-9}千人次，院内车位仅{n:150-500}个。", "交警部门在{road}施划分时停车位{n:40-260}个。", "医院同步推行预约停车。")),
    Kind("fire_case", ("estate", "near"), 40, 16, ("fire", "district", "emergency", "street"), 3.0,
         ("{estate}一住宅起火，无人员伤亡", "{estate}火灾原因初步查明：电动自行车电池", "火灾之后，{near}连夜排查飞线充电"),
         ("{opening}{estate}冒黑烟，消防车来了{n:3-9}辆", "{estate}着火了，人都出来了吗，{feeling}", "又是电瓶车上楼，{feeling}"),
         ("{estate}火灾有人受伤吗", "{estate}充电桩不够，才会上楼充电"), ("{estate}飞线充电无人管，{please}", "{estate}消防通道被堵，{please}"), ("{estate}起火",),
         ("情况通报｜{estate}火情已扑灭", "一块电池的代价"),
         ("{weekday}{time}，{estate}{floors}一住宅起火，消防部门到场后{n:15-50}分钟扑灭。", "火灾未造成人员伤亡，过火面积约{n:5-40}平方米。", "初步查明系电动自行车电池室内充电引发。", "{near}已组织连夜排查。")),
    Kind("infection", ("hospital", "infection"), 30, 60, ("health",), 1.8,
         ("{hospital}儿科夜间候诊{n:2-5}小时，医院增开诊室", "{infection}高发，{hospital}门诊量上升{n:2-6}成", "专家：{infection}多数可居家处理"),
         ("{hospital}儿科排到{n:200-600}号，{feeling}", "全班一半孩子{infection}，{feeling}", "{hospital}的护士姐姐太辛苦了"),
         ("{hospital}现在人多吗", "{infection}要不要去医院"), ("{hospital}夜间儿科排队久，{please}",), ("{infection}高发",),
         ("{hospital}增开夜间诊室", "{infection}居家护理指南"),
         ("近期{infection}进入高发期，{hospital}门诊量明显上升。", "医院增开诊室{n:2-8}间，延长夜间门诊时间。", "专家提醒，出现持续高热等情况应及时就医。")),
    Kind("bridge", ("park", "river"), 34, 60, ("culture", "city", "district"), 2.4,
         ("{park}“彩虹桥”走红，周末客流{n:1-4}万人次", "网红桥限流！{park}启动预约", "{river}边的桥为什么火了"),
         ("{park}那座桥拍照太出片了", "{park}人挤人，{feeling}", "{opening}{river}边全是来打卡的"),
         ("{park}网红桥怎么去", "周末别去{park}了，{feeling}"), ("{park}游客过多影响居民出行，{please}",), ("{park}彩虹桥",),
         ("{park}客流提示",),
         ("横跨{river}的步行桥因夜景走红，周末单日客流超过{n:1-4}万人次。", "公园管理方{weekday}起实行分时预约。", "周边居民希望加强停车疏导。")),
    Kind("wage", ("road", "job"), 24, 70, ("labour", "law", "union"), 1.6,
         ("{road}一工地{n:12-60}名工人讨薪，人社部门介入", "拖欠工资已足额发放，{n:12-60}名工人拿到钱", "“根治欠薪”行动：{district}追回{n:60-900}万元"),
         ("{road}工地门口有工人拉横幅，{feeling}", "工资拖了{days}，{feeling}", "工资到账了，谢谢帮忙转发的大家"),
         ("被拖欠工资怎么投诉，{road}工地的", "干了{n:2-6}个月一分没拿到"), ("{road}工地拖欠工资{days}，{please}", "{job}工资拖欠，{please}"), (),
         ("欠薪追讨：{n:12-60}名工人拿到工资",),
         ("{road}一项目分包单位拖欠{n:12-60}名工人工资。", "区人社局接报后当天约谈总包单位。", "{weekday}，相关工资已全部发放到位。")),
    Kind("bird", ("park",), 24, 60, ("ecology", "district"), 2.4,
         ("{park}来了一群黑脸琵鹭，数量创新高", "拍鸟人挤爆{park}，保护区呼吁保持距离", "{park}鸟类增至{n:80-180}种"),
         ("在{park}拍到黑脸琵鹭了", "请不要为了拍鸟投喂，{feeling}", "{park}的早晨太治愈"),
         ("{park}观鸟点位分享", "有人放音诱鸟，{feeling}"), (), ("{park}黑脸琵鹭",),
         ("和黑脸琵鹭做邻居",),
         ("{weekday}，志愿者在{park}记录到黑脸琵鹭{n:6-40}只。", "管理方提醒市民保持距离，不投喂、不惊扰。", "近年来园区湿地修复{n:200-2000}亩。")),
    Kind("talent", ("near", "estate"), 26, 80, ("housing", "labour", "youth"), 1.7,
         ("{district}保障性租赁住房{n:300-2000}套{weekday}起申请", "月租{n:900-2600}元，{near}青年公寓开放", "青年人才安居政策{n:6-18}条发布"),
         ("{near}青年公寓排到{n:300-3000}号，{feeling}", "{near}租房太贵了，{feeling}", "申请到了！{near}的小窝"),
         ("{near}青年公寓怎么申请", "保租房和公租房区别，{feeling}"), ("保租房申请{days}没有结果，{please}",), (),
         ("保租房申请看这一篇",),
         ("{near}一保障性租赁住房项目{weekday}起接受申请，共{n:300-2000}套。", "月租金{n:900-2600}元，面向新市民、青年人。", "申请人可在线提交材料。")),
)

SINGLES = {
    "board": (
        "{estate}{floors}路灯不亮{days}，{please}", "{road}路面坑洼，{please}", "{estate}物业费涨价未公示，{please}", "{community}活动室不开放，{please}", "{certificate}办理来回跑{n:2-5}次，{please}", "{road}绿化带遮挡视线，{please}", "{estate}高空抛物{days}，{please}",
        "{school}门口接送拥堵，{please}", "{park}公厕少，{please}", "{market_place}油烟扰民，{please}", "公交末班车太早，{near}居民盼延长，{please}", "{estate}垃圾房异味大，{please}", "{near}充电桩不足，{please}", "{road}夜间渣土车超速，{please}",
    ),
    "forum": (
        "{near}哪家早餐好吃", "{school}和{near}的幼儿园怎么选", "{certificate}要带什么材料", "{park}晚上能夜跑吗", "{near}租房求推荐", "{market_place}新开的店试过了，{feeling}", "{road}晚高峰真的太堵了", "{venue}周末有展吗", "在{near}上班的人多吗",
        "{hospital}体检靠谱吗", "丢了一只橘猫，在{estate}附近", "{game}约一下，{venue}有场地", "{near}周末遛娃去哪",
    ),
    "social": (
        "{park}的{flower_any}开了", "{road}的晚霞，{feeling}", "{near}这家店排队{n:30-120}分钟，{feeling}", "{metro}早高峰又坐过站了", "给{hospital}的医生点赞", "{venue}的展不错，{feeling}", "{opening}在{road}捡到一张{certificate}，等失主", "{near}的桂花糕，从小吃到大",
    ),
    "hot": (
        "多地气温创新高", "国产大飞机新航线", "年轻人爱上夜校", "高铁静音车厢", "医保新规{n:1-12}月起实施", "全国铁路客流{n:9-19}百万人次", "新能源车下乡", "电影票房破{n:5-40}亿", "大学生返乡创业", "油价年内第{n:3-20}次调整", "个人养老金扩围", "北斗手机卫星通话",
        "中超第{n:3-30}轮战报", "全民阅读大会", "台风路径更新", "汉语新词发布", "年度考古新发现", "国家级非遗新增{n:10-90}项", "人工智能进课堂", "银发列车开行",
    ),
    "news": (
        "{district}前三季度规上工业产值增长{n:2-12}%", "{venue}获国家级奖项", "{district}与高校共建{n:2-9}个实验室", "{town}{crop_any}节开幕", "{street}试点“15分钟生活圈”", "{school}教师{someone}获评全国优秀", "{district}发放消费券{n:2-30}百万元", "{river}综合治理入选典型案例",
        "{district}楼宇经济观察：空置率下降{n:1-6}个百分点", "{hospital}新院区封顶", "{market_place}首店{n:3-28}家",
    ),
}
"""Single things said that belong to no story."""

PROVIDED = {"flower_any": ("月季", "桂花", "樱花", "荷花", "红枫", "蜡梅"), "crop_any": ("葡萄", "草莓", "大闸蟹", "稻米", "水蜜桃"),
            "month_word": ("春天", "夏天", "三月", "五月", "九月", "十月")}
LEXICON: Mapping[str, Sequence[str]] = CHATTER | PROVIDED