"""The legs of the relay: opening, changing, closing, and who sees whom."""

from __future__ import annotations

import secrets
import select
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from opencec.workers.protocol import LegOpened
from opencec.workers.relay.leg import VideoLeg
from opencec.workers.relay.outgoing import Outgoing
from opencec.workers.relay_protocol import Forward, OpenVideo, UpdateVideo
from opencec.workers.rtp.latching import Latch
from opencec.workers.rtp.sockets import PortPool, disconnect
from opencec.workers.rtp.transport import RemoteDescription, TransportFactory, TransportState

__all__ = ["Sights", "VideoRegistry"]

_EMPTY_MIXES_KEPT = 1_000


@dataclass(slots=True)
class Sights:
    """Who sees whom in one mix: the newest `Forward`."""

    revision: int = -1
    sees: dict[str, str] = field(default_factory=dict)
    legs: set[str] = field(default_factory=set)


class VideoRegistry:
    """Legs by id and by descriptor. Runs on the loop's thread."""

    def __init__(
        self,
        ports: PortPool,
        poller: select.epoll,
        *,
        webrtc: Callable[[], TransportFactory],
        transport_changed: Callable[[VideoLeg, TransportState, str], None],
        ask_picture: Callable[[VideoLeg], None],
    ) -> None:
        self.legs: dict[str, VideoLeg] = {}
        self.mixes: OrderedDict[str, Sights] = OrderedDict()
        self.sockets: dict[int, tuple[VideoLeg, bool]] = {}
        """By descriptor: the leg, and whether it is its RTCP socket."""
        self._ports = ports
        self._poller = poller
        self._webrtc = webrtc
        self._transport_changed = transport_changed
        self._ask_picture = ask_picture

    def open(self, command: OpenVideo, *, now_ns: int) -> VideoLeg:
        """Make a leg, or find the one that an earlier command made.

        Raises:
            NoPort: no free port, or not an address of ours.
            ValueError: a WebRTC description that is incomplete.
        """
        known = self.legs.get(command.leg)
        if known is not None:
            return known
        is_secure = command.kind == "webrtc"
        pair = self._ports.open(command.local_host, with_rtcp=not (is_secure or command.rtcp_mux))
        ssrc = secrets.randbits(32) or 1
        leg = VideoLeg(
            id=command.leg,
            mix=command.mix,
            codec=command.codec,
            payload_type=command.payload_type,
            direction=command.direction,
            has_feedback=command.has_feedback,
            max_kbps=command.max_kbps,
            media_timeout_ms=command.media_timeout_ms,
            pair=pair,
            latch=Latch(sdp=None if is_secure else command.remote, signalling_host=command.signalling_host),
            opened=LegOpened(
                leg=command.leg,
                host=command.local_host,
                port=pair.port,
                rtcp_port=pair.port if pair.rtcp is None else pair.port + 1,
                ssrc=ssrc,
            ),
            outgoing=Outgoing(
                ssrc=ssrc,
                payload_type=command.payload_type,
                sequence=secrets.randbits(15),
                timestamp=secrets.randbits(32),
            ),
            rtcp_mux=command.rtcp_mux or is_secure,
            allowance_at_ns=now_ns,
            since_ns=now_ns,
        )
        if is_secure:
            self._secure(leg, command)
        else:
            self._watch(leg)
        self.legs[leg.id] = leg
        self._sights(leg.mix).legs.add(leg.id)
        self._look(self.mixes[leg.mix])
        return leg

    def _secure(self, leg: VideoLeg, command: OpenVideo) -> None:
        try:
            leg.transport = self._webrtc()(
                command,
                socket=leg.pair.rtp,
                port=leg.pair.port,
                ssrc=leg.outgoing.ssrc,
                listener=lambda state, reason: self._transport_changed(leg, state, reason),
            )
        except ValueError:
            self._ports.close(leg.pair)
            raise
        leg.opened = leg.transport.local
        leg.transport.start()

    def _watch(self, leg: VideoLeg) -> None:
        self.sockets[leg.pair.rtp.fileno()] = (leg, False)
        self._poller.register(leg.pair.rtp.fileno(), select.EPOLLIN)
        if leg.pair.rtcp is not None:
            self.sockets[leg.pair.rtcp.fileno()] = (leg, True)
            self._poller.register(leg.pair.rtcp.fileno(), select.EPOLLIN)

    def connected(self, leg: VideoLeg, *, now_ns: int) -> None:
        """The keys of a secured leg exist: its socket is ours from now on."""
        leg.is_connected = True
        leg.since_ns = now_ns
        self._watch(leg)
        if leg.sees is not None:
            self._ask_picture(leg.sees)

    def update(self, leg: VideoLeg, command: UpdateVideo, *, now_ns: int) -> None:
        """Carry out a newer remote description; an older one is ignored."""
        if command.revision <= leg.revision:
            return
        leg.revision = command.revision
        leg.codec, leg.payload_type = command.codec, command.payload_type
        leg.outgoing.payload_type = command.payload_type
        leg.direction, leg.has_feedback = command.direction, command.has_feedback
        leg.since_ns, leg.timeout_told = now_ns, False
        if leg.transport is not None:
            leg.transport.update(RemoteDescription.of(command))
        else:
            leg.latch.update(sdp=command.remote, signalling_host=command.signalling_host)
            if leg.is_connected:
                disconnect(leg.pair.rtp)
                leg.is_connected = False
            leg.rtcp_remote = None
        self._look(self.mixes[leg.mix])

    def close(self, leg: VideoLeg) -> None:
        """Take a leg out and give its ports back."""
        for sock in (leg.pair.rtp, leg.pair.rtcp):
            if sock is not None and self.sockets.pop(sock.fileno(), None) is not None:
                self._poller.unregister(sock.fileno())
        if leg.transport is not None:
            leg.transport.close()
            leg.transport = None
        del self.legs[leg.id]
        sights = self.mixes[leg.mix]
        sights.legs.discard(leg.id)
        self._leave(leg)
        for viewer in list(leg.viewers):
            self._leave(viewer)
        self._ports.close(leg.pair)
        if not sights.legs:
            del self.mixes[leg.mix]

    # --- who sees whom ------------------------------------------------------------------------------------------------

    def forward(self, command: Forward) -> None:
        """Say who sees whom from now on; an older revision is ignored."""
        sights = self._sights(command.mix)
        if command.revision > sights.revision:
            sights.revision, sights.sees = command.revision, command.sees
            for name in command.named:
                if (leg := self.legs.get(name)) is not None and leg.mix != command.mix:
                    self._move(leg, command.mix)
            self._look(sights)

    def _move(self, leg: VideoLeg, mix: str) -> None:
        """The leg serves another mix from now on; whoever it saw or was seen by there, it sees no more."""
        former = self.mixes[leg.mix]
        former.legs.discard(leg.id)
        if not former.legs:
            del self.mixes[leg.mix]
        self._leave(leg)
        for viewer in list(leg.viewers):
            self._leave(viewer)
        leg.mix = mix
        self._sights(mix).legs.add(leg.id)

    def _sights(self, mix: str) -> Sights:
        sights = self.mixes.get(mix)
        if sights is None:
            sights = self.mixes[mix] = Sights()
            if len(self.mixes) > _EMPTY_MIXES_KEPT + len(self.legs):
                for name in [name for name, known in self.mixes.items() if not known.legs][: _EMPTY_MIXES_KEPT // 2]:
                    del self.mixes[name]
        return sights

    def _look(self, sights: Sights) -> None:
        for name in sights.legs:
            leg = self.legs.get(name)
            if leg is None:
                continue
            source = self.legs.get(sights.sees.get(name, ""))
            if source is leg.sees:
                continue
            self._leave(leg)
            if source is not None:
                leg.sees = source
                source.viewers.append(leg)
                self._ask_picture(source)

    @staticmethod
    def _leave(viewer: VideoLeg) -> None:
        if viewer.sees is not None:
            viewer.sees.viewers.remove(viewer)
            viewer.sees = None
            viewer.outgoing.follow()
