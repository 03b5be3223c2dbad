"""Routing of chats: into queues by their rules, to the fit agent of the best level with the fewest chats."""

from __future__ import annotations

from typing import Literal

from opencec.core.agent import Agent
from opencec.core.chat import Chat, ChatState
from opencec.core.chat_book import CHAT_RETRY_MS
from opencec.core.chat_ending import end_chat, take_back_chat
from opencec.core.chat_line import chat_key
from opencec.core.config import Overflow
from opencec.core.events import (
    ChatAnswered,
    ChatLeftAgent,
    ChatOffered,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
)
from opencec.core.events.chats import ChatEndReason
from opencec.core.ids import AgentId, OfferId, QueueId
from opencec.core.routing.overflow import Placement, Rule, place, rule_now
from opencec.core.skill_queue import SkillQueue
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = [
    "answer_chat",
    "chat_placement",
    "chat_queue_timed_out",
    "offer_chat",
    "remove_chat_from_queue",
    "return_chat",
    "route_chat",
    "settle_chats",
    "text_queue",
]

_QUEUED = ChatState.QUEUED

_END_REASONS: dict[Rule, ChatEndReason] = {
    "no_agent": "no_agent",
    "full": "queue_full",
    "timeout": "queue_timeout",
    "removed": "no_route",
}


def text_queue(state: TenantState, queue: QueueId | None) -> SkillQueue | None:
    """A configured queue of text contacts."""
    found = state.queues.get(queue) if queue is not None else None
    return found if found is not None and found.profile.medium == "text" else None


def chat_placement(state: TenantState, chat: Chat | None, queue: QueueId) -> Placement:
    """Where a chat ends up that is sent to a queue. One that an agent had, or that was left as a message, waits there
    even when no agent is on duty."""
    if text_queue(state, queue) is None:
        return Placement(released_by="removed")
    if chat is not None and (chat.is_offline or chat.answered_at):
        return Placement(queue=queue)
    return place(state, queue, is_new=chat is None or not chat.queued_since)


def route_chat(turn: Turn, chat: Chat, placement: Placement) -> None:
    """Put a chat where the rules say. A release takes it back to the agent that sent it, else ends it."""
    for step in placement.steps:
        turn.emit(
            ChatOverflowed(
                at=turn.now,
                contact=chat.id,
                queue=step.queue,
                rule=step.rule,
                action="queue" if step.action == "queue" else "release",
                target=step.target if step.action == "queue" else "",
            )
        )
    queue = text_queue(turn.state, placement.queue)
    if queue is None:
        rule: Rule = placement.released_by or (placement.steps[-1].rule if placement.steps else "removed")
        if chat.handover is not None:
            take_back_chat(turn, chat, result="failed", cause=_END_REASONS[rule])
        else:
            end_chat(turn, chat, by="system", reason=_END_REASONS[rule])
        return
    turn.emit(
        ChatQueued(
            at=turn.now,
            contact=chat.id,
            queue=queue.id,
            since=chat.queued_since or turn.now,
            until=_longest_wait(turn, chat, queue),
        )
    )


def _longest_wait(turn: Turn, chat: Chat, queue: SkillQueue) -> int:
    """A chat that comes back to the queue it was in waits no longer than before."""
    if chat.is_offline:
        return 0
    stay = chat.stay
    if chat.handover is None and stay is not None and (stay.device, stay.address) == ("queue", str(queue.id)):
        return chat.queue_until
    return turn.now + queue.profile.max_wait_ms


def chat_queue_timed_out(turn: Turn, chat: Chat) -> None:
    """The longest wait of the chat's queue is over."""
    if chat.queue is None:
        return
    rule = turn.state.queue_profile(chat.queue).on_timeout
    if rule.action == "wait":
        turn.emit(ChatOverflowed(at=turn.now, contact=chat.id, queue=chat.queue, rule="timeout", action="wait"))
    else:
        route_chat(turn, chat, place(turn.state, chat.queue, fired=("timeout", rule)))


def remove_chat_from_queue(turn: Turn, chat: Chat) -> None:
    """The chat's queue is no longer configured."""
    if chat.queue is not None:
        route_chat(turn, chat, place(turn.state, chat.queue, fired=("removed", Overflow("release"))))


# --- offers ---------------------------------------------------------------------------------------------------------


def offer_chat(turn: Turn, chat: Chat, agent: Agent, queue: QueueId | None) -> None:
    """Show a chat to an agent; one that answers by itself has it at once. `queue` None: straight to the agent."""
    ring_ms = turn.state.queue_profile(queue if queue is not None else chat.queue).ring_timeout_ms
    turn.emit(
        ChatOffered(
            at=turn.now,
            contact=chat.id,
            offer=OfferId(f"{chat.id}#{chat.offer_count + 1}"),
            agent=agent.id,
            queue=queue,
            until=turn.now + ring_ms,
            auto_answer=agent.auto_answer,
        )
    )
    if agent.auto_answer:
        answer_chat(turn, chat, is_auto=True)


