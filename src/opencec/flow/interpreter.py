"""Run calls through flows: `start`, then `resume` with each input; pure, one step at a time.

The session of a step is journaled before its orders are carried out. After a crash `reissue` gives the last orders
again under the same ids. Leaving aside the two constants below, everything a call does comes from its flow.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from opencec.flow.compile import CompiledFlow, CompiledNode, FlowLibrary
from opencec.flow.errors import FlowError, UnknownFlow
from opencec.flow.inputs import Answered, HungUp, Input
from opencec.flow.model import Value
from opencec.flow.node import INNER_ERROR, End, Go, Jump, Move, Wait
from opencec.flow.orders import Answer, EndCall, EndCause
from opencec.flow.run import Run
from opencec.flow.session import Context, Session, Step
from opencec.flow.variables import initial

__all__ = ["MAX_NODES", "Interpreter", "restore"]

MAX_NODES = 500
"""Nodes that one call may enter, over all its flows: the guard against loops (ivr-flows 5)."""


class Interpreter:
    """Runs the flows of one tenant's library. Has no state of its own."""

    def __init__(self, library: FlowLibrary) -> None:
        self.library = library

    def start(self, flow: str | CompiledFlow, context: Context, *, now: int) -> Step:
        """A new call enters a flow (its id, then the default version; or the flow itself).

        Raises:
            UnknownFlow: no such flow.
        """
        entered = self.library.get(flow) if isinstance(flow, str) else flow
        session = Session(
            context=context,
            flow="",
            version=0,
            node="",
            counter=context.counter,
            shared=dict(context.variables),
            language=context.language,
            answered=context.answered,
        )
        run = Run(session, now)
        self._advance(run, self._open(run, entered))
        return run.step()

    def continue_in(self, session: Session, flow: str | CompiledFlow, *, now: int) -> Step:
        """Go on in another flow: what `TransferToFlow` asks for. GLOBAL variables, counters and ids go on.

        Raises:
            UnknownFlow: no such flow; `resume` with `TransferFailed` then.
        """
        entered = self.library.get(flow) if isinstance(flow, str) else flow
        run = Run(session, now)
        run.visit("TRANSFER")
        self._advance(run, self._open(run, entered))
        return run.step()

    def resume(self, session: Session, given: Input, *, now: int, counter: int = 0) -> Step:
        """Go on with an input. One that answers another order than the pending one changes nothing.

        Args:
            counter: number of the contact's last order when others than this flow gave some (the waiting treatment
                before a `TransferFailed`): further ids are higher.

        Raises:
            UnknownFlow: the session's version is not in the library any more.
        """
        if session.ended:
            return Step(session)
        if isinstance(given, HungUp):
            run = Run(session, now)
            run.visit("HANGUP")
            self._finish(run)
            return run.step()
        if given.order != session.pending:
            return Step(session)
        node = self.library.get(session.flow, session.version).nodes[session.node]
        if not isinstance(given, node.type.awaits if session.entered else (Answered,)):
            return Step(session)
        run = Run(session, now)
        run.session.counter = max(run.session.counter, counter)
        self._prepare(run)
        if session.entered:
            move = self._guarded(run, node, given)
        else:
            run.session.answered = run.session.entered = True
            move = self._guarded(run, node, None)
        self._advance(run, move)
        return run.step()

    def reissue(self, session: Session) -> Step:
        """The orders of the last step once more, for a control that does not know whether they went out."""
        return Step(session, session.orders)

    # --- one step -------------------------------------------------------------------------------------------------

    def _advance(self, run: Run, move: Move) -> None:
        """Walk from node to node until one waits or the flow's part is over."""
        while True:
            match move:
                case Go(exit):
                    move = self._leave(run, exit)
                case Jump(flow):
                    move = self._jump(run, flow)
                case Wait():
                    return
                case End(how):
                    run.visit(how)
                    self._finish(run)
                    return
                case _:
                    assert_never(move)

    def _leave(self, run: Run, exit: str) -> Move:
        flow = self.library.get(run.session.flow, run.session.version)
        target = flow.nodes[run.session.node].lines.get(exit)
        if target is None:
            return self._unhandled(run, exit)
        run.visit(exit)
        return self._enter(run, flow, target)

    def _jump(self, run: Run, flow: str) -> Move:
        try:
            entered = self.library.get(flow)
        except UnknownFlow:
            return self._failed(run)
        run.visit("JUMP")
        return self._open(run, entered)

    def _open(self, run: Run, flow: CompiledFlow) -> Move:
        """Begin a flow: FLOW variables anew, GLOBAL ones that are new to the call."""
        session, document = run.session, flow.document
        session.flow, session.version = document.id, document.version
        session.variables = initial(document.variables, "FLOW")
        declared: dict[str, Value] = initial(document.variables, "GLOBAL")
        session.shared = declared | session.shared
        return self._enter(run, flow, flow.start)

    def _enter(self, run: Run, flow: CompiledFlow, id: str) -> Move:
        session = run.session
        session.node, session.entered = id, True
        session.local.clear()
        session.visited += 1
        if session.visited > MAX_NODES:
            return self._hang_up(run, "loop")
        self._prepare(run)
        node = flow.nodes[id]
        if node.type.needs_media and not run.has_media:
            session.entered = False
            run.order(Answer(order=run.next_id()))
            return Wait()
        return self._guarded(run, node, None)

    def _prepare(self, run: Run) -> None:
        """Tell the run what is declared and which lines the current node has."""
        flow = self.library.get(run.session.flow, run.session.version)
        run.types = flow.types
        run.lines = flow.nodes[run.session.node].exits

    def _guarded(self, run: Run, node: CompiledNode, given: Input | None) -> Move:
        """The node's own work; its errors become SYSERROR_INNER."""
        try:
            if given is None:
                return node.type.enter(run, node.parameters)
            return node.type.resume(run, node.parameters, given)
        except FlowError:
            return self._failed(run)

    # --- errors and the end ---------------------------------------------------------------------------------------

    def _failed(self, run: Run) -> Move:
        """SYSERROR_INNER: its line, else the exception-handling flow, else the call ends."""
        if INNER_ERROR in run.lines:
            return Go(INNER_ERROR)
        return self._unhandled(run, INNER_ERROR)

    def _unhandled(self, run: Run, exit: str) -> Move:
        document = self.library.get(run.session.flow, run.session.version).document
        if document.on_error and document.kind != "exception":
            try:
                handler = self.library.get(document.on_error)
            except UnknownFlow:
                return self._hang_up(run, "error")
            run.visit(exit)
            return self._open(run, handler)
        return self._hang_up(run, "error")

    def _hang_up(self, run: Run, cause: EndCause) -> Move:
        run.order(EndCall(order=run.next_id(), cause=cause))
        return End()

    def _finish(self, run: Run) -> None:
        session = run.session
        session.ended, session.pending = True, ""
        session.local = {}


def restore(data: bytes) -> Session:
    """A session from its journaled form (`msgspec.msgpack.encode(session)`).

    Raises:
        msgspec.ValidationError: not a session.
    """
    return _decoder.decode(data)


_decoder = msgspec.msgpack.Decoder(Session)
