"""A stand-in for Weibo's command-line client: its documented arguments, JSON on stdout, errors as JSON on stderr with
exit code 1, and the interface itself asked over real HTTP at the laboratory.

`install(folder, base)` writes a `weibo-cli` that runs this file against the service at `base`.
"""

import http.client
import json
import os
import shlex
import stat
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


def install(folder: Path, base: str, *more: str) -> Path:
    """A program `weibo-cli` in that folder; `more` are the stand-in's own arguments, e.g. `--login=` for no login."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "weibo-cli"
    words = [sys.executable, __file__, f"--lab={base}", *more]
    made.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made


def refuse(code: str, words: str) -> int:
    print(json.dumps({"error": {"code": code, "message": words}}, ensure_ascii=False), file=sys.stderr)
    return 1


def main(arguments: list[str]) -> int:
    own = dict(word.removeprefix("--").split("=", 1) for word in arguments if word.startswith("--") and "=" in word)
    words = [word for word in arguments if not (word.startswith("--") and "=" in word)]
    token = os.environ.get("WEIBO_CLI_TOKEN") or own.get("login", "lab-token")
    if words[-2:] != ["--output", "json"]:
        return refuse("USAGE", "usage: weibo-cli <group> <action> [flags] --output json")
    if any(name.startswith("PULSE_") for name in os.environ):
        return refuse("LEAK", "a secret of the caller was passed on")
    words = words[:-2]
    if words == ["doctor"]:
        steps = {"login": bool(token), "developer_verification": True, "service": own.get("service") != "no"}
        status = {"kind": "plan", "balance": 32_000}
        print(json.dumps({"ready": all(steps.values()), "steps": steps, "service_status": status}))
        return 0 if all(steps.values()) else 1
    if not token:
        return refuse("LOGIN_REQUIRED", "缺少登录令牌，请先运行 weibo-cli auth login")
    if "say" in own:
        print(own["say"])
        return int(own.get("exit", "0"))
    group, action, *flags = words
    if len(flags) % 2 or not all(flag.startswith("--") for flag in flags[::2]):
        return refuse("USAGE", "unknown flag")
    return ask(own["lab"], f"{group}/{action}", dict(zip(flags[::2], flags[1::2], strict=True)), token, own)


def ask(base: str, path: str, flags: dict[str, str], token: str, own: dict[str, str]) -> int:
    query = {name.removeprefix("--"): value for name, value in flags.items()} | {"access_token": token}
    address = f"{base}/2/{path}.json?{urllib.parse.urlencode(query)}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address) as answer:
            status, text = answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return refuse("NETWORK", f"request failed: {type(error).__name__}")
    try:
        body = json.loads(text)
    except ValueError:
        return refuse("BAD_RESPONSE", f"HTTP {status}: {text[:200]}")
    if status != 200:
        print(text, file=sys.stderr)
        return 1
    if own.get("wrapped") == "data":
        body = {"data": body}
    elif own.get("wrapped") == "bare":
        body = body.get("statuses", body.get("users"))
    print(json.dumps(body, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
