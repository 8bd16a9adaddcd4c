package e2e

import (
	"os"
	"strconv"
)

// uid of the tests, and so of their workloads.
func uid() string { return strconv.Itoa(os.Getuid()) }
