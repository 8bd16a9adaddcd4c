// Usage: ledger_bench LOAD DIRECTORY ENTRIES BATCH [SUBJECTS]
//
// Runs one load of loads.h in an empty directory and prints its figures as JSON.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/bench/loads.h"

namespace {

using svidence::StatusOr;
using svidence::bench::Figures;
using svidence::bench::Load;

const std::map<std::string, StatusOr<Figures> (*)(const Load&)> kLoads = {
    {"batches", svidence::bench::AppendInBatches},
    {"callers", svidence::bench::AppendFromCallers},
    {"fill", svidence::bench::Fill},
    {"rows", svidence::bench::InsertRows},
    {"file", svidence::bench::GroupCommit},
};

std::size_t Number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || kLoads.count(argv[1]) == 0) {
    std::fputs(
        "usage: ledger_bench batches|callers|fill|rows|file DIRECTORY ENTRIES BATCH [SUBJECTS]\n",
        stderr);
    return 2;
  }
  Load load{.directory = argv[2], .entries = Number(argv[3]), .batch = Number(argv[4])};
  if (argc > 5) load.subjects = Number(argv[5]);
  if (load.entries == 0 || load.batch == 0 || load.subjects == 0) {
    std::fputs("ledger_bench: the numbers must be at least 1\n", stderr);
    return 2;
  }
  const StatusOr<Figures> figures = kLoads.at(argv[1])(load);
  if (!figures.ok()) {
    std::fprintf(stderr, "ledger_bench: %s\n",
                 std::string(svidence::Message(figures.status())).c_str());
    return 1;
  }
  std::printf("{\"per_second\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"bytes\":%llu}\n",
              figures->per_second, figures->p50_micros, figures->p99_micros,
              static_cast<unsigned long long>(figures->bytes));
  return 0;
}
