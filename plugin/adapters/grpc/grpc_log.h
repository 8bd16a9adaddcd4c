// gRPC's own text, sent to our log: on stderr as it is, SPIRE would show each
// line raw, at DEBUG.
#pragma once

namespace svidence {

// Call once, before any other thread uses gRPC. Which text there is at all
// follows GRPC_VERBOSITY, as usual (errors, unless set).
void RouteGrpcLog();

}  // namespace svidence
