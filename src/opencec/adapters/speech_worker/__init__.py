"""The speech worker's client, recorded prompts, and the renderer that joins them."""

from __future__ import annotations

from opencec.adapters.speech_worker.client import SpeechWorkerClient
from opencec.adapters.speech_worker.recordings import PromptFiles
from opencec.adapters.speech_worker.renderer import SpeechPrompts

__all__ = ["PromptFiles", "SpeechPrompts", "SpeechWorkerClient"]
