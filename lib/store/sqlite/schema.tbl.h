/* MIGRATION(version, "SQL"): what takes a database from the version before to this one, in one transaction with
 * PRAGMA user_version. Rows are only ever added at the end; a row that was released is never changed. Columns must match
 * rows.tbl.h after the last one (tests/store/test_sqlite.c compares). Money and prices are INTEGER 1/10,000 rupee, times
 * UTC ns, dates days since 1970-01-01, NULL = not known. */
MIGRATION(1,
"CREATE TABLE journals(journal INTEGER PRIMARY KEY, journal_id BLOB NOT NULL UNIQUE, seq INTEGER NOT NULL, stamp INTEGER NOT NULL);"
"CREATE TABLE instruments(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,"
" symbol TEXT NOT NULL, underlying TEXT NOT NULL, PRIMARY KEY(journal, id)) WITHOUT ROWID;"
"CREATE TABLE strategies(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,"
" strategy TEXT NOT NULL, ops TEXT NOT NULL, underlying TEXT NOT NULL, PRIMARY KEY(journal, id)) WITHOUT ROWID;"
"CREATE TABLE orders(journal INTEGER NOT NULL, seq INTEGER NOT NULL, updated_seq INTEGER NOT NULL, number INTEGER NOT NULL,"
" tag TEXT NOT NULL CHECK(tag <> ''), at INTEGER NOT NULL, updated INTEGER NOT NULL, symbol TEXT, strategy TEXT,"
" side TEXT NOT NULL, type TEXT NOT NULL, purpose TEXT NOT NULL, product TEXT NOT NULL, qty INTEGER NOT NULL,"
" filled INTEGER NOT NULL, price INTEGER, trigger_price INTEGER, average INTEGER, state TEXT NOT NULL,"
" modifies INTEGER NOT NULL, reason TEXT NOT NULL, broker_ref TEXT NOT NULL,"
" PRIMARY KEY(journal, tag), UNIQUE(journal, seq)) WITHOUT ROWID;"
"CREATE INDEX orders_number ON orders(journal, number, seq, purpose);"
"CREATE TABLE trades(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,"
" trade INTEGER NOT NULL, symbol TEXT, strategy TEXT, underlying TEXT, side TEXT NOT NULL, qty INTEGER NOT NULL, price INTEGER,"
" position INTEGER NOT NULL, brokerage INTEGER, stt INTEGER, exchange INTEGER, ipft INTEGER, sebi INTEGER, stamp INTEGER,"
" gst INTEGER, charges INTEGER, charges_unknown INTEGER NOT NULL, charges_assumed INTEGER NOT NULL,"
" PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE history(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,"
" symbol TEXT, strategy TEXT, side TEXT NOT NULL, qty INTEGER NOT NULL, entry INTEGER, exit INTEGER, entered INTEGER,"
" left_at INTEGER, exit_reason TEXT NOT NULL, gross INTEGER, charges INTEGER, net INTEGER, charges_unknown INTEGER NOT NULL,"
" index_stop INTEGER, signal_price INTEGER, PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE equity(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, equity INTEGER, realised INTEGER,"
" unrealised INTEGER, charges INTEGER, day_pnl INTEGER, cash_free INTEGER, PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE bars(journal INTEGER NOT NULL, seq INTEGER NOT NULL, symbol TEXT NOT NULL, interval_s INTEGER NOT NULL,"
" at INTEGER NOT NULL, open INTEGER, high INTEGER, low INTEGER, close INTEGER, volume INTEGER NOT NULL,"
" PRIMARY KEY(journal, symbol, interval_s, at)) WITHOUT ROWID;"
"CREATE TABLE decisions(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, symbol TEXT, strategy TEXT,"
" direction TEXT, taken INTEGER NOT NULL, refusal TEXT, lots INTEGER NOT NULL, close INTEGER, index_stop INTEGER,"
" index_target INTEGER, stop INTEGER, target INTEGER, premium INTEGER, number INTEGER, PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE audit(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
" principal TEXT, strategy TEXT, param INTEGER, value INTEGER, reason TEXT NOT NULL, PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE days(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, date INTEGER NOT NULL,"
" trades INTEGER NOT NULL, gross INTEGER, charges INTEGER, net INTEGER, equity INTEGER, charges_unknown INTEGER NOT NULL,"
" PRIMARY KEY(journal, date)) WITHOUT ROWID;"
"CREATE TABLE sessions(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, date INTEGER NOT NULL,"
" edge TEXT NOT NULL, open INTEGER, close INTEGER, assumed INTEGER NOT NULL, no_trade INTEGER NOT NULL,"
" PRIMARY KEY(journal, seq)) WITHOUT ROWID;"
"CREATE TABLE events(journal INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL, symbol TEXT,"
" strategy TEXT, payload BLOB NOT NULL, PRIMARY KEY(journal, seq)) WITHOUT ROWID;")

/* What a parameter's number means, and how the run before a start ended. */
MIGRATION(2,
"ALTER TABLE strategies ADD COLUMN commons INTEGER;"
"ALTER TABLE events ADD COLUMN about TEXT;")
