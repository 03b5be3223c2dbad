"""The legs and mixes of a worker: opening, changing and closing legs, and who hears whom."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from opencec.workers.media.leg import Leg
from opencec.workers.media.mixing import Hearing
from opencec.workers.media.phase import Phase
from opencec.workers.media.receive import Reception
from opencec.workers.media.stream import Listener
from opencec.workers.media.transmit import Packer
from opencec.workers.protocol import LegOpened, Mix, OpenLeg, UpdateLeg
from opencec.workers.rtp.latching import Latch
from opencec.workers.rtp.sockets import PortPool, disconnect
from opencec.workers.rtp.transport import RemoteDescription, TransportFactory, TransportState

__all__ = ["LegRegistry", "MixState"]

_EMPTY_MIXES_KEPT = 1_000
_PACKET_TIMES = range(10, 61, 10)
_PLAIN_PTIME = 20

StateChange = Callable[[Leg, TransportState, str], None]


@dataclass(slots=True)
class MixState:
    """One mix: its newest gains, and the phase that serves its legs."""

    phase: Phase
    revision: int = -1
    gains: dict[str, dict[str, float]] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)


class LegRegistry:
    """Legs by id, mixes by id. Every method runs on the audio thread, between phases."""

    def __init__(
        self,
        phases: tuple[Phase, ...],
        ports: PortPool,
        *,
        listener: Listener,
        now_ms: Callable[[], int],
        transport_changed: StateChange,
        webrtc: Callable[[], TransportFactory],
    ) -> None:
        self.legs: dict[str, Leg] = {}
        self.mixes: OrderedDict[str, MixState] = OrderedDict()
        self._phases = phases
        self._ports = ports
        self._listener = listener
        self._now_ms = now_ms
        self._transport_changed = transport_changed
        self._webrtc = webrtc

    # --- legs ---------------------------------------------------------------------------------------------------------

    def open(self, command: OpenLeg) -> Leg:
        """Make a leg, or find the one that was made by an earlier command for it.

        Raises:
            NoPort: no free port, or not an address of ours.
            ValueError: the command contradicts itself or cannot be carried out by this worker.
        """
        known = self.legs.get(command.leg)
        if known is not None:
            return known
        is_secure = command.kind == "webrtc"
        pair = self._ports.open(command.local_host, with_rtcp=not (is_secure or command.rtcp_mux))
        ssrc = secrets.randbits(32) or 1
        mix = self._mix(command.mix)
        leg = Leg(
            id=command.leg,
            mix=command.mix,
            codec=command.codec,
            payload_type=command.payload_type,
            dtmf_payload_type=command.dtmf_payload_type,
            ptime=command.ptime,
            direction=command.direction,
            rtcp_mux=command.rtcp_mux or is_secure,
            media_timeout_ms=command.media_timeout_ms,
            pair=pair,
            latch=Latch(sdp=None if is_secure else command.remote, signalling_host=command.signalling_host),
            ssrc=ssrc,
            opened=LegOpened(
                leg=command.leg,
                host=command.local_host,
                port=pair.port,
                rtcp_port=pair.port if pair.rtcp is None else pair.port + 1,
                ssrc=ssrc,
            ),
            phase=mix.phase,
            row=-1,
            tie=command.tie,
        )
        leg.reception = Reception(leg, self._listener, self._now_ms)
        leg.packer = _packer(leg.ptime)
        if is_secure:
            self._secure(leg, command)
        self.legs[leg.id] = mix.legs[leg.id] = leg
        mix.phase.add(leg)
        if leg.transport is not None:
            leg.transport.start()
        self._rehear(mix)
        return leg

    def _secure(self, leg: Leg, command: OpenLeg) -> None:
        try:
            leg.transport = self._webrtc()(
                command,
                socket=leg.pair.rtp,
                port=leg.pair.port,
                ssrc=leg.ssrc,
                listener=lambda state, reason: self._transport_changed(leg, state, reason),
            )
        except (ValueError, ImportError):
            self._ports.close(leg.pair)
            raise
        leg.opened = leg.transport.local

    def update(self, leg: Leg, command: UpdateLeg) -> None:
        """Carry out a newer remote description; an older revision is ignored."""
        if command.revision <= leg.revision:
            return
        leg.revision = command.revision
        leg.codec, leg.payload_type = command.codec, command.payload_type
        leg.dtmf_payload_type, leg.direction = command.dtmf_payload_type, command.direction
        if command.ptime != leg.ptime:
            leg.ptime, leg.packer = command.ptime, _packer(command.ptime)
        leg.timeout_told = False
        leg.phase.rows.heard_at[leg.row] = leg.phase.tick
        if leg.transport is not None:
            leg.transport.update(RemoteDescription.of(command))
        else:
            leg.latch.update(sdp=command.remote, signalling_host=command.signalling_host)
            if leg.is_connected:
                disconnect(leg.pair.rtp)
                leg.is_connected = False
        leg.rtcp_mux = command.rtcp_mux or leg.transport is not None
        leg.rtcp_remote = None
        leg.reception.gate.renew()
        leg.phase.configure(leg)
        self._rehear(self.mixes[leg.mix])

    def close(self, leg: Leg) -> None:
        """Take a leg out and give its ports back; its mix goes on without it.

        The circles of references through the leg are cut: the worker collects no garbage while it has legs.
        """
        if leg.transport is not None:
            leg.transport.close()
            leg.transport = None
        leg.phase.remove(leg)
        del self.legs[leg.id]
        mix = self.mixes[leg.mix]
        del mix.legs[leg.id]
        self._ports.close(leg.pair)
        del leg.reception
        if mix.legs:
            self._rehear(mix)
        else:
            del self.mixes[leg.mix]

    def connected(self, leg: Leg) -> None:
        """The keys of a secured leg exist and its socket is connected: it joins the phases."""
        peer = leg.pair.rtp.getpeername()
        leg.latch.fixed = (peer[0], peer[1])
        leg.is_connected = True
        leg.phase.rows.heard_at[leg.row] = leg.phase.tick
        leg.phase.configure(leg)

    def reconnecting(self, leg: Leg) -> None:
        """A secured leg takes its socket back for an ICE restart."""
        leg.is_connected = False
        leg.reception.gate.renew()
        leg.phase.configure(leg)
        if leg.transport is not None:
            leg.transport.released()

    # --- mixes --------------------------------------------------------------------------------------------------------

    def _mix(self, mix_id: str) -> MixState:
        mix = self.mixes.get(mix_id)
        if mix is None:
            mix = self.mixes[mix_id] = MixState(min(self._phases, key=lambda phase: len(phase.legs)))
            self._prune()
        return mix

    def _prune(self) -> None:
        """Forget the oldest mixes that were described for legs which never came."""
        if len(self.mixes) > _EMPTY_MIXES_KEPT + len(self.legs):
            for mix_id in [name for name, mix in self.mixes.items() if not mix.legs][: _EMPTY_MIXES_KEPT // 2]:
                del self.mixes[mix_id]

    def mix(self, command: Mix) -> None:
        """Say what every leg of a mix hears; an older revision is ignored. Legs named here leave their former mix.

        The same revision again takes in legs that were opened in the meantime.
        """
        mix = self._mix(command.mix)
        if command.revision < mix.revision:
            return
        mix.revision, mix.gains = command.revision, command.gains
        named = set(command.gains).union(*command.gains.values())
        for leg_id in named:
            leg = self.legs.get(leg_id)
            if leg is not None and leg.mix != command.mix:
                self._join(leg, command.mix, mix)
        self._rehear(mix)

    def _join(self, leg: Leg, mix_id: str, mix: MixState) -> None:
        former = self.mixes[leg.mix]
        del former.legs[leg.id]
        if former.legs:
            self._rehear(former)
        else:
            del self.mixes[leg.mix]
        leg.mix = mix_id
        mix.legs[leg.id] = leg
        if leg.phase is not mix.phase:
            mix.phase.move_here(leg)

    def _rehear(self, mix: MixState) -> None:
        for leg in mix.legs.values():
            gains = mix.gains.get(leg.id, {})
            speakers = tuple(
                (speaker.row, speaker.codec == "PCMA", gain)
                for speaker_id, gain in gains.items()
                if (speaker := mix.legs.get(speaker_id)) is not None
            )
            mix.phase.mixer.set(Hearing(leg.row, leg.codec == "PCMA", speakers))


def _packer(ptime: int) -> Packer | None:
    """None for 20 ms, and for packet times that no G.711 phone has (RFC 3551 4.2: a receiver takes any)."""
    return None if ptime == _PLAIN_PTIME or ptime not in _PACKET_TIMES else Packer(ptime)
