"""The relay: a worker process that forwards the video of calls, never decoded, in sync with the media workers' audio.

Python handles every packet here (measured by `bench relay`); audio never comes this way.
"""
