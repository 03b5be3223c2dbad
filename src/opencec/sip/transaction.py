"""The four transaction machines of RFC 3261 section 17 with the corrections of RFC 6026, as tables.

Every move is a row of MOVES; nothing else changes `Transaction.state`. What a row does besides is a list of actions,
carried out by `transaction_layer`. KEEPS names the timers that stay running in a state; all others stop on entry.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from opencec.sip.flow import Target, is_reliable
from opencec.sip.message import Request, Response
from opencec.sip.timers import T1_MS, T2_MS, T4_MS, TIMEOUT_MS

__all__ = [
    "KEEPS",
    "MOVES",
    "Action",
    "IllegalTransition",
    "Kind",
    "State",
    "Transaction",
    "Trigger",
    "response_trigger",
    "timer_ms",
]


class Kind(StrEnum):
    """Which of the four machines."""

    INVITE_CLIENT = "invite client"
    CLIENT = "client"
    INVITE_SERVER = "invite server"
    SERVER = "server"


class State(StrEnum):
    """States of RFC 3261 17 and RFC 6026 (Accepted)."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Trigger(StrEnum):
    """What moves a machine. PROVISIONAL, SUCCESS and FAILURE come from the wire at a client, from the user at a server.

    TIMER_U is ours: the user never answered a non-INVITE request, whose client has given up by then (RFC 4320).
    """

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    REQUEST = "request again"
    ACK = "ACK"
    UNDELIVERABLE = "undeliverable"
    TIMER_A = "A"
    TIMER_B = "B"
    TIMER_D = "D"
    TIMER_E = "E"
    TIMER_F = "F"
    TIMER_G = "G"
    TIMER_H = "H"
    TIMER_I = "I"
    TIMER_J = "J"
    TIMER_K = "K"
    TIMER_L = "L"
    TIMER_M = "M"
    TIMER_U = "U"


class Action(StrEnum):
    """What a row does: PASS gives the response to the user, SEND_ACK acknowledges a failure in the transaction."""

    SEND = "send"
    RESEND = "resend"
    BACK_OFF = "back off"
    PASS = "pass"
    SEND_ACK = "send ACK"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    START_D = "start D"
    START_G = "start G"
    START_H = "start H"
    START_I = "start I"
    START_J = "start J"
    START_K = "start K"
    START_L = "start L"
    START_M = "start M"


class IllegalTransition(Exception):
    """The machine has no row for this trigger in this state; nothing was changed."""

    def __init__(self, kind: Kind, state: State, trigger: Trigger) -> None:
        super().__init__(f"{kind} transaction in state {state} has no move for {trigger}")
        self.kind, self.state, self.trigger = kind, state, trigger


_IC, _C, _IS, _S = Kind.INVITE_CLIENT, Kind.CLIENT, Kind.INVITE_SERVER, Kind.SERVER
_T, _A = Trigger, Action
_CALLING, _TRYING, _PROCEEDING = State.CALLING, State.TRYING, State.PROCEEDING
_ACCEPTED, _COMPLETED, _CONFIRMED, _TERMINATED = State.ACCEPTED, State.COMPLETED, State.CONFIRMED, State.TERMINATED

Row = tuple[State, tuple[Action, ...]]

