"""A mail server on loopback that answers as it is told and writes down what it received, read by Python's own parser.

Arguments: port (0 for any), folder, replies in order (the last repeats), `user:password` or `-`, `tls` or `plain`.
A reply is a code for RCPT; `data` and a code answer the whole letter; `slow` never answers; `drop` cuts the connection.
With `tls` it offers STARTTLS under a certificate that nobody vouches for. Prints its port, and ends when its standard
input closes.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    def __init__(self, folder, replies):
        self.folder, self.replies, self.asked, self.seen = folder, replies, 0, {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.replies[min(self.asked, len(self.replies) - 1)]
        self.asked += 1
        with open(os.path.join(self.folder, "asked"), "a", encoding="ascii") as log:
            log.write(reply + "\n")
        if reply == "slow":
            await asyncio.sleep(3600)
        if reply == "drop":
            server.transport.abort()
            return "421 gone"
        if reply == "250" or reply.startswith("data"):
            session.answer = reply.removeprefix("data")
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return f"{reply} told so"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.content
        message = email.message_from_bytes(raw, policy=email.policy.default)
        record = {
            "recipients": envelope.rcpt_tos,
            "names": sorted(message.keys()),
            "headers": {name: str(value) for name, value in message.items()},
            "parts": [part.get_content_type() for part in message.walk()],
            "text": message.get_content().replace("\r\n", "\n"),
            "line_bytes_max": max(len(line) for line in raw.split(b"\r\n")),
            "user": getattr(session, "auth_data", None),
        }
        kind = "taken" if session.answer == "250" else "refused"
        path = os.path.join(self.folder, f"{kind}-{self.seen.get(kind, 0)}.json")
        with open(path + ".part", "w", encoding="utf-8") as out:
            json.dump(record, out)
        os.rename(path + ".part", path)
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return f"{session.answer} {kind}"


def self_signed(folder):
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def main():
    port, folder, replies, login = int(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), sys.argv[4]
    sink = Sink(folder, replies)

    def admit(server, session, envelope, mechanism, data):
        given = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=given == login, auth_data=data.login.decode())

    options = {} if login == "-" else {
        "authenticator": admit, "auth_required": True, "auth_require_tls": False,
    }
    if sys.argv[5] == "tls":
        options["tls_context"] = self_signed(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, **options), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
