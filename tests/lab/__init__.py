"""A laboratory: a real HTTP server on loopback that serves what it is given and misbehaves on request.

In tests: `from tests.lab import Lab`, or the fixture `lab` (tests/lab/plugin.py). By hand:
`python -m tests.lab [FOLDER] [--port N]` serves a folder's files under /files/ beside every misbehaviour.
"""

from tests.lab.server import Lab, Page, Seen

__all__ = ["Lab", "Page", "Seen"]
