"""Resource `voicecall`, pictures: the agent's own picture, the switch between voice and video (cc-gateway.md 5.2)."""

from __future__ import annotations

from opencec.core.commands import Command, MuteVideo, SwitchMedia, UnmuteVideo
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import MediaSwitchBody
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Reply

__all__ = ["OPERATIONS"]


async def _run(call: GatewayCall, command: Command) -> Reply:
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


async def begin_mute_video(call: GatewayCall) -> Reply:
    """The other party sees the agent no more; the last picture stands."""
    return await _run(call, MuteVideo(agent=call.principal.agent))


async def end_mute_video(call: GatewayCall) -> Reply:
    """The other party sees the agent again."""
    return await _run(call, UnmuteVideo(agent=call.principal.agent))


async def media_switch(call: GatewayCall) -> Reply:
    """Put pictures into the call or take them out; what came of it is told by AgentEvent_MediaSwith."""
    is_video = call.body_as(MediaSwitchBody).mediaability == 1
    return await _run(call, SwitchMedia(agent=call.principal.agent, medium="video" if is_video else "voice"))


_VOICE = "/voicecall/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "beginMuteVideo",
        ("POST",),
        f"{_VOICE}/beginmutevideo",
        begin_mute_video,
        "Freeze the agent's picture",
        group="mute_video",
        codes=("100-006", "200-019", "200-020"),
    ),
    Operation(
        "endMuteVideo",
        ("POST",),
        f"{_VOICE}/endmutevideo",
        end_mute_video,
        "Show the agent's picture again",
        group="unmute_video",
        codes=("100-006", "200-021", "200-022"),
    ),
    Operation(
        "mediaSwitch",
        ("POST",),
        f"{_VOICE}/mediaswitch",
        media_switch,
        "Switch between voice and video",
        group="media_switch",
        body=MediaSwitchBody,
        events=("AgentEvent_MediaSwith",),
        codes=("000-002", "100-006", "200-019", "200-020"),
    ),
)
