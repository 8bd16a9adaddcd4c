#include "plugin/core/ledger/audit/http_tile_reader.h"

#include <utility>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::chrono::milliseconds kTimeout{30'000};
constexpr std::chrono::milliseconds kFirstWait{250};  // four times as long each time
constexpr int kWaitFactor = 4;
constexpr std::size_t kMaxShownUrl = 256;

// May the same request be answered otherwise in a moment?
bool IsPassing(const StatusOr<http::Response>& response) {
  if (!response.ok()) {
    const StatusCode code = response.status().code();
    return code == StatusCode::kUnavailable || code == StatusCode::kDeadlineExceeded;
  }
  return response->status == 429 || response->status >= 500;
}

StatusOr<std::string> BodyOf(StatusOr<http::Response> response, const std::string& url,
                             std::size_t max_bytes) {
  const std::string shown = Quote(url, kMaxShownUrl);
  if (!response.ok()) {
    const bool too_long = response.status().code() == StatusCode::kResourceExhausted;
    return too_long ? DataLoss(shown + ": " + Message(response.status()))
                    : Annotate(response.status(), "reading " + shown);
  }
  if (response->status == 404 || response->status == 410) {
    return NotFound("there is no " + shown);
  }
  if (response->status != 200) {
    return Unavailable(shown + " answers with status " + std::to_string(response->status));
  }
  if (response->body.size() > max_bytes) {
    return DataLoss(shown + " must have at most " + std::to_string(max_bytes) + " bytes, has " +
                    std::to_string(response->body.size()));
  }
  return std::move(response->body);
}

}  // namespace

HttpTileReader::HttpTileReader(http::Client& client, std::string_view url, Wait wait)
    : client_(client), base_(url), wait_(std::move(wait)) {
  if (!base_.ends_with('/')) base_ += '/';
}

StatusOr<std::string> HttpTileReader::Read(std::string_view path, std::size_t max_bytes) {
  const std::string url = base_ + std::string(path);
  const http::FetchLimits limits{.timeout = kTimeout, .max_body_bytes = max_bytes};
  std::chrono::milliseconds pause = kFirstWait;
  StatusOr<http::Response> response = client_.Send(url, http::Request{}, limits);
  for (int tries = 1; tries < kMaxTileTries && IsPassing(response); ++tries) {
    wait_(pause);
    pause *= kWaitFactor;
    response = client_.Send(url, http::Request{}, limits);
  }
  return BodyOf(std::move(response), url, max_bytes);
}

}  // namespace svidence::ledger
