"""The polite client against a real server that misbehaves."""

import asyncio
import gzip
import ipaddress
import ssl
import subprocess
import threading
import zlib
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest

from collectors import bodies
from collectors.http import LONG_WAIT, MAX_REDIRECTS, Closed, Http, redact, retry_after
from core import addresses
from core.faults import Fault
from core.records import Fetched
from tests.processes import free_port

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
KNOBS = {
    "timeout": 1.0, "deadline": 5.0, "max_body_bytes": 1_000_000, "private_hosts": "localhost, 127.0.0.1",
    "pace_seconds": 0,
}


def get(url: str, *, more: dict | None = None, **knobs) -> Fetched:
    async def work() -> Fetched:
        async with Http(**(KNOBS | knobs)) as http:
            return await http.get(url, now=NOW, **(more or {}))

    return asyncio.run(work())


def fault(url: str, **knobs) -> Fault:
    with pytest.raises(Fault) as caught:
        get(url, **knobs)
    return caught.value


def test_a_page_arrives_with_its_head(lab):
    url = lab.serve("/a.xml", "<rss/>", etag='"1"', last_modified="Tue, 10 Mar 2026 00:00:00 GMT", compressed=True)
    found = get(f"{url}", contact="新媒体中心 office@example.gov.cn\r\nX: y")
    assert (found.body, found.status, found.etag, found.fetched_at) == (b"<rss/>", 200, '"1"', NOW)
    assert found.media_type.startswith("application/rss+xml") and not found.unchanged
    asked = lab.seen[0].headers
    assert asked["user-agent"] == "pulse-collector/1.0 (+office@example.gov.cn X: y)"
    assert asked["host"] == f"localhost:{lab.port}" and "cookie" not in asked


def test_a_conditional_request_that_finds_nothing_new(lab):
    url = lab.serve("/a.xml", "<rss/>", etag='"1"')
    found = get(url, more={"etag": '"1"', "last_modified": "Tue, 10 Mar 2026 00:00:00 GMT"})
    assert (found.unchanged, found.status, found.body, found.etag) == (True, 304, b"", '"1"')
    assert lab.seen[0].headers["if-modified-since"] == "Tue, 10 Mar 2026 00:00:00 GMT"
    assert fault(lab.url("/status/304")).kind == "RETRY"
    assert get(url, more={"etag": "坏的\r\n"}).status == 200


@pytest.mark.parametrize(("path", "kind", "words"), [
    ("/stall", "RETRY", "超时"),
    ("/reset", "RETRY", "中断"),
    ("/cut", "RETRY", "不完整"),
    ("/truncated-gzip", "RETRY", "不完整"),
    ("/broken-gzip", "RETRY", "损坏"),
    ("/gzip-bomb", "STOP", "超过 1 MB 上限"),
    ("/endless", "STOP", "超过 1 MB 上限"),
    ("/loop", "STOP", f"跳转超过 {MAX_REDIRECTS} 次"),
    ("/status/400", "STOP", "HTTP 400"),
    ("/status/401", "REAUTH", "授权"),
    ("/status/403", "STOP", "拒绝访问"),
    ("/status/404", "GONE", "不存在"),
    ("/status/408", "RETRY", "HTTP 408"),
    ("/status/410", "GONE", "不存在"),
    ("/status/425", "RETRY", "HTTP 425"),
    ("/status/429", "RETRY", "频繁"),
    ("/status/500", "RETRY", "服务器出错"),
    ("/status/502", "RETRY", "HTTP 502"),
])
def test_every_misbehaviour_is_a_fault_in_words(lab, path, kind, words):
    found = fault(lab.url(path), timeout=0.3 if path == "/stall" else 5.0)
    assert found.kind == kind and words in found.message, found.message
    assert found.evidence is None or isinstance(found.evidence, Fetched)


def test_a_body_that_drips_is_given_up_at_the_deadline(lab):
    found = fault(lab.url("/drip"), deadline=0.3)
    assert found.kind == "RETRY" and "没有取完" in found.message


def test_a_length_over_the_limit_is_refused_before_reading(lab):
    url = lab.serve("/large", b"x" * 2_000)
    assert "上限" in fault(url, max_body_bytes=1_000).message
    assert len(get(url, max_body_bytes=2_000).body) == 2_000


