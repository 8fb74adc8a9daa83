"""Running another program and reading what it prints: never through a shell, with nothing of this process's secrets,
for so long and so much at most, and gone with all its children when that is passed."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.faults import Fault

PASSED_ON = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
    "APPDATA", "LOCALAPPDATA", "USERPROFILE", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMDATA",
})
"""Variables of this process's environment that a program sees: where it finds itself, its user and the network."""
SAID = 64_000
"""Bytes of the error output that are kept."""

GRACE = 5.0
"""Seconds that a killed program gets to be gone."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it printed."""

    code: int
    out: bytes
    err: bytes


def find(program: str) -> str:
    """The program's file: an absolute path, or a name on PATH. Raises Fault STOP where there is none to run."""
    if Path(program).name != program and not Path(program).is_absolute():
        raise Fault("STOP", f"程序路径须写完整的绝对路径，或只写程序名：{program[:200]}")
    found = shutil.which(program)
    if not found:
        raise Fault("STOP", f"没有找到可执行的程序“{program[:200]}”，请安装，或核对路径和执行权限")
    return found


async def run(
    program: str, arguments: Sequence[str], *, seconds: float, limit: int, extra: Mapping[str, str] | None = None
) -> Ended:
    """Run a program (see `find`) to its end; `extra` is added to its environment. Raises Fault: STOP where it can't be
    started or prints more than `limit` bytes, RETRY where it takes longer than `seconds`."""
    name, readers = Path(program).name, []
    environment = {n: v for n, v in os.environ.items() if n.upper() in PASSED_ON} | dict(extra or {})
    try:
        process = await asyncio.create_subprocess_exec(
            find(program), *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=environment, cwd=tempfile.gettempdir(),
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        raise Fault("STOP", f"程序“{name}”不能启动：{error.strerror or type(error).__name__}") from error
    try:
        async with asyncio.timeout(seconds):
            readers = [asyncio.ensure_future(_read(stream, limit)) for stream in (process.stdout, process.stderr)]
            out, err = await asyncio.gather(*readers)
            code = await process.wait()
    except TimeoutError:
        raise Fault("RETRY", f"程序“{name}”{seconds:g} 秒内没有结束，已终止") from None
    except OverflowError:
        raise Fault("STOP", f"程序“{name}”的输出超过 {limit:,} 字节，已放弃") from None
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await _end(process)
    return Ended(code, out, err[:SAID])


async def _read(stream: asyncio.StreamReader, limit: int) -> bytes:
    """All that a program prints on one of its outputs. Raises OverflowError beyond the limit."""
    kept = bytearray()
    while part := await stream.read(65_536):
        kept += part
        if len(kept) > limit:
            raise OverflowError
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of it and its children, and wait for it: what they still hold in their pipes is let go first,
    since a full pipe is never closed."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            for stream in (process.stdout, process.stderr):
                while await stream.read(65_536):
                    pass
            await process.wait()
