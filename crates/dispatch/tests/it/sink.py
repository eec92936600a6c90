"""A mail server on loopback that answers as it is told and writes down what it received, read by Python's own parser.

Arguments: port (0 for any), folder, replies to RCPT in order (the last repeats; `slow` never answers), `user:password` or `-`.
Prints its port, and ends when its standard input closes.
"""

import asyncio
import email
import email.policy
import json
import os
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    def __init__(self, folder, replies):
        self.folder, self.replies, self.asked, self.taken = folder, replies, 0, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.replies[min(self.asked, len(self.replies) - 1)]
        self.asked += 1
        with open(os.path.join(self.folder, "asked"), "a", encoding="ascii") as log:
            log.write(reply + "\n")
        if reply == "slow":
            await asyncio.sleep(3600)
        if reply == "250":
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
        path = os.path.join(self.folder, f"{self.taken}.json")
        with open(path + ".part", "w", encoding="utf-8") as out:
            json.dump(record, out)
        os.rename(path + ".part", path)
        self.taken += 1
        return "250 taken"


async def main():
    port, folder, replies, login = int(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), sys.argv[4]
    sink = Sink(folder, replies)

    def admit(server, session, envelope, mechanism, data):
        given = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=given == login, auth_data=data.login.decode())

    options = {} if login == "-" else {
        "authenticator": admit, "auth_required": True, "auth_require_tls": False,
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, **options), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
