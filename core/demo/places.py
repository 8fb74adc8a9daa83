"""The fictional district 云澜区: its streets and units. None of these names exists.

Checked against the national list of streets and towns (2023) when they were chosen.
"""

from dataclasses import dataclass

DISTRICT = "云澜区"

STREETS = (
    "澜桥街道", "听泉街道", "枫荷街道", "云渡街道", "鹤汀街道", "杏溪街道", "芦汀街道", "锦堤街道",
    "望澜街道", "星渚街道", "槐荫里街道", "梅浦镇", "白鹭湾镇", "石笋桥镇",
)


@dataclass(frozen=True, slots=True)
class Body:
    """A unit of the district: full name, short name, kind, what its accounts are called, what they write about.

    `weight` scales how many people it reaches.
    """

    name: str
    short: str
    kind: str
    brand: str
    theme: str
    weight: float


def bare(street: str) -> str:
    """A street's or town's name without 街道 or 镇."""
    return street.removesuffix("街道").removesuffix("镇")


BODIES = (
    Body(f"{DISTRICT}融媒体中心", "区融媒体中心", "district", "云澜发布", "district", 9.0),
    Body(f"{DISTRICT}行政服务中心", "区行政服务中心", "district", "云澜政务服务", "service", 1.4),
    Body(f"{DISTRICT}公安分局", "区公安分局", "bureau", "云澜警方", "police", 4.2),
    Body(f"{DISTRICT}卫生健康委员会", "区卫健委", "bureau", "健康云澜", "health", 2.8),
    Body(f"{DISTRICT}教育局", "区教育局", "bureau", "云澜教育", "education", 3.4),
    Body(f"{DISTRICT}文化和旅游局", "区文旅局", "bureau", "乐游云澜", "culture", 2.6),
    Body(f"{DISTRICT}应急管理局", "区应急局", "bureau", "云澜应急", "emergency", 1.3),
    Body(f"{DISTRICT}消防救援支队", "区消防救援支队", "bureau", "云澜消防", "fire", 2.0),
    Body(f"{DISTRICT}市场监督管理局", "区市场监管局", "bureau", "云澜市场监管", "market", 1.2),
    Body(f"{DISTRICT}人力资源和社会保障局", "区人社局", "bureau", "云澜人社", "labour", 1.7),
    Body(f"{DISTRICT}民政局", "区民政局", "bureau", "云澜民政", "civil", 1.0),
    Body(f"{DISTRICT}生态环境局", "区生态环境局", "bureau", "云澜生态环境", "ecology", 0.9),
    Body(f"{DISTRICT}住房和城乡建设委员会", "区住建委", "bureau", "云澜住建", "housing", 1.3),
    Body(f"{DISTRICT}城市管理局", "区城管局", "bureau", "云澜城管", "city", 1.1),
    Body(f"{DISTRICT}交通运输局", "区交通局", "bureau", "云澜交通", "traffic", 1.6),
    Body(f"{DISTRICT}水务局", "区水务局", "bureau", "云澜水务", "water", 0.7),
    Body(f"{DISTRICT}农业农村委员会", "区农业农村委", "bureau", "云澜三农", "farming", 0.7),
    Body(f"{DISTRICT}司法局", "区司法局", "bureau", "法治云澜", "law", 0.8),
    Body(f"{DISTRICT}税务局", "区税务局", "bureau", "云澜税务", "tax", 1.2),
    Body(f"{DISTRICT}体育局", "区体育局", "bureau", "动感云澜", "sport", 1.0),
    Body(f"{DISTRICT}总工会", "区总工会", "bureau", "云澜工会", "union", 1.5),
    Body("共青团云澜区委员会", "团区委", "bureau", "青春云澜", "youth", 1.6),
    *(
        Body(f"{DISTRICT}{street}", street, "street", brand, "street", weight)
        for street, brand, weight in zip(
            STREETS,
            ("澜桥在线", "听泉时光", "美丽枫荷", "云渡之声", "鹤汀家园", "杏溪微生活", "芦汀发布", "锦绣锦堤",
             "望澜新语", "星渚聚焦", "槐荫里", "今日梅浦", "白鹭湾发布", "石笋桥镇"),
            (1.2, 0.9, 0.8, 1.0, 0.7, 0.6, 0.5, 0.8, 0.7, 0.9, 0.5, 0.9, 0.7, 0.5),
            strict=True,
        )
    ),
)
