"""`assay evidence show|verify|make|key|list|revoke`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.exits import Exit


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    evidence = commands.add_parser("evidence")
    actions = evidence.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="what bundles say, whoever has signed them")
    show.add_argument("--json", action="store_true", help="the statements themselves")
    show.set_defaults(run=_show)
    verify = actions.add_parser("verify", help="whether signatures and files hold; no network")
    verify.add_argument("--environment", required=True, metavar="NAME",
                        help="whose policy says who is trusted")  # fmt: skip
    verify.add_argument("--list", type=Path, metavar="FILE",
                        help="what `assay evidence list` has written")  # fmt: skip
    verify.set_defaults(run=_verify)
    make = actions.add_parser("make", help="sign what runs have left; into a folder")
    make.add_argument("--environment", default="", metavar="NAME",
                      help="whose key signs (default: the key `ci`)")  # fmt: skip
    make.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    make.set_defaults(run=_make)
    for parser, what in ((show, "BUNDLE"), (verify, "BUNDLE"), (make, "RUN")):
        parser.add_argument("places", nargs="+", type=Path, metavar=what, help="a file or folder")
    key = actions.add_parser("key", help="the public key that signs here; made, if there is none")
    key.add_argument("--name", default="ci", metavar="NAME", help="an environment, a person, or ci")
    key.add_argument("--signer", default="file", metavar="SIGNER", help="file or awskms:KEY")
    key.set_defaults(run=_key)
    _add_ledgers(actions)


def _add_ledgers(actions: Any) -> None:
    from assay.commands.deployments import PLACES, add_options
    from assay.deployment.state import State

    listed = actions.add_parser("list", help="revoked digests and used pairs, for offline use")
    listed.add_argument("-o", "--output", type=Path, metavar="FILE")
    listed.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="let nothing in any more that has this digest")
    revoke.add_argument("digest", metavar="DIGEST",
                        help="of a bundle, an artefact, a key or a commit")  # fmt: skip
    revoke.add_argument("--why", required=True, metavar="TEXT")
    revoke.set_defaults(run=_revoke)
    for parser in (listed, revoke):
        parser.add_argument("--state", type=State.parse, metavar="PLACE", help=PLACES)
        add_options(parser)


def _show(arguments: argparse.Namespace) -> int:
    from assay.delivery.admission import bundles_in
    from assay.delivery.envelope import open_unsigned, read_bundle
    from assay.delivery.opened import Unreadable
    from assay.delivery.shown import lines, payloads

    code = Exit.GOOD
    for file in bundles_in(arguments.places):
        text = file.read_text(encoding="utf-8", errors="replace")
        try:
            bundle = read_bundle(text, open_unsigned)
            told = payloads(text) if arguments.json else lines(bundle)
        except Unreadable as error:
            _say([str(error.about(str(file)))])
            code = Exit.BAD
            continue
        _say(told)
    return code


def _verify(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from assay.delivery.admission import bundles_in, read_bundles
    from assay.delivery.ledger import read_list, too_old
    from assay.delivery.opened import Unreadable
    from assay.delivery.policy import policy_of, policy_path
    from assay.delivery.trust import Trust

    name = arguments.environment
    policy = policy_of(name)
    trust = Trust.of(policy, policy_path(name).parent)
    bundles, unread = read_bundles(bundles_in(arguments.places), trust)
    refusals = list(unread)
    known = None
    if arguments.list:
        try:
            known = read_list(arguments.list.read_text(encoding="utf-8"), trust.of_ledger)
            refusals += too_old(known, name, policy.list_hours, datetime.now(UTC))
        except Unreadable as error:
            refusals.append(error.about("the list"))
    for bundle in bundles:
        refusals += known.against(bundle, "") if known is not None else []
        _say([f"{bundle.digest}  {bundle.evidence.title}: {bundle.evidence.line}"])
    _say(map(str, refusals))
    _say([known.told if known else "revocations were not looked at: no list was given (--list)"])
    if refusals:
        return Exit.BAD
    return Exit.GOOD if bundles and known else Exit.UNKNOWN


def _make(arguments: argparse.Namespace) -> int:
    from assay.delivery.make import resign
    from assay.delivery.signers import signer_of

    sign = signer_of(arguments.environment)
    for place in arguments.places:
        out, digest = resign(place, arguments.output, sign)
        _say([f"{digest}  {out}{'' if sign else ' (unsigned: there is no key here)'}"])
    return Exit.GOOD


def _key(arguments: argparse.Namespace) -> int:
    from assay.delivery.signers import file_signer, home_of, kms_signer, make_key, public_pem

    kind, _, rest = arguments.signer.partition(":")
    path = Path(rest) if rest else home_of(arguments.name)
    if kind == "awskms":
        pem = public_pem(kms_signer(rest))
    else:
        pem = public_pem(file_signer(path)) if path.is_file() else make_key(path)
    sys.stdout.write(pem)
    return Exit.GOOD


def _list(arguments: argparse.Namespace) -> int:
    from assay.commands.deployments import deployment
    from assay.delivery.admission import ledger_of
    from assay.delivery.ledger import write_list
    from assay.delivery.signers import signer_of

    known = ledger_of(deployment(arguments, state=arguments.state)).known()
    text = write_list(known, signer_of(known.environment))
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
        _say([known.told])
    else:
        sys.stdout.write(text)
    return Exit.GOOD


def _revoke(arguments: argparse.Namespace) -> int:
    from assay.commands.deployments import deployment
    from assay.delivery.admission import ledger_of

    ledger = ledger_of(deployment(arguments, state=arguments.state))
    fresh = ledger.revoke(arguments.digest, arguments.why)
    _say([f"{arguments.digest} {'is' if fresh else 'was already'} revoked for "
          f"{ledger.environment}, in {ledger.store}"])  # fmt: skip
    return Exit.GOOD


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
