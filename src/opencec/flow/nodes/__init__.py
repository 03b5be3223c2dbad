"""The palette: every node type, one file and one line each."""

from __future__ import annotations

from opencec.flow.node import AnyNode
from opencec.flow.nodes.answer import AnswerCall
from opencec.flow.nodes.assign import Assign
from opencec.flow.nodes.branch import Branch
from opencec.flow.nodes.clear_errors import ClearErrors
from opencec.flow.nodes.collect import Collect
from opencec.flow.nodes.end import CallEnding
from opencec.flow.nodes.menu import Menu
from opencec.flow.nodes.playback import Playback
from opencec.flow.nodes.ring import Ring
from opencec.flow.nodes.start import Start
from opencec.flow.nodes.subflow import Subflow
from opencec.flow.nodes.time_selection import TimeSelection
from opencec.flow.nodes.transfer import Transfer

__all__ = ["NODE_TYPES"]

NODE_TYPES: dict[str, AnyNode] = {
    node.tag: node
    for node in (
        Start(),
        Ring(),
        AnswerCall(),
        Playback(),
        Collect(),
        Menu(),
        Transfer(),
        Branch(),
        Assign(),
        TimeSelection(),
        Subflow(),
        ClearErrors(),
        CallEnding(),
    )
}
"""Type -> node type, in the order of the palette."""
