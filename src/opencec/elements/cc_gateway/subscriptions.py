"""Resource `config/subscribe`: recognised speech of the tenant's calls, for a platform beside us (cc-gateway.md 5.11).

The caller shows the GUID of a signed-in agent who manages the system: the vendor's own sign-in for this resource is
not published.
"""

from __future__ import annotations

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.subscription_wire import CancelBody, RegisterBody, Registered
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.callbacks import CallbackRefused
from opencec.services.recognition_subscriptions import TooManySubscriptions

__all__ = ["OPERATIONS"]

_DONE = b'{"message":"success","retcode":"0"}'
_LONGEST_TOKEN = 256


def _check_token(token: str) -> None:
    if not token.isascii() or not token.isprintable() or " " in token or len(token) > _LONGEST_TOKEN:
        raise Refusal("107-051", "the service token has at most 256 characters, none of them special")


async def register(call: GatewayCall) -> Reply:
    """Begin a subscription; the result is its id."""
    caller, body = call.principal, call.body_as(RegisterBody)
    caller.need_right("system", "107-007")
    if body.subscribe_type != "1" or not body.service_call_back_uri or body.nlp_flag is None:
        raise Refusal("107-002", "subscribeType 1, serviceCallBackUri and nlpFlag are needed")
    if body.nlp_flag and not body.flow_access_code:
        raise Refusal("107-049", "flowAccessCode is needed with nlpFlag")
    _check_token(body.service_token)
    try:
        caller.gateway.callbacks.check(body.service_call_back_uri)
        id = await caller.desk.subscriptions.subscribe(
            caller.port,
            url=body.service_call_back_uri,
            token=body.service_token,
            flow=body.flow_access_code if body.nlp_flag else "",
        )
    except CallbackRefused as error:
        raise Refusal("107-002", str(error)) from None
    except TooManySubscriptions as error:
        raise Refusal("107-026", error.message) from None
    return caller.reply(Registered(id))


async def hand_shake(call: GatewayCall) -> Reply:
    """The client lives."""
    return await _shake(call, None)


async def hand_shake_ex(call: GatewayCall) -> Reply:
    """The client lives, and its token is the one in the header from now on."""
    token = call.request.header(b"service_token")
    if not token:
        raise Refusal("107-050", "the header service_token is needed")
    _check_token(token)
    return await _shake(call, token)


async def _shake(call: GatewayCall, token: str | None) -> Reply:
    caller = call.principal
    caller.need_right("system", "107-007")
    if not await caller.desk.subscriptions.shake(caller.port, call.path["serviceid"], token=token):
        raise Refusal("107-032", "no such subscription, register again")
    return Reply(_DONE)


async def cancel(call: GatewayCall) -> Reply:
    """End a subscription."""
    caller = call.principal
    caller.need_right("system", "107-007")
    if not await caller.desk.subscriptions.cancel(caller.port, call.body_as(CancelBody).server_id):
        raise Refusal("107-031", "no such subscription")
    return caller.reply(NOTHING)


_BASE = "/config/subscribe"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "register",
        ("POST",),
        f"{_BASE}/register",
        register,
        "Subscribe to recognised speech",
        group="event",
        auth="guid_alone",
        body=RegisterBody,
        invalid="107-002",
        codes=("107-002", "107-007", "107-026", "107-049", "107-051"),
    ),
    Operation(
        "handshake",
        ("GET",),
        f"{_BASE}/handshake/{{serviceid}}",
        hand_shake,
        "Keep a subscription",
        group="event",
        auth="guid_alone",
        codes=("107-007", "107-032"),
    ),
    Operation(
        "handshakeEx",
        ("POST",),
        f"{_BASE}/handshake/{{serviceid}}",
        hand_shake_ex,
        "Keep a subscription and change its token",
        group="event",
        auth="guid_alone",
        codes=("107-007", "107-032", "107-050", "107-051"),
    ),
    Operation(
        "cancel",
        ("POST",),
        f"{_BASE}/cancel",
        cancel,
        "End a subscription",
        group="event",
        auth="guid_alone",
        body=CancelBody,
        invalid="107-002",
        codes=("107-007", "107-031"),
    ),
)