def test_an_error_page_is_kept_as_evidence(lab):
    found = fault(lab.url("/status/503?retry_after=120"))
    assert found.retry_after == 120 and "2 分钟后" in found.message
    assert found.evidence.status == 503 and "出错了" in found.evidence.body.decode()


@pytest.mark.parametrize(("value", "seconds", "kind"), [
    ("5", 5, "RETRY"),
    ("7200", 7200, "QUOTA"),
    ("Tue, 10 Mar 2026 02:01:30 GMT", 90, "RETRY"),
    ("Tue, 10 Mar 2020 00:00:00 GMT", 0, "RETRY"),
    ("soon", None, "RETRY"),
])
def test_retry_after(lab, value, seconds, kind):
    assert retry_after(value, NOW) == seconds
    found = fault(lab.url(f"/status/429?retry_after={quote(value)}"))
    assert (found.kind, found.retry_after) == (kind, seconds)


def test_a_host_that_asked_for_rest_gets_it(lab):
    ok = lab.serve("/ok", "<rss/>")
    told: list[Closed] = []

    async def refused(http: Http) -> Fault:
        with pytest.raises(Fault) as caught:
            await http.get(ok, now=NOW)
        return caught.value

    async def work() -> Fault:
        async with Http(**KNOBS | {"pace_seconds": 0.01}, on_closed=told.append) as http:
            await http.get(ok, now=NOW)
            with pytest.raises(Fault):
                await http.get(lab.url("/status/429?retry_after=600"), now=NOW)
            found = await refused(http)
        async with Http(**KNOBS | {"pace_seconds": 0.01}, closed=tuple(told)) as after_a_restart:
            assert 590 < (await refused(after_a_restart)).retry_after <= 600
        return found

    found = asyncio.run(work())
    assert found.kind == "RETRY" and 590 < found.retry_after <= 600 < LONG_WAIT
    assert len(lab.asked("/ok")) == 1, "the host was asked while it was to be left alone"


def test_requests_to_one_host_keep_their_distance(lab):
    url = lab.serve("/ok", "<rss/>")

    async def work() -> float:
        async with Http(**KNOBS | {"pace_seconds": 0.05}) as http:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(http.get(url, now=NOW) for _ in range(4)))
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(work()) >= 0.15


def test_a_redirect_is_followed_and_its_own_headers_stay_home(lab):
    target = lab.serve("/new.xml", "<rss/>")
    found = get(lab.url("/redirect?status=301&to=/new.xml"), more={"headers": {"X-Key": "s3cret"}})
    assert found.body == b"<rss/>" and found.url == target
    assert lab.asked("/new.xml")[0].headers["x-key"] == "s3cret"
    elsewhere = f"http://127.0.0.1:{lab.port}/new.xml"
    assert get(lab.url(f"/redirect?to={elsewhere}"), more={"headers": {"X-Key": "s3cret"}}).url == elsewhere
    assert "x-key" not in lab.asked("/new.xml")[1].headers


@pytest.mark.parametrize("target", [
    "http://127.0.0.1:{port}/secret", "http://[::1]:{port}/secret", "http://2130706433:{port}/secret",
    "http://0x7f.1:{port}/secret", "http://[::ffff:127.0.0.1]:{port}/secret", "http://10.0.0.1/secret",
    "http://169.254.169.254/latest", "http://100.100.100.200/latest", "http://0.0.0.0:{port}/secret",
])
def test_a_redirect_into_the_private_range_is_refused(lab, target):
    """The laboratory's own name is allowed, where it points is not."""
    lab.serve("/secret", "top")
    found = fault(lab.url(f"/redirect?to={quote(target.format(port=lab.port))}"), private_hosts="localhost")
    assert found.kind in ("STOP", "RETRY"), found.message
    assert found.kind == "STOP" or "解析" in found.message
    assert not lab.asked("/secret")


def test_a_private_address_is_refused_unless_it_is_on_the_list(lab):
    url = lab.serve("/a", "x")
    found = fault(url, private_hosts="")
    assert found.kind == "STOP" and "内网" in found.message and not lab.seen
    for allowed in ("localhost", "*", "127.0.0.0/8, ::1"):
        assert get(url, private_hosts=allowed).body == b"x"


