// The files of a published log over HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "plugin/core/http/ports.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {

// A busy server is asked again this often before that is an error.
constexpr int kMaxTileTries = 4;

// One caller at a time. Verifies nothing, as every TileReader.
class HttpTileReader final : public TileReader {
 public:
  // Waits between two tries; on a test's clock or the system's.
  using Wait = std::function<void(std::chrono::milliseconds)>;

  // The log's address, with or without its last slash. `client` must outlive this
  // object.
  HttpTileReader(http::Client& client, std::string_view url, Wait wait);

  // Errors: NotFound on 404 and 410; DataLoss if the answer is longer than
  //         `max_bytes`; Unavailable if there is none, or of another status, after
  //         kMaxTileTries.
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override;

 private:
  http::Client& client_;
  std::string base_;
  Wait wait_;
};

}  // namespace svidence::ledger
