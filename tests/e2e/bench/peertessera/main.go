// Command peertessera appends entries to a log of Tessera's POSIX driver, some in
// flight at a time, and prints how fast. An entry counts when Tessera says that it
// is durably sequenced, or, with -published, when a checkpoint covers it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"

	"svidence.invalid/e2e/bench/load"
)

func main() {
	directory := flag.String("dir", "", "empty directory for the log")
	entries := flag.Int("n", 10000, "entries")
	inFlight := flag.Int("inflight", 64, "entries in flight")
	size := flag.Int("size", 650, "bytes of an entry")
	published := flag.Bool("published", false, "an entry counts when a checkpoint covers it")
	flag.Parse()
	result, err := measure(*directory, *entries, *inFlight, *size, *published)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peertessera:", err)
		os.Exit(1)
	}
}

// adder appends one entry and returns when it counts.
type adder func(ctx context.Context, entry []byte) error

func measure(directory string, entries, inFlight, size int, published bool) (load.Figures, error) {
	ctx := context.Background()
	add, shutdown, err := open(ctx, directory, published)
	if err != nil {
		return load.Figures{}, err
	}
	found, err := load.Run(entries, inFlight, func(i int) error { return add(ctx, entryOf(i, size)) })
	if err != nil {
		return load.Figures{}, err
	}
	return found, shutdown(ctx)
}

// open makes a log that waits for as little as Tessera allows.
func open(ctx context.Context, directory string, published bool) (adder, func(context.Context) error, error) {
	secret, _, err := note.GenerateKey(rand.Reader, "example.org/peer")
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: directory})
	if err != nil {
		return nil, nil, err
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithCheckpointInterval(100*time.Millisecond).
		WithBatching(64, 10*time.Millisecond) // the whole load in one batch
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, nil, err
	}
	if !published {
		return func(ctx context.Context, entry []byte) error {
			_, err := appender.Add(ctx, tessera.NewEntry(entry))()
			return err
		}, shutdown, nil
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 10*time.Millisecond)
	return func(ctx context.Context, entry []byte) error {
		_, _, err := awaiter.Await(ctx, appender.Add(ctx, tessera.NewEntry(entry)))
		return err
	}, shutdown, nil
}

func entryOf(number, size int) []byte {
	entry := make([]byte, size)
	for i := range entry {
		entry[i] = 'x'
	}
	copy(entry, fmt.Sprintf(`{"i":%d,`, number))
	return entry
}
