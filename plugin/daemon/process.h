// What a daemon sets for its whole process before it has threads.
#pragma once

namespace svidence::daemon {

// Standard output becomes standard error: where stdout is SPIRE's handshake
// pipe, a stray line would fail the load of the plugin. New files are readable
// by their owner only. XFSZ is ignored: a file at its limit is an error of write(2).
// INT, TERM, HUP, PIPE, USR1 and USR2 are ignored too: they
// reach us together with SPIRE, by terminal or service manager, and SPIRE still
// needs us to sign its last; the shim and PR_SET_PDEATHSIG end us.
void SetUpProcess();

// Blocks INT and TERM for this thread and those that it will make, so that
// WaitForEndSignal() gets them. For a daemon that no shim started.
void BlockEndSignals();
// Gives the signal, INT or TERM, that came.
int WaitForEndSignal();

}  // namespace svidence::daemon
