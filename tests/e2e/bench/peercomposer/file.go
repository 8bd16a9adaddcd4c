package main

import (
	"os"
	"sync"
)

// syncedFile makes rows durable by one fdatasync for all that wait.
type syncedFile struct {
	file    *os.File
	mutex   sync.Mutex
	waiting []byte
	round   *round // of those that wait now
	busy    bool
}

// round is one write and its sync.
type round struct {
	done chan struct{}
	err  error
}

func openSyncedFile(path string) (*syncedFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &syncedFile{file: file, round: newRound()}, nil
}

func newRound() *round { return &round{done: make(chan struct{})} }

// append returns when the bytes are durable.
func (f *syncedFile) append(bytes string) error {
	f.mutex.Lock()
	f.waiting = append(f.waiting, bytes...)
	mine := f.round
	if !f.busy {
		f.busy = true
		go f.work()
	}
	f.mutex.Unlock()
	<-mine.done
	return mine.err
}

func (f *syncedFile) work() {
	for {
		f.mutex.Lock()
		if len(f.waiting) == 0 {
			f.busy = false
			f.mutex.Unlock()
			return
		}
		bytes, current := f.waiting, f.round
		f.waiting, f.round = nil, newRound()
		f.mutex.Unlock()
		if _, current.err = f.file.Write(bytes); current.err == nil {
			current.err = fdatasync(f.file)
		}
		close(current.done)
	}
}
