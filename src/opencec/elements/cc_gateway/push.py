"""The two forms in which events are pushed, and what sign-in says about them (cc-gateway.md 3.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from opencec.core.ids import AgentId
from opencec.elements.cc_gateway.schemas import SignInBody
from opencec.httpkit.replies import Refusal
from opencec.ports.callbacks import CallbackAnswer, CallbackRefused, Callbacks
from opencec.services.push import PushForm
from opencec.services.sessions import PushTarget

__all__ = ["PUSH_FORMS", "check_token", "push_target"]

_MOST_EVENTS = 20
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=:-]{1,50}")
"""Free text of at most 50 characters without special ones; what base64 and UUIDs consist of is none of them."""


class _Event(msgspec.Struct, frozen=True, omit_defaults=True):
    eventType: str
    workNo: str
    content: msgspec.Raw
    eventGenTime: int = 0


class _Polled(msgspec.Struct, frozen=True):
    """A poll answer, as the feed has it."""

    message: str
    retcode: str
    event: _Event


class _List(msgspec.Struct, frozen=True):
    workNo: str
    eventList: list[_Event]


class _Said(msgspec.Struct):
    retcode: str | int | None = None


_decoder = msgspec.json.Decoder(_Polled)
_said_decoder = msgspec.json.Decoder(_Said)
_encoder = msgspec.json.Encoder()


def _list_body(agent: AgentId, events: Sequence[bytes]) -> bytes:
    return _encoder.encode(_List(str(agent), [_decoder.decode(event).event for event in events]))


def _single_body(agent: AgentId, events: Sequence[bytes]) -> bytes:
    """Receivers of this form refuse keys that they do not know: no `eventGenTime`."""
    polled = _decoder.decode(events[0])
    bare = msgspec.structs.replace(polled.event, eventGenTime=0)
    return _encoder.encode(msgspec.structs.replace(polled, event=bare))


def _list_is_taken(answer: CallbackAnswer) -> bool:
    """HTTP 200, and a `retcode` of 0 if the answer has one."""
    if answer.status != 200:
        return False
    try:
        code = _said_decoder.decode(answer.body).retcode
    except msgspec.DecodeError:
        return True
    return code is None or str(code) == "0"


PUSH_FORMS: dict[str, PushForm] = {
    "list": PushForm(
        most=_MOST_EVENTS,
        body=_list_body,
        headers=lambda target: (("Guid", target.guid), ("service_token", target.token)),
        accepts=_list_is_taken,
    ),
    "single": PushForm(
        most=1, body=_single_body, headers=lambda target: (), accepts=lambda answer: answer.status == 200
    ),
}


def check_token(token: str) -> None:
    """Raises Refusal 100-001 for a service token of another form."""
    if not _TOKEN.fullmatch(token):
        raise Refusal("100-001", "the service token has 1-50 characters, none of them special")


def push_target(body: SignInBody, callbacks: Callbacks) -> PushTarget | None:
    """Where this sign-in wants its events; None: it polls. The older form needs no token.

    Raises:
        Refusal: 100-001, the address or the token cannot be used.
    """
    if body.call_back_uri and body.service_token:
        check_token(body.service_token)
        target = PushTarget("list", body.call_back_uri, body.service_token)
    elif body.push_url:
        target = PushTarget("single", body.push_url)
    else:
        return None
    try:
        callbacks.check(target.url)
    except CallbackRefused as error:
        raise Refusal("100-001", str(error)) from None
    return target