@pytest.mark.parametrize(("address", "public"), [
    ("8.8.8.8", True), ("2400:3200::1", True), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
    ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("0.0.0.0", False),
    ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1", False), ("fc00::1", False),
    ("ff02::1", False), ("::ffff:10.0.0.1", False), ("::127.0.0.1", False), ("::10.0.0.1", False),
    ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
])
def test_which_addresses_are_public(address, public):
    assert addresses.is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("url", [
    "ftp://localhost/x", "file:///etc/passwd", "localhost/x", "", "http://", "javascript:alert(1)",
])
def test_only_web_addresses_are_asked(url):
    assert fault(url).kind == "STOP"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://localhost/x"])
def test_a_redirect_out_of_the_web_is_refused(lab, to):
    assert fault(lab.url(f"/redirect?to={quote(to)}")).kind == "STOP"


def test_nobody_at_the_port():
    found = fault(f"http://127.0.0.1:{free_port()}/x")
    assert found.kind == "RETRY" and "拒绝连接" in found.message


def test_a_name_that_does_not_exist():
    found = fault("http://no-such-host.invalid/x")
    assert found.kind == "RETRY" and "域名解析失败" in found.message


def test_secrets_are_redacted_everywhere(lab):
    lab.serve("/a?key=s3cret&keyword=k", "x")
    url = lab.url("/a?key=s3cret&keyword=k").replace("http://", "http://user:pass@") + "#frag"
    found = get(url)
    assert found.request == found.url == lab.url("/a?key=***&keyword=k")
    caught = fault(lab.url("/status/403?access_token=s3cret"))
    assert "s3cret" not in caught.message + caught.evidence.request + caught.evidence.url


@pytest.mark.parametrize(("name", "secret"), [
    ("key", True), ("api_key", True), ("appKey", True), ("access_token", True), ("accessToken", True), ("sign", True),
    ("_aop_signature", True), ("client_secret", True), ("password", True), ("code", True), ("session_id", True),
    ("%6Bey", True), ("keyword", False), ("design", False), ("zipcode", False), ("q", False), ("monkey", False),
    ("id", False),
])
def test_which_parameters_are_secret(name, secret):
    assert redact(f"https://a.cn/x?{name}=V&p=1") == f"https://a.cn/x?{name}={'***' if secret else 'V'}&p=1"


@pytest.fixture
def tls_port(tmp_path):
    """An HTTPS server with a certificate that nobody vouches for."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", "key.pem", "-out", "cert.pem"], cwd=tmp_path, capture_output=True, check=False,
    )
    if made.returncode:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for(tls_port):
    found = fault(f"https://localhost:{tls_port}/x")
    assert found.kind == "STOP" and "证书" in found.message


def test_speaking_tls_to_a_plain_server(lab):
    found = fault(lab.url("/html").replace("http:", "https:"))
    assert found.kind == "RETRY" and "加密连接" in found.message


def test_gzip_in_several_members_and_bare_deflate():
    async def read(pieces: list[bytes], coding: str) -> bytes:
        async def chunks():
            for piece in pieces:
                yield piece

        return await bodies.read(chunks(), coding=coding, length="", limit=100)

    packed = gzip.compress(b"one") + gzip.compress(b"two")
    assert asyncio.run(read([bytes([b]) for b in packed], "gzip")) == b"onetwo"
    assert asyncio.run(read([packed + b"\0\0junk"], "x-gzip")) == b"onetwo"
    assert asyncio.run(read([zlib.compress(b"three")], "deflate")) == b"three"
    bare = zlib.compressobj(wbits=-15)
    assert asyncio.run(read([bare.compress(b"four") + bare.flush()], "deflate")) == b"four"
    with pytest.raises(Fault, match="压缩方式"):
        asyncio.run(read([b"x"], "br"))
    with pytest.raises(Fault, match="上限"):
        asyncio.run(read([gzip.compress(b"x" * 101)], "gzip"))
    assert asyncio.run(read([gzip.compress(b"x" * 100)], "gzip")) == b"x" * 100