MOVES: dict[tuple[Kind, State, Trigger], Row] = {
    # INVITE client: RFC 3261 figure 5, RFC 6026 7.2
    (_IC, _CALLING, _T.TIMER_A): (_CALLING, (_A.RESEND, _A.BACK_OFF)),
    (_IC, _CALLING, _T.TIMER_B): (_TERMINATED, (_A.TIMED_OUT,)),
    (_IC, _CALLING, _T.PROVISIONAL): (_PROCEEDING, (_A.PASS,)),
    (_IC, _CALLING, _T.SUCCESS): (_ACCEPTED, (_A.START_M, _A.PASS)),
    (_IC, _CALLING, _T.FAILURE): (_COMPLETED, (_A.SEND_ACK, _A.START_D, _A.PASS)),
    (_IC, _CALLING, _T.UNDELIVERABLE): (_TERMINATED, (_A.UNREACHABLE,)),
    (_IC, _PROCEEDING, _T.PROVISIONAL): (_PROCEEDING, (_A.PASS,)),
    (_IC, _PROCEEDING, _T.SUCCESS): (_ACCEPTED, (_A.START_M, _A.PASS)),
    (_IC, _PROCEEDING, _T.FAILURE): (_COMPLETED, (_A.SEND_ACK, _A.START_D, _A.PASS)),
    (_IC, _PROCEEDING, _T.UNDELIVERABLE): (_TERMINATED, (_A.UNREACHABLE,)),
    (_IC, _ACCEPTED, _T.SUCCESS): (_ACCEPTED, (_A.PASS,)),
    (_IC, _ACCEPTED, _T.PROVISIONAL): (_ACCEPTED, ()),
    (_IC, _ACCEPTED, _T.FAILURE): (_ACCEPTED, ()),
    (_IC, _ACCEPTED, _T.UNDELIVERABLE): (_ACCEPTED, ()),
    (_IC, _ACCEPTED, _T.TIMER_M): (_TERMINATED, ()),
    (_IC, _COMPLETED, _T.FAILURE): (_COMPLETED, (_A.SEND_ACK,)),
    (_IC, _COMPLETED, _T.PROVISIONAL): (_COMPLETED, ()),
    (_IC, _COMPLETED, _T.SUCCESS): (_COMPLETED, ()),
    (_IC, _COMPLETED, _T.UNDELIVERABLE): (_TERMINATED, ()),
    (_IC, _COMPLETED, _T.TIMER_D): (_TERMINATED, ()),
    # non-INVITE client: RFC 3261 figure 6
    (_C, _TRYING, _T.TIMER_E): (_TRYING, (_A.RESEND, _A.BACK_OFF)),
    (_C, _TRYING, _T.TIMER_F): (_TERMINATED, (_A.TIMED_OUT,)),
    (_C, _TRYING, _T.PROVISIONAL): (_PROCEEDING, (_A.PASS,)),
    (_C, _TRYING, _T.SUCCESS): (_COMPLETED, (_A.START_K, _A.PASS)),
    (_C, _TRYING, _T.FAILURE): (_COMPLETED, (_A.START_K, _A.PASS)),
    (_C, _TRYING, _T.UNDELIVERABLE): (_TERMINATED, (_A.UNREACHABLE,)),
    (_C, _PROCEEDING, _T.TIMER_E): (_PROCEEDING, (_A.RESEND, _A.BACK_OFF)),
    (_C, _PROCEEDING, _T.TIMER_F): (_TERMINATED, (_A.TIMED_OUT,)),
    (_C, _PROCEEDING, _T.PROVISIONAL): (_PROCEEDING, (_A.PASS,)),
    (_C, _PROCEEDING, _T.SUCCESS): (_COMPLETED, (_A.START_K, _A.PASS)),
    (_C, _PROCEEDING, _T.FAILURE): (_COMPLETED, (_A.START_K, _A.PASS)),
    (_C, _PROCEEDING, _T.UNDELIVERABLE): (_TERMINATED, (_A.UNREACHABLE,)),
    (_C, _COMPLETED, _T.PROVISIONAL): (_COMPLETED, ()),
    (_C, _COMPLETED, _T.SUCCESS): (_COMPLETED, ()),
    (_C, _COMPLETED, _T.FAILURE): (_COMPLETED, ()),
    (_C, _COMPLETED, _T.UNDELIVERABLE): (_COMPLETED, ()),
    (_C, _COMPLETED, _T.TIMER_K): (_TERMINATED, ()),
    # INVITE server: RFC 3261 figure 7, RFC 6026 7.1
    (_IS, _PROCEEDING, _T.REQUEST): (_PROCEEDING, (_A.RESEND,)),
    (_IS, _PROCEEDING, _T.ACK): (_PROCEEDING, ()),
    (_IS, _PROCEEDING, _T.UNDELIVERABLE): (_PROCEEDING, ()),
    (_IS, _PROCEEDING, _T.PROVISIONAL): (_PROCEEDING, (_A.SEND,)),
    (_IS, _PROCEEDING, _T.SUCCESS): (_ACCEPTED, (_A.SEND, _A.START_L)),
    (_IS, _PROCEEDING, _T.FAILURE): (_COMPLETED, (_A.SEND, _A.START_G, _A.START_H)),
    (_IS, _ACCEPTED, _T.REQUEST): (_ACCEPTED, ()),
    (_IS, _ACCEPTED, _T.ACK): (_ACCEPTED, ()),
    (_IS, _ACCEPTED, _T.UNDELIVERABLE): (_ACCEPTED, ()),
    (_IS, _ACCEPTED, _T.SUCCESS): (_ACCEPTED, (_A.SEND,)),
    (_IS, _ACCEPTED, _T.TIMER_L): (_TERMINATED, ()),
    (_IS, _COMPLETED, _T.REQUEST): (_COMPLETED, (_A.RESEND,)),
    (_IS, _COMPLETED, _T.UNDELIVERABLE): (_COMPLETED, ()),
    (_IS, _COMPLETED, _T.TIMER_G): (_COMPLETED, (_A.RESEND, _A.BACK_OFF)),
    (_IS, _COMPLETED, _T.TIMER_H): (_TERMINATED, ()),
    (_IS, _COMPLETED, _T.ACK): (_CONFIRMED, (_A.START_I,)),
    (_IS, _CONFIRMED, _T.ACK): (_CONFIRMED, ()),
    (_IS, _CONFIRMED, _T.REQUEST): (_CONFIRMED, ()),
    (_IS, _CONFIRMED, _T.UNDELIVERABLE): (_CONFIRMED, ()),
    (_IS, _CONFIRMED, _T.TIMER_I): (_TERMINATED, ()),
    # non-INVITE server: RFC 3261 figure 8
    (_S, _TRYING, _T.REQUEST): (_TRYING, ()),
    (_S, _TRYING, _T.UNDELIVERABLE): (_TRYING, ()),
    (_S, _TRYING, _T.PROVISIONAL): (_PROCEEDING, (_A.SEND,)),
    (_S, _TRYING, _T.SUCCESS): (_COMPLETED, (_A.SEND, _A.START_J)),
    (_S, _TRYING, _T.FAILURE): (_COMPLETED, (_A.SEND, _A.START_J)),
    (_S, _TRYING, _T.TIMER_U): (_TERMINATED, ()),
    (_S, _PROCEEDING, _T.REQUEST): (_PROCEEDING, (_A.RESEND,)),
    (_S, _PROCEEDING, _T.UNDELIVERABLE): (_PROCEEDING, ()),
    (_S, _PROCEEDING, _T.PROVISIONAL): (_PROCEEDING, (_A.SEND,)),
    (_S, _PROCEEDING, _T.SUCCESS): (_COMPLETED, (_A.SEND, _A.START_J)),
    (_S, _PROCEEDING, _T.FAILURE): (_COMPLETED, (_A.SEND, _A.START_J)),
    (_S, _PROCEEDING, _T.TIMER_U): (_TERMINATED, ()),
    (_S, _COMPLETED, _T.REQUEST): (_COMPLETED, (_A.RESEND,)),
    (_S, _COMPLETED, _T.UNDELIVERABLE): (_COMPLETED, ()),
    (_S, _COMPLETED, _T.TIMER_J): (_TERMINATED, ()),
}

