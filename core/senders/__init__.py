"""The channels that warnings go out by: short messages, bots of groups, mail, addresses of the office's own.

A sender speaks to one kind of service. It judges the answer by its body (HTTP 200 proves nothing), says in Chinese what
is wrong and what to do, and tells what was certainly not sent from what nobody can know. It knows no database; what it
is told of fields and people it repeats to nobody.
"""

from core.senders.aliyun import Aliyun
from core.senders.base import masked
from core.senders.bots import DingTalk, Feishu, WeCom
from core.senders.mail import Mail
from core.senders.mas import Mas
from core.senders.model import Asked, Attachment, Field, Message, Receipt, Recipient, Sender, Verdict
from core.senders.tencent import Tencent
from core.senders.webhook import Webhook
from core.senders.wire import client

SENDERS: dict[str, Sender] = {
    one.kind: one for one in (Aliyun(), Tencent(), Mas(), WeCom(), DingTalk(), Feishu(), Mail(), Webhook())
}
"""Every kind of channel by its name."""

__all__ = ["SENDERS", "Asked", "Attachment", "Field", "Message", "Receipt", "Recipient", "Sender", "Verdict", "client",
           "masked"]
