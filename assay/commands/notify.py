"""`assay notify RUN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import environment
from assay.exits import Exit
from assay.news.places import FORMS

if TYPE_CHECKING:
    from assay.news.delivery import Delivery


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    notify = commands.add_parser(
        "notify",
        description="Tell what a run or a deployment came to: the verdict, the first cause, the"
        " command that shows it again; each cause once a day to each receiver. Exit 1 where a"
        " message did not arrive.",
    )
    notify.add_argument("folder", type=Path, metavar="RUN",
                        help="a report directory, or a folder below .assay/steps")  # fmt: skip
    notify.add_argument("--to", action="append", default=[], metavar="URL", help=FORMS)
    notify.add_argument("--link", default="", metavar="URL",
                        help="where the page is to be seen")  # fmt: skip
    notify.add_argument("--told", type=Path, metavar="DIR",
                        help="where it is kept what was told today")  # fmt: skip
    notify.add_argument("--again", action="store_true", help="also what was told today")
    notify.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tell the news of a folder to every receiver; a failed delivery is no reason to stop."""
    from assay.news import of_deployment, of_run, places, store
    from assay.news.delivery import deliver
    from assay.news.message import scrubber, write

    where = places.named(arguments.to)
    deployed = of_deployment.is_one(arguments.folder)
    news = (of_deployment if deployed else of_run).read(arguments.folder)
    scrub = scrubber([secret for place in where for secret in places.secrets(place)])
    done: list[Delivery] = []
    with store.today(arguments.told or environment.state_dir() / "news") as today:
        for place in where:
            known = frozenset() if arguments.again else today.known(place)
            message = write(news, known, scrub, link=arguments.link)
            if message is None:
                sys.stdout.write(f"{place}: told before today\n")
                continue
            delivery = deliver(message, place, scrub, good=news.good)
            _journal(arguments.folder, delivery, deployed=deployed)
            if delivery.delivered:
                today.remember(place, message.keys)
            done.append(delivery)
            (sys.stdout if delivery.delivered else sys.stderr).write(f"{delivery}\n")
    return Exit.GOOD if all(one.delivered for one in done) else Exit.BAD


def _journal(folder: Path, delivery: Delivery, *, deployed: bool) -> None:
    """What became of a message, where everything else of the run or the deployment stands."""
    from assay.deployment import steps
    from assay.news.of_deployment import STEP
    from assay.run import journal
    from assay.run.events import NewsTold

    if deployed:
        steps.note(folder, STEP, why="" if delivery.delivered else str(delivery),
                   made={"place": delivery.place, "tries": delivery.tries})  # fmt: skip
    else:
        told = NewsTold(delivery.place, delivery.delivered, delivery.tries, delivery.why)
        journal.add_news(folder, told)
