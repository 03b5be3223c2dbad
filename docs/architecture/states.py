"""Writes `states.md` beside itself: the state diagrams, generated from the transition tables of the core.

python docs/architecture/states.py
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from opencec.core import agent, chat, contact

PATH = Path(__file__).with_suffix(".md")

HEAD = """\
# States of agents and contacts

Generated from `MOVES` in `src/opencec/core/agent.py`, `contact.py` and `chat.py` by
`python docs/architecture/states.py`; a test fails when this page is out of date. An arrow is one row of a table: the
event that makes the move. An event without a row is refused as a defect and changes nothing.
"""

AGENT = """\
## Agent

`signed_in` leads to idle, busy or wrap-up as the sign-in asks. Busy, rest and sign-out that are asked for in a call or
a wrap-up are presets: they apply when it ends. A takeover (forced sign-in) moves nothing: the calls go on.
"""

CONTACT = """\
## Contact

`routing` lies between two places and never outlives a command. Every state has a deadline: `offered` its ring time-out,
`queued` the longest wait, `flow` the longest stay, legs that are dialled or lost their own, and all of them the
longest call. A conference (`conferring`) has the end that was asked for, the warning before it, and a deadline for each
invitation.
"""


CHAT = """\
## Chat

A text contact. It never moves the agent's state: who takes calls and chats side by side has the state of its calls.
Every state has a deadline: `queued` the longest wait, `offered` its ring time-out, `talking` the silence of customer or
agent, `offline` the days for which the channel keeps it, and all of them the longest chat.
"""


def trigger_name(trigger: contact.Trigger) -> str:
    """`ContactAnswered`, or `LegChanged (external up)`."""
    if isinstance(trigger, tuple):
        return f"{trigger[0].__name__} ({trigger[1]})"
    return trigger.__name__


def diagram(moves: dict[tuple[str, str], list[str]], start: str, end: str) -> str:
    """A Mermaid state diagram; triggers of the same move share an arrow."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for (source, target), triggers in moves.items():
        lines.append(f"    {source} --> {target}: {', '.join(triggers)}")
    if end:
        lines.append(f"    {end} --> [*]")
    return "\n".join([*lines, "```"])


def agent_moves() -> dict[tuple[str, str], list[str]]:
    """The agent's rows by (from, to); the sign-in row is spread over its entries."""
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (state, event), target in agent.MOVES.items():
        if event.__name__ == "AgentSignedIn":
            for initial, entry in agent.ENTRIES.items():
                moves[state.value, entry.value].append(f"{event.__name__} ({initial})")
        else:
            moves[state.value, target.value].append(event.__name__)
    return moves


def contact_moves() -> dict[tuple[str, str], list[str]]:
    """The contact's rows by (from, to)."""
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (state, trigger), target in contact.MOVES.items():
        moves[state.value, target.value].append(trigger_name(trigger))
    return moves


def chat_moves() -> dict[tuple[str, str], list[str]]:
    """The chat's rows by (from, to)."""
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (state, trigger), target in chat.MOVES.items():
        moves[state.value, target.value].append(trigger_name(trigger))
    return moves


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            HEAD,
            AGENT,
            diagram(agent_moves(), "signed_out", ""),
            "",
            CONTACT,
            diagram(contact_moves(), "routing", "ended"),
            "",
            CHAT,
            diagram(chat_moves(), "routing", "ended"),
            "",
        ]
    )


if __name__ == "__main__":
    PATH.write_text(page())
