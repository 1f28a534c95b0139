// A MongoDB-compatible server for the store's tests where no mongod is installed: FerretDB with SQLite behind it, in one
// process that a test may kill and start again. ferretdb ADDRESS FOLDER; port 0 takes a free one; the address is printed.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: ferretdb ADDRESS FOLDER"))
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: os.Args[1]},
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		Handler:   "sqlite",
		SQLiteURL: "file:" + os.Args[2] + "/",
	})
	fail(err)
	fmt.Println(server.MongoDBURI())
	fail(server.Run(context.Background()))
}
