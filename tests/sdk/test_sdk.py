"""Kotak's official SDK, unmodified, against neosim: every call, every field. See README.md.
    test_sdk.py BUILD       (run.sh makes the venv this needs)"""
import os
import sys

import books
import compare
import data
import feeds
import login
import orders
import wire
from sim import Ended, Sim
from suite import Suite
from tap import Tap

BUILD = os.path.abspath(sys.argv[1])


def main():
    tap = Tap()
    try:
        official(tap)
        compare.run(tap, BUILD)
    except Ended as e:
        tap.ok(False, "neosim lives", e)
    tap.done()


def official(tap):
    with Sim(BUILD) as sim:
        login.enter(sim)
        s = Suite(sim, tap)
        tap.run(data.log_in, s)
        if s.client.configuration.edit_token:
            tap.run(everything, s)
        else:
            tap.ok(False, "no session: nothing else can be asked")


def everything(s):
    s.find_instruments()
    tap = s.tap
    tap.run(books.empty, s)
    tap.run(wire.every_call, s)
    for theme in (data, orders, books, feeds):
        theme.run(s)
    feeds.closing(s)
    tap.run(orders.after_market, s)
    tap.run(data.log_out, s)


if __name__ == "__main__":
    main()
