"""The operation table of the CC-Gateway and the ASGI application over it. Handlers live by resource group."""

from __future__ import annotations

from opencec.elements.cc_gateway import (
    agent_events,
    agent_group,
    call_data,
    call_lists,
    conferences,
    media_calls,
    messages,
    passwords,
    presence,
    quality_control,
    query_monitor,
    queue_device,
    record_files,
    record_play,
    record_zips,
    sign_in,
    states,
    subscriptions,
    text_chat_files,
    text_chat_sessions,
    text_chats,
    video_calls,
    voice_calls,
    voice_parties,
    voice_requests,
)
from opencec.elements.cc_gateway.errors import GatewayDialect
from opencec.elements.cc_gateway.gateway import Caller, Gateway
from opencec.httpkit.cors import CrossOrigin
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.operations import OperationTable

__all__ = ["PREFIX", "TABLE", "build_gateway_app"]

PREFIX = "/agentgateway/resource"

TABLE: OperationTable[Caller] = OperationTable(
    (
        *sign_in.OPERATIONS,
        *states.OPERATIONS,
        *passwords.OPERATIONS,
        *presence.OPERATIONS,
        *agent_events.OPERATIONS,
        *voice_calls.OPERATIONS,
        *voice_parties.OPERATIONS,
        *voice_requests.OPERATIONS,
        *video_calls.OPERATIONS,
        *call_data.OPERATIONS,
        *call_lists.OPERATIONS,
        *agent_group.OPERATIONS,
        *queue_device.OPERATIONS,
        *query_monitor.OPERATIONS,
        *conferences.OPERATIONS,
        *messages.OPERATIONS,
        *media_calls.OPERATIONS,
        *text_chats.OPERATIONS,
        *text_chat_files.OPERATIONS,
        *text_chat_sessions.OPERATIONS,
        *quality_control.OPERATIONS,
        *record_play.OPERATIONS,
        *record_files.OPERATIONS,
        *record_zips.OPERATIONS,
        *subscriptions.OPERATIONS,
    )
)


def build_gateway_app(gateway: Gateway) -> Dispatcher[Caller]:
    """The ASGI application, to be mounted at `PREFIX`."""
    settings = gateway.settings
    return Dispatcher(
        TABLE,
        dialect=GatewayDialect({operation.name: operation.group for operation in TABLE.operations}),
        families={
            "none": gateway.stranger,
            "guid": gateway.by_guid,
            "guid_alone": gateway.by_guid_alone,
            "guid_poll_alone": gateway.by_guid_alone_uncounted,
            "guid_heartbeat": gateway.by_guid_uncounted,
            "guid_of_ended": gateway.by_guid_even_ended,
        },
        trusted_proxies=settings.trusted_proxies,
        cross_origin=CrossOrigin(settings.allowed_origins) if settings.allowed_origins else None,
    )
