#!/usr/bin/env python3
"""Prints small.jsonl and small.leaves anew. Shares no code with Svidence.

Usage: make_small.py DIRECTORY. Follows docs/formats/ledger.md: whoever changes
that page so that these files change has changed the format.
"""
import base64
import hashlib
import json
import pathlib
import sys

UUID = "6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b"
ORIGIN = f"example.org/svidence/{UUID}"
# The public key of RFC 8410, section 10.1.
KEY = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
POLICY = "sha256:02613060799e7714525674d8fe7eae221f2811219cca998a18a02b0e4f27d905"
TRUST = {"score": 7000, "as_of": 1795442400, "half_life": 86400, "floor": 1000, "hold": 0, "policy": POLICY}
NO_TRUST = {"score": 0, "as_of": None, "half_life": None, "floor": None, "hold": None, "policy": None}
SPONSOR = {"ref": "Jx0zAb3kQm5tYw8Lr2VnSg", "verified": False, "method": "none", "until": None}
BUYER = "spiffe://example.org/agent/buyer/3f2a9c"


def vkey():
    data = b"\x01" + KEY
    key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + data).digest()[:4]
    return f"{ORIGIN}+{key_id.hex()}+{base64.b64encode(data).decode()}"


def issued(now, trust, sponsor, scope, **binding):
    return {"now": now, **binding, "trust": trust, "sponsor": sponsor, "scope": scope,
            "evidence": [], "status": None, "not_after_cap": None}


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


# time, type, by, subject, agent, own members
DRAFTS = [
    ("2026-11-23T14:00:00.000Z", "log.opened", "server:a", "log", None,
     {"log": {"uuid": UUID, "origin": ORIGIN, "vkey": vkey(), "trust_domain": "example.org"}}),
    ("2026-11-23T14:00:00.250Z", "agent.registered", "operator:Qm5tYw8Lr2VnSgJx0zAb3k", "agent:buyer", "buyer",
     {"scope": 3, "trust": TRUST, "sponsor": SPONSOR}),
    ("2026-11-23T18:00:00.123Z", "issue.x509", "server:a", BUYER, "buyer",
     issued(1795456800, TRUST, SPONSOR, 3, spki=digest("a key"))),
    ("2026-11-23T18:00:00.123Z", "issue.jwt", "server:a", BUYER, "buyer",
     issued(1795456800, TRUST, SPONSOR, 3, aud=digest("an audience"), iat=1795456800, exp=1795457100,
            jti="\"ä\\😀\u0001")),
    ("2026-11-23T18:00:01.000Z", "issue.x509", "server:a", "spiffe://example.org/agent/rogue", "rogue",
     issued(1795456801, NO_TRUST, None, 0, spki=digest("another key"))),
    ("2026-11-23T18:00:02.000Z", "agent.changed", "server:a", "agent:buyer", "buyer",
     {"scope": 2, "trust": {**TRUST, "score": 5000, "as_of": 1795456802}, "sponsor": SPONSOR}),
    ("2026-11-23T18:00:02.000Z", "revoked", "operator:Qm5tYw8Lr2VnSgJx0zAb3k", BUYER, "buyer",
     {"reason": "misbehaviour"}),
    ("2026-11-23T18:00:03.000Z", "restored", "operator:Qm5tYw8Lr2VnSgJx0zAb3k", BUYER, "buyer",
     {"reason": "unspecified"}),
    ("2026-11-23T18:00:04.000Z", "alert.raised", "server:a", "log", None, {}),
    ("2026-11-23T18:00:05.000Z", "some.later_type", "server:a", "log", None,
     {"unknown": {"nested": [1, -2, 9007199254740991, True, False, None, {"empty": {}}, []]}}),
]


def main(directory):
    lines, leaves = [], []
    prev, last = bytes(32), {}
    for i, (at, kind, by, subject, agent, own) in enumerate(DRAFTS):
        entry = {"v": 1, "i": i, "at": at, "prev": base64.b64encode(prev).decode(), "type": kind, "by": by,
                 "subject": subject, "subject_prev": last.get(subject)}
        if agent:
            entry["agent"] = agent
        line = json.dumps({**entry, **own}, ensure_ascii=False, separators=(",", ":")).encode()
        prev = hashlib.sha256(b"\x00" + line).digest()
        last[subject] = i
        lines.append(line)
        leaves.append(prev.hex())
    (directory / "small.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    (directory / "small.leaves").write_text("".join(leaf + "\n" for leaf in leaves))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
