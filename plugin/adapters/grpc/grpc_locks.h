// How gRPC's own locks behave in this process.
#pragma once

namespace svidence {

// Debian 12 builds Abseil with its detection of deadlocks, which keeps a graph of
// the order in which every lock of gRPC is taken and aborts on a cycle: work on
// every call, and no lock of ours is in it. Call once, before any other thread
// uses gRPC.
void StopTrackingLockOrder();

}  // namespace svidence