_NONE: frozenset[Trigger] = frozenset()

KEEPS: dict[tuple[Kind, State], frozenset[Trigger]] = {
    (_IC, _CALLING): frozenset({_T.TIMER_A, _T.TIMER_B}),
    (_IC, _PROCEEDING): _NONE,
    (_IC, _ACCEPTED): frozenset({_T.TIMER_M}),
    (_IC, _COMPLETED): frozenset({_T.TIMER_D}),
    (_IC, _TERMINATED): _NONE,
    (_C, _TRYING): frozenset({_T.TIMER_E, _T.TIMER_F}),
    (_C, _PROCEEDING): frozenset({_T.TIMER_E, _T.TIMER_F}),
    (_C, _COMPLETED): frozenset({_T.TIMER_K}),
    (_C, _TERMINATED): _NONE,
    (_IS, _PROCEEDING): _NONE,
    (_IS, _ACCEPTED): frozenset({_T.TIMER_L}),
    (_IS, _COMPLETED): frozenset({_T.TIMER_G, _T.TIMER_H}),
    (_IS, _CONFIRMED): frozenset({_T.TIMER_I}),
    (_IS, _TERMINATED): _NONE,
    (_S, _TRYING): frozenset({_T.TIMER_U}),
    (_S, _PROCEEDING): frozenset({_T.TIMER_U}),
    (_S, _COMPLETED): frozenset({_T.TIMER_J}),
    (_S, _TERMINATED): _NONE,
}

FIRST_STATE: dict[Kind, State] = {_IC: _CALLING, _C: _TRYING, _IS: _PROCEEDING, _S: _TRYING}
FIRST_TIMERS: dict[Kind, tuple[Trigger, ...]] = {
    _IC: (_T.TIMER_A, _T.TIMER_B),
    _C: (_T.TIMER_E, _T.TIMER_F),
    _IS: (),
    _S: (_T.TIMER_U,),
}
STARTS: dict[Action, Trigger] = {
    _A.START_D: _T.TIMER_D,
    _A.START_G: _T.TIMER_G,
    _A.START_H: _T.TIMER_H,
    _A.START_I: _T.TIMER_I,
    _A.START_J: _T.TIMER_J,
    _A.START_K: _T.TIMER_K,
    _A.START_L: _T.TIMER_L,
    _A.START_M: _T.TIMER_M,
}

