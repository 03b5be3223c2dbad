"""The transition tables: every row moves, every missing row raises and changes nothing, the diagrams are current."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from opencec.core import agent as agents
from opencec.core import chat as chats
from opencec.core import contact as contacts
from opencec.core.agent import Agent, AgentState
from opencec.core.chat import Chat, ChatState
from opencec.core.commands import Command
from opencec.core.contact import Contact, ContactState
from opencec.core.errors import IllegalTransition
from opencec.core.events import ChatEnded, Event
from opencec.core.folds import FOLDS
from opencec.core.handlers import HANDLERS

pytestmark = pytest.mark.unit

EVENTS = get_args(Event)
STATES_PAGE = Path(__file__).parents[2] / "docs/architecture/states.py"


def some(kind: type) -> Any:
    """An event of a kind, its fields filled with whatever their types allow."""
    values: dict[str, Any] = {"at": 5}
    for field in msgspec.structs.fields(kind):
        if field.required and field.encode_name != "at":
            values[field.name] = 0
    return kind(**values)


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_agent_moves_by_the_table_only(state: AgentState, kind: type[Event]) -> None:
    agent = Agent(id=101, state=state, since=1)
    target = agents.MOVES.get((state, kind))
    if target is None:
        with pytest.raises(IllegalTransition):
            agent.move(some(kind))
        assert (agent.state, agent.since) == (state, 1)
    else:
        agent.move(some(kind))
        assert (agent.state, agent.since) == (target, 5)


@pytest.mark.parametrize("state", ContactState)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_contact_moves_by_the_table_only(state: ContactState, kind: type[Event]) -> None:
    contact = Contact(id="c", state=state, since=1)
    target = contacts.MOVES.get((state, kind))
    if target is None:
        with pytest.raises(IllegalTransition):
            contact.move(some(kind))
        assert (contact.state, contact.since) == (state, 1)
    else:
        contact.move(some(kind))
        assert contact.state == target


@pytest.mark.parametrize("state", ChatState)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_chat_moves_by_the_table_only(state: ChatState, kind: type[Event]) -> None:
    chat = Chat(id="c", state=state, since=1)
    target = chats.MOVES.get((state, kind))
    if target is None:
        with pytest.raises(IllegalTransition):
            chat.move(some(kind))
        assert (chat.state, chat.since) == (state, 1)
    else:
        chat.move(some(kind))
        assert chat.state == target


def test_every_chat_state_can_end() -> None:
    for state in set(ChatState) - {ChatState.ENDED}:
        assert chats.MOVES[state, ChatEnded] is ChatState.ENDED
    assert not [row for row in chats.MOVES if row[0] is ChatState.ENDED]


def test_every_agent_state_can_be_reached_and_left() -> None:
    reached = set(agents.MOVES.values()) | set(agents.ENTRIES.values())
    assert reached == set(AgentState)
    assert {state for state, _ in agents.MOVES} == set(AgentState)


def test_every_contact_state_can_end() -> None:
    for state in set(ContactState) - {ContactState.ENDED}:
        assert any(target is ContactState.ENDED for (source, _), target in contacts.MOVES.items() if source is state)
    assert not [row for row in contacts.MOVES if row[0] is ContactState.ENDED]


def test_every_command_has_a_handler_and_every_event_a_fold() -> None:
    assert set(HANDLERS) == set(get_args(Command))
    assert set(FOLDS) == set(EVENTS)


def test_vocabulary_survives_the_journal() -> None:
    for kind in EVENTS:
        if kind.__name__ in {"ContactEnded", "ConfigurationChanged"}:
            continue  # they carry structs; the machine test journals them
        tag = msgspec.json.decode(msgspec.json.encode(some(kind)))["type"]
        assert tag == kind.__name__


def test_state_diagrams_are_current() -> None:
    spec = importlib.util.spec_from_file_location("states_page", STATES_PAGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PATH.read_text() == module.page(), "run: python docs/architecture/states.py"
