"""What every theme of the suite has at hand: neosim, a client that is logged in, the instruments of the day, and a way to make a
call that counts it."""
import re
import urllib.parse

import login
from sim import wait_for

TRANSIENT = ("put order req received", "validation pending", "open pending", "modify validation pending", "modify pending", "modified",
             "cancel pending")


class Suite:
    def __init__(self, sim, tap):
        self.sim, self.tap = sim, tap
        self.client = None
        self.tags = 0
        self.market_orders = set()  # by number: in the ledger they are limits
        self._paced_at = 0

    def log_in(self):
        self.client = login.logged_in(self.sim)
        return self.client

    def call(self, name, *args, **more):
        """A call of the SDK."""
        self.tap.calls += 1
        return getattr(self.client, name)(*args, **more)

    def tag(self):
        self.tags += 1
        return f"sdk-suite-{self.tags:06}"

    # -- orders -----------------------------------------------------------------------------------------------------

    def pace(self):
        """Kotak takes ten orders, modifies and cancels in a rolling second of its time; only the test of that limit wants more."""
        wait_for(lambda: self.sim.now() - self._paced_at >= 150_000_000, "the clock to run")
        self._paced_at = self.sim.now()

    def place(self, scrip, side, kind, qty, price, trigger=0, product="NRML", validity="DAY", tag=None, amo="NO"):
        """Place; prices in paise."""
        self.pace()
        answer = self.call("place_order", exchange_segment=scrip["segment"], product=product, price=rupees(price), order_type=kind,
                           quantity=str(qty), validity=validity, trading_symbol=scrip["symbol"], transaction_type=side, amo=amo,
                           trigger_price=rupees(trigger), tag=tag)
        if kind == "MKT":
            self.market_orders.add(answer.get("nOrdNo"))
        return answer

    def placed(self, *args, **more):
        """The number of an order that was taken."""
        answer = self.place(*args, **more)
        assert isinstance(answer, dict) and answer.get("stat") == "Ok", answer
        return answer["nOrdNo"]

    def modify(self, number, price, kind, qty, trigger=0, validity="DAY", amo="NO"):
        self.pace()
        return self.call("modify_order", order_id=number, price=rupees(price), order_type=kind, quantity=str(qty), validity=validity,
                         trigger_price=rupees(trigger), amo=amo)

    def cancel(self, number, amo="NO"):
        self.pace()
        return self.call("cancel_order", order_id=number, amo=amo)

    def rest(self, number):
        """The order once it stands still: a market order and an IOC pass through open on their way."""
        return self.sim.until(number, lambda o: o["status"] not in TRANSIENT and not self.passing(o))

    def passing(self, o):
        return o["status"] == "open" and (o["validity"] == "IOC" or o["number"] in self.market_orders)

    # -- instruments ------------------------------------------------------------------------------------------------

    def files(self):
        """Stem of each scrip master file -> its path on neosim."""
        paths = self.call("scrip_master")["filesPaths"]
        return {re.sub(r"(-v1)?\.csv$", "", p.rsplit("/", 1)[1]): urllib.parse.urlsplit(p).path for p in paths}

    def find_instruments(self):
        """One of each kind the suite trades and watches."""
        files = self.files()
        self.masters = {stem: self.sim.master(path) for stem, path in files.items()}
        self.option = self.option_near_money("nse_fo", "NIFTY", "CE")
        self.put = self.option_near_money("nse_fo", "NIFTY", "PE")
        self.future = self.quote_of(min((r for r in self.masters["nse_fo"] if r["pInstType"] == "FUTIDX" and r["pSymbolName"] == "NIFTY"),
                                         key=lambda r: int(r["lExpiryDate"])))
        self.bse_option = self.option_near_money("bse_fo", "SENSEX", "CE")
        shares = [r for r in self.masters["nse_cm"] if r["pGroup"] == "EQ"]
        self.share = self.quote_of(next(r for r in shares if r["pSymbolName"] == "RELIANCE"))
        self.bse_share = self.quote_of(next(r for r in self.masters["bse_cm"] if r["pSymbolName"] == "RELIANCE"))
        self.commodity = self.quote_of(next(r for r in self.masters["mcx_fo"] if r["pInstType"] == "FUTCOM" and r["pOptionType"] == "XX"))
        self.index = self.sim.quote("nse_cm", "Nifty 50")

    def quote_of(self, row):
        return self.sim.quote(row["pExchSeg"], row["pSymbol"])

    def option_near_money(self, segment, name, kind):
        rows = [r for r in self.masters[segment] if r["pSymbolName"] == name and r["pOptionType"] == kind]
        nearest = min(int(r["lExpiryDate"]) for r in rows)
        spot = self.sim.quote(*{"NIFTY": ("nse_cm", "Nifty 50"), "SENSEX": ("bse_cm", "SENSEX")}[name])["last"]
        return self.quote_of(min((r for r in rows if int(r["lExpiryDate"]) == nearest), key=lambda r: abs(float(r["dStrikePrice"]) - spot)))

    def pin(self, scrip):
        """Its price stands still from here on; one that did not trade yet today is given one."""
        self.sim.scrip(scrip["segment"], scrip["token"], price=scrip["last"] or on_tick(scrip, (scrip["band_low"] + scrip["band_high"]) // 2 or 500_000))
        return self.sim.quote(scrip["segment"], scrip["token"])


def rupees(paise):
    """As the SDK's user writes it: "0" for none (Kotak refuses "0.00")."""
    return "0" if not paise else f"{paise // 100}.{paise % 100:02}"


def on_tick(scrip, paise):
    return max(scrip["tick"], paise // scrip["tick"] * scrip["tick"])
