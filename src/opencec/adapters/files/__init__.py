"""Plain files: the key ring, and where recordings lie."""

from opencec.adapters.files.keyring import KeyRing
from opencec.adapters.files.recordings import RecordingFiles, recording_path, video_of

__all__ = ["KeyRing", "RecordingFiles", "recording_path", "video_of"]
