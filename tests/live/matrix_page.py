"""The matrix as a table of markdown, and as the page docs/kotak-faults.md."""

KINDS = ("lost", "doubled", "invented")
INTRODUCTION = """# Every fault, and what the engine did

Written by `tests/live/test_matrix.py BUILD --write docs/kotak-faults.md`; `./check neosim` runs the same without writing. Each row is a fault of the
[simulated broker](../tests/neosim/README.md), each column what it struck. The engine's side is the real adapter over TLS, with orders given as the core gives them,
and with the core's answer to two reports: an order whose absence is proven is sent again, a cancel that was refused is asked for again. A fault of an answer strikes
one request, in the column of the reports all of them until the end; a fault of the rows strikes everything that is read while the answer is lost and the order feed is
gone, so that the books alone must tell. A fault of the order feed is still on when the books are compared. The account's clock runs {speed} times as fast as the wall's
(login {login}, market feed {market}), delays do not. *Accepted* is by the answer or by a frame that was quicker. In the login column the session ends with an
order at work, which fills before the engine is back.

When the fault is over and the adapter had a bounded while to settle, its picture is laid beside the simulator's ledger. *Lost*: an order or a fill of the ledger under
our tag that the engine does not know, knows otherwise, or still waits for. *Doubled*: a second request or order for one intent without a proof of absence between them,
or one execution told twice. *Invented*: an order, a fill or an end that the ledger does not hold, or a report the core's table forbids. For market data, with three
contracts that only the test moves: *lost* is the end of the link unsaid, or a last price not known after calm; *doubled* an old price after a newer one; *invented* a
tick that was never shown. A cell without a count has none of the three; "-": that fault does not strike there.

"""


def cell_text(cell):
    if cell is None:
        return "-"
    counts = [f"**{n} {kind}**" for kind in KINDS for n in [sum(k == kind for k, _ in cell.found)] if n]
    return "; ".join([cell.words, *counts, *(["**the test failed**"] if cell.error else [])]).replace("|", "/")


def table(titles, columns, cells):
    lines = ["| fault | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return lines + [f"| {t} | " + " | ".join(cell_text(cells.get((t, c))) for c in columns) + " |" for t in titles]


def totals(cells):
    counts = [sum(k == kind for c in cells.values() for k, _ in c.found) for kind in KINDS]
    lines = [f"{t}: {cell_text(c)}." for (t, column), c in cells.items() if column == "everything"]
    return [*lines, f"{len(cells)} cells: " + ", ".join(f"{n} {kind}" for n, kind in zip(counts, KINDS)) + "."]


def write(path, lines, cells, speeds):
    said = totals(cells)
    with open(path, "w") as f:
        f.write(INTRODUCTION.format(**speeds) + "\n".join(lines) + "\n\n## At random\n\n" + "\n".join(x[0].upper() + x[1:] for x in said[:-1]) +
                f"\n\n## Total\n\n{said[-1]}\n")
