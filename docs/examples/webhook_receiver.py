#!/usr/bin/env python3
"""A receiver of Caseward's webhook: keeps what is signed, turns away what is not.

Run: webhook_receiver.py PORT SECRET_FILE OUT_FILE     (PORT 0: a free one; the first line printed says which)
"""
import hashlib
import hmac
import http.server
import sys
import time


def signed_by_caseward(secret: bytes, header: str, body: bytes) -> bool:
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not parts.get("t", "").isdigit() or abs(time.time() - int(parts["t"])) > 300:
        return False  # unreadable, or too old: somebody may be replaying it
    expected = hmac.new(secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def main(port, secret_file, out_file):
    secret = open(secret_file, "rb").read().rstrip(b"\r\n")

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            good = signed_by_caseward(secret, self.headers.get("caseward-signature", ""), body)
            if good:
                with open(out_file, "ab") as out:
                    out.write(body + b"\n")
            self.send_response(204 if good else 401)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", port), Receiver)
    print(f"receiving on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
