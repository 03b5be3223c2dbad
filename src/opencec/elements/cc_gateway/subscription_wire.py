"""Wire models of speech recognition subscriptions, and the notification that receivers get (cc-gateway.md 5.11)."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel
from opencec.services.recognition_subscriptions import RecognitionResult

__all__ = ["NOTIFICATION_PATH", "CancelBody", "RegisterBody", "Registered", "notification"]

NOTIFICATION_PATH = "/v100/subscribe/asrevent/asrresult"


class RegisterBody(WireModel):
    """5.11 register."""

    subscribe_type: str = Field("", max_length=8, validation_alias="subscribeType")
    service_token: str = Field("", max_length=256, validation_alias="serviceToken")
    service_call_back_uri: str = Field("", max_length=200, validation_alias="serviceCallBackUri")
    nlp_flag: bool | None = Field(None, validation_alias="nlpFlag")
    flow_access_code: str = Field("", max_length=24, validation_alias="flowAccessCode")


class CancelBody(WireModel):
    """5.11 cancel."""

    server_id: str = Field("", max_length=64, validation_alias=AliasChoices("serverId", "serviceId", "serverid"))


class Registered(msgspec.Struct, frozen=True):
    """5.11 register: the id of the subscription."""

    serverId: str


class _Said(msgspec.Struct, frozen=True):
    confidence: str
    content: str
    iscontentenc: str = "0"


class _Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Keys and their lower case as on the wire; all values are text."""

    serverid: str
    subscribetype: str
    initialagentid: str
    ccid: str
    vdnid: str
    curcallid: str
    curuserdn: str
    talkertype: str
    talkerid: str
    nlpResult: msgspec.Raw | msgspec.UnsetType
    result: list[_Said]
    asrusercase: str


_encoder = msgspec.json.Encoder()


def notification(tenant: int, id: str, result: RecognitionResult) -> bytes:
    """What a receiver is told of a result."""
    return _encoder.encode(
        _Notification(
            serverid=id,
            subscribetype="1",
            initialagentid=result.agent,
            ccid="1",
            vdnid=str(tenant),
            curcallid=result.contact,
            curuserdn=result.customer,
            talkertype="2" if result.is_customer else "1",
            talkerid=result.talker,
            nlpResult=msgspec.Raw(result.answer) if result.answer else msgspec.UNSET,
            result=[_Said(f"{said.confidence:.2f}", said.content) for said in result.utterances],
            asrusercase="0",
        )
    )
