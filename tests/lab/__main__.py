"""`python -m tests.lab [FOLDER] [--port N]`: the laboratory by hand, until Ctrl-C."""

import argparse
import mimetypes
import threading
from pathlib import Path

from tests.lab import Lab
from tests.lab.server import MISBEHAVIOURS, RSS
from tests.lab.services import TRANSPORT_FAULTS, every


def main() -> None:
    options = argparse.ArgumentParser(description="Serve files and misbehaviours on loopback.")
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--port", type=int, default=8899)
    chosen = options.parse_args()
    with Lab(chosen.port) as lab:
        for file in sorted(chosen.folder.rglob("*")) if chosen.folder else []:
            if file.is_file():
                kind = RSS if file.suffix in (".xml", ".rss") else mimetypes.guess_type(file.name)[0] or "text/plain"
                lab.serve(f"/files/{file.relative_to(chosen.folder).as_posix()}", file.read_bytes(), kind)
        print(f"{len(lab.pages)} files under {lab.url('/files/')}")
        print("\n".join(lab.url(f"/{name}") for name in MISBEHAVIOURS))
        for service in every():
            mounted = lab.mount(service())
            print(f"{mounted.base}  {(service.__doc__ or '').strip().splitlines()[0]}")
        acts = "、".join((*TRANSPORT_FAULTS, "502", "429 120"))
        print(f"Faults: {lab.url('/script/wechat?part=getbizsummary&act=ok&act=expired')} (any service: {acts})")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
