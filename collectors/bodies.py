"""A response body read within bounds: never more bytes than allowed, compressed or not, and never half of one."""

import zlib
from collections.abc import AsyncIterator

from core.faults import Fault

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


class Inflater:
    """gzip or deflate, bounded: `feed` never returns more than `room` bytes, however small its input is."""

    def __init__(self, coding: str):
        self._coding = coding
        self._engine = zlib.decompressobj(_GZIP if coding == "gzip" else zlib.MAX_WBITS)
        self._begun = False
        self._held = b""

    def feed(self, data: bytes, room: int) -> bytes:
        data, self._held = self._held + data, b""
        out = bytearray()
        while data:
            if self._engine.eof:
                # Behind the end there may be another member; anything else is padding, which is passed over.
                if data == _MAGIC[:1]:
                    self._held = data
                    return bytes(out)
                if self._coding != "gzip" or not data.startswith(_MAGIC):
                    return bytes(out)
                self._engine = zlib.decompressobj(_GZIP)
                self._begun = False
            out += self._inflate(data, room + 1 - len(out))
            if len(out) > room:
                return bytes(out)
            data = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
        return bytes(out)

    def _inflate(self, data: bytes, limit: int) -> bytes:
        try:
            piece = self._engine.decompress(data, limit)
        except zlib.error:
            # Some servers call a bare deflate stream "deflate"; the first bytes tell.
            if self._coding != "deflate" or self._begun:
                raise
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._engine.decompress(data, limit)
        self._begun = True
        return piece

    @property
    def complete(self) -> bool:
        return self._engine.eof


def _too_large(limit: int) -> Fault:
    return Fault("STOP", f"返回内容超过 {limit / 1_000_000:g} MB 上限，已中止读取")


async def read(chunks: AsyncIterator[bytes], *, coding: str, length: str, limit: int) -> bytes:
    """The whole decoded body.

    `coding` and `length` are the Content-Encoding and Content-Length headers as sent; `limit` bounds the bytes on
    the wire and the decompressed ones. Raises Fault: STOP for a body over the limit, RETRY for one that is cut off,
    damaged, or in a coding that was not asked for.
    """
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    coding = coding.strip().lower()
    coding = {"": "identity", "x-gzip": "gzip"}.get(coding, coding)
    if coding not in ("identity", "gzip", "deflate"):
        raise Fault("RETRY", f"返回内容的压缩方式无法识别（{coding[:40]}）")
    inflater = None if coding == "identity" else Inflater(coding)
    body, wire = bytearray(), 0
    async for chunk in chunks:
        wire += len(chunk)
        if wire > limit:
            raise _too_large(limit)
        try:
            body += inflater.feed(chunk, limit - len(body)) if inflater else chunk
        except zlib.error as error:
            raise Fault("RETRY", "返回的压缩数据已损坏") from error
        if len(body) > limit:
            raise _too_large(limit)
    if inflater and wire and not inflater.complete:
        raise Fault("RETRY", "返回的压缩数据不完整，传输可能中断")
    return bytes(body)