def answer_chat(turn: Turn, chat: Chat, *, is_auto: bool = False) -> None:
    """The offered agent talks; one that waited for this leaves."""
    offer = chat.offer
    if offer is None:
        return
    if chat.handover is not None:
        former = chat.handover.agent
        turn.emit(ChatTransferEnded(at=turn.now, contact=chat.id, agent=former, result="done"))
        turn.emit(ChatLeftAgent(at=turn.now, contact=chat.id, agent=former, reason="transferred", stays=True))
    turn.emit(
        ChatAnswered(at=turn.now, contact=chat.id, agent=offer.agent, queue=offer.queue or chat.queue, is_auto=is_auto)
    )


def return_chat(
    turn: Turn, chat: Chat, *, cause: Literal["rejected", "no_answer", "agent_gone"], was_direct: bool = False
) -> None:
    """A chat that is nowhere, since its offer has ended or its agent is gone: back to where it came from."""
    if chat.is_internal:
        end_chat(turn, chat, by="system", reason=cause)
    elif chat.handover is not None and was_direct:
        take_back_chat(turn, chat, result="failed", cause=cause)
    elif chat.queue is not None:
        route_chat(turn, chat, chat_placement(turn.state, chat, chat.queue))
    else:
        end_chat(turn, chat, by="system", reason="no_route")


# --- who is next ----------------------------------------------------------------------------------------------------


def settle_chats(turn: Turn) -> None:
    """Look at every agent that can take more, chat that was queued and queue that lost its last agent in this turn."""
    book = turn.state.chat_book
    while book.freed or book.arrivals or book.deserted:
        while book.freed:
            agent = turn.state.agents.get(book.freed.pop())
            if agent is not None:
                _serve(turn, agent)
        for chat in _take_arrivals(turn.state):
            _ask_again(turn, chat)
        while book.deserted:
            _desert(turn, book.deserted.pop())


def _take_arrivals(state: TenantState) -> list[Chat]:
    """The chats that were queued, the next one first: those that lose their agent together do not come by age."""
    book = state.chat_book
    arrived = [book.chats[contact] for contact in book.arrivals if contact in book.chats]
    book.arrivals.clear()
    if len(arrived) > 1:
        arrived.sort(key=lambda chat: (-state.queue_profile(chat.queue).priority, *chat_key(chat)))
    return arrived


def _ask_again(turn: Turn, chat: Chat) -> None:
    """Offer a waiting chat to the agent that is next, if there is one."""
    queue = text_queue(turn.state, chat.queue)
    if queue is None or chat.state is not _QUEUED:
        return
    agent = _choose_agent(turn, queue, chat)
    if agent is not None:
        offer_chat(turn, chat, agent, queue.id)


def _choose_agent(turn: Turn, queue: SkillQueue, chat: Chat) -> Agent | None:
    """Best level, fewest chats, longest since the newest. Who did not take this chat comes last, and not within 5 s."""
    state = turn.state
    fit: list[Agent] = []
    chosen: Agent | None = None
    for number in queue.chats.candidates():
        agent = state.agents.get(number)
        if agent is None or not state.chat_book.is_fit(agent, queue.profile):
            continue  # comes again when it is free
        fit.append(agent)
        if chat.has(agent.id):
            continue
        refused_at = chat.refusals.get(agent.id)
        if refused_at is None:
            chosen = agent
            break
        if chosen is None and turn.now - refused_at >= CHAT_RETRY_MS:
            chosen = agent
    for agent in fit:
        queue.chats.add(agent, state.skills[agent.id][queue.id])
    return chosen


def _serve(turn: Turn, agent: Agent) -> None:
    """Offer the agent the chat that is next of all its queues: priority of the queue, then of the chat, then age."""
    state = turn.state
    best: tuple[int, int, int, int] | None = None
    chosen: tuple[Chat, QueueId] | None = None
    for queue_id, _ in state.chat_book.serving.get(agent.id, ()):
        queue = state.queues[queue_id]
        if not queue.chats.waiting or not state.chat_book.is_fit(agent, queue.profile):
            continue
        for priority, since, order, contact in queue.chats.waiting:
            if not _may_have(turn, state.chat_book.chats[contact], agent.id):
                continue
            rank = (-queue.profile.priority, priority, since, order)
            if best is None or rank < best:
                best, chosen = rank, (state.chat_book.chats[contact], queue_id)
            break
    if chosen is not None:
        offer_chat(turn, chosen[0], agent, chosen[1])


def _may_have(turn: Turn, chat: Chat, agent: AgentId) -> bool:
    refused_at = chat.refusals.get(agent)
    return not chat.has(agent) and (refused_at is None or turn.now - refused_at >= CHAT_RETRY_MS)


def _desert(turn: Turn, queue_id: QueueId) -> None:
    """The last agent left a queue: its rule for that holds for those that wait already and never had an agent."""
    state = turn.state
    queue = text_queue(state, queue_id)
    if queue is None or queue.on_duty or not queue.chats.waiting:
        return
    rule = rule_now(state, queue_id, is_new=False)
    if rule is None:
        return
    for key in list(queue.chats.waiting):
        chat = state.chat_book.chats[key[3]]
        if chat.state is _QUEUED and chat.queue == queue_id and not chat.is_offline and not chat.answered_at:
            route_chat(turn, chat, place(state, queue_id, is_new=False, fired=rule))