# (unreliable, reliable) in ms; None: the timer is not started, 0: the state is left at once.
_DURATIONS: dict[Trigger, tuple[int, int | None]] = {
    _T.TIMER_A: (T1_MS, None),
    _T.TIMER_B: (TIMEOUT_MS, TIMEOUT_MS),
    _T.TIMER_D: (32_000, 0),
    _T.TIMER_E: (T1_MS, None),
    _T.TIMER_F: (TIMEOUT_MS, TIMEOUT_MS),
    _T.TIMER_G: (T1_MS, None),
    _T.TIMER_H: (TIMEOUT_MS, TIMEOUT_MS),
    _T.TIMER_I: (T4_MS, 0),
    _T.TIMER_J: (TIMEOUT_MS, 0),
    _T.TIMER_K: (T4_MS, 0),
    _T.TIMER_L: (TIMEOUT_MS, TIMEOUT_MS),
    _T.TIMER_M: (TIMEOUT_MS, TIMEOUT_MS),
    _T.TIMER_U: (TIMEOUT_MS, TIMEOUT_MS),
}

ResponseTaker = Callable[[Response, int], None]
GiveUp = Callable[[int, int], None]


def timer_ms(timer: Trigger, *, reliable: bool) -> int | None:
    """Length of a timer in ms (RFC 3261 table 4); None when the transport makes it needless."""
    return _DURATIONS[timer][reliable]


def response_trigger(status: int) -> Trigger:
    """The trigger a response of this status is, at a client or a server."""
    if status < 200:
        return Trigger.PROVISIONAL
    return Trigger.SUCCESS if status < 300 else Trigger.FAILURE


class Transaction:
    """One transaction: its state and the bytes it repeats.

    Attributes:
        kind: Machine.
        key: Key in the layer's table.
        request: The request that opened it.
        target: Where its messages go.
        state: Changed by `move` alone.
        message: Last bytes sent: a client's request, a server's response; empty before the first response.
        interval_ms: Current interval of A, E or G.
        source: Host the request came from (server).
        leg: Key of the leg it belongs to, "" for none.
        is_answered: A final response was sent (server).
        on_response: Takes responses (client).
        on_give_up: Takes 408 or 503 and now, when no final response will come (client).
    """

    __slots__ = (
        "interval_ms",
        "is_answered",
        "key",
        "kind",
        "leg",
        "message",
        "on_give_up",
        "on_response",
        "request",
        "source",
        "state",
        "target",
    )

    def __init__(self, kind: Kind, key: tuple[str, ...], request: Request, target: Target) -> None:
        self.kind = kind
        self.key = key
        self.request = request
        self.target = target
        self.state = FIRST_STATE[kind]
        self.message = b""
        self.interval_ms = T1_MS
        self.source = ""
        self.leg = ""
        self.is_answered = False
        self.on_response: ResponseTaker | None = None
        self.on_give_up: GiveUp | None = None

    @property
    def is_reliable(self) -> bool:
        """The transport repeats lost messages by itself."""
        return is_reliable(self.target)

    @property
    def is_refused(self) -> bool:
        """An INVITE that got 300-699: its ACK belongs to the transaction."""
        return self.state in (State.COMPLETED, State.CONFIRMED)

    def move(self, trigger: Trigger) -> tuple[Action, ...]:
        """Take the row for `trigger`; its actions are the caller's to carry out.

        Raises:
            IllegalTransition: There is no such row; nothing changed.
        """
        try:
            self.state, actions = MOVES[self.kind, self.state, trigger]
        except KeyError:
            raise IllegalTransition(self.kind, self.state, trigger) from None
        return actions

    def next_interval_ms(self) -> int:
        """Interval after a retransmission: A doubles; E and G double up to T2, E is T2 once proceeding."""
        if self.kind is Kind.INVITE_CLIENT:
            self.interval_ms *= 2
        elif self.kind is Kind.CLIENT and self.state is State.PROCEEDING:
            self.interval_ms = T2_MS
        else:
            self.interval_ms = min(2 * self.interval_ms, T2_MS)
        return self.interval_ms
