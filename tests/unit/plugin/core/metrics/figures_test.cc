#include "plugin/core/metrics/figures.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ServerFigures FullServer() {
  ServerFigures figures;
  figures.daemon = {.version = "0.1.0", .started_millis = 1795456800123};
  ledger::CommitterStats committer;
  committer.entries = 11;
  committer.batches = 12;
  committer.refused = 13;
  committer.queued = 14;
  committer.head.size = 15;
  figures.committer = committer;
  figures.composer = {.x509 = 21, .jwt = 22, .unregistered = 23, .refused = 24, .passed = 25};
  figures.revocations = revocation::Stats{
      .unrecorded = 31, .pending_deletions = 32, .ledger_trouble = "", .spire_trouble = ""};
  figures.disk_free_bytes = 41;
  figures.agents = 42;
  figures.not_understood = 43;
  return figures;
}

AgentFigures FullAgent() {
  AgentFigures figures;
  figures.daemon = {.version = "0.1.0", .started_millis = 1795456800123};
  figures.with_selectors = 1;
  figures.without_selectors = 2;
  figures.errors = 3;
  figures.hash_hits = 4;
  figures.hash_misses = 5;
  return figures;
}

TEST(FiguresTest, GivesEveryFigureOfTheServerToItsMetric) {
  EXPECT_THAT(PrometheusText(ServerSamples(FullServer())),
              AllOf(HasSubstr("\nsvidence_build_info{version=\"0.1.0\"} 1\n"),
                    HasSubstr("\nsvidence_start_time_seconds 1795456800\n"),
                    HasSubstr("\nsvidence_compose_total{result=\"x509\"} 21\n"
                              "svidence_compose_total{result=\"jwt\"} 22\n"
                              "svidence_compose_total{result=\"passed\"} 25\n"
                              "svidence_compose_total{result=\"refused\"} 24\n"),
                    HasSubstr("\nsvidence_compose_unregistered_total 23\n"),
                    HasSubstr("\nsvidence_compose_seconds_count 0\n"),
                    HasSubstr("\nsvidence_ledger_entries 15\n")));
  EXPECT_THAT(
      PrometheusText(ServerSamples(FullServer())),
      AllOf(HasSubstr("\nsvidence_ledger_appended_total 11\n"),
            HasSubstr("\nsvidence_ledger_batches_total 12\n"),
            HasSubstr("\nsvidence_ledger_refused_total 13\n"),
            HasSubstr("\nsvidence_ledger_queue 14\n"), HasSubstr("\nsvidence_ledger_writable 1\n"),
            HasSubstr("\nsvidence_refusing 0\n"),
            HasSubstr("\nsvidence_ledger_disk_free_bytes 41\n"),
            HasSubstr("\nsvidence_agents 42\n"),
            HasSubstr("\nsvidence_registry_not_understood_total 43\n")));
  EXPECT_THAT(PrometheusText(ServerSamples(FullServer())),
              AllOf(HasSubstr("\nsvidence_revocations_unrecorded 31\n"),
                    HasSubstr("\nsvidence_revocations_pending_deletions 32\n")));
}

TEST(FiguresTest, GivesEveryFigureOfTheAgentToItsMetric) {
  EXPECT_THAT(PrometheusText(AgentSamples(FullAgent())),
              AllOf(HasSubstr("\nsvidence_attest_total{result=\"selectors\"} 1\n"
                              "svidence_attest_total{result=\"none\"} 2\n"
                              "svidence_attest_total{result=\"error\"} 3\n"),
                    HasSubstr("\nsvidence_attest_seconds_count 0\n"),
                    HasSubstr("\nsvidence_exe_hash_cache_total{result=\"hit\"} 4\n"
                              "svidence_exe_hash_cache_total{result=\"miss\"} 5\n")));
}

TEST(FiguresTest, LeavesOutWhatARefusingServerCannotKnow) {
  ServerFigures figures;
  figures.refusing = true;
  EXPECT_THAT(
      PrometheusText(ServerSamples(figures)),
      AllOf(HasSubstr("\nsvidence_refusing 1\n"), Not(HasSubstr("svidence_ledger_")),
            Not(HasSubstr("svidence_compose_total")), Not(HasSubstr("svidence_revocations_"))));
}

TEST(FiguresTest, ShowsALedgerThatCannotBeWritten) {
  ServerFigures figures = FullServer();
  figures.committer->trouble = "disk full";
  EXPECT_THAT(PrometheusText(ServerSamples(figures)), HasSubstr("\nsvidence_ledger_writable 0\n"));
}

// Which metrics of `program` the samples hold.
std::set<std::string> NamesOf(const Samples& samples) {
  std::set<std::string> names;
  for (const Sample& sample : samples.all()) names.insert(std::string(sample.definition->name));
  return names;
}

TEST(FiguresTest, CoversTheWholeCatalog) {
  std::set<std::string> server;
  std::set<std::string> agent;
  for (const Definition* const definition : All()) {
    const std::string name(definition->name);
    if (definition->program != Program::kAgent) server.insert(name);
    if (definition->program != Program::kServer) agent.insert(name);
  }
  EXPECT_EQ(NamesOf(ServerSamples(FullServer())), server);
  EXPECT_EQ(NamesOf(AgentSamples(FullAgent())), agent);
}

TEST(FiguresTest, GivesOnlyLabelsThatTheCatalogNames) {
  for (const Samples& samples : {ServerSamples(FullServer()), AgentSamples(FullAgent())}) {
    for (const Sample& sample : samples.all()) {
      EXPECT_EQ(sample.label_value.empty(), sample.definition->label.empty())
          << sample.definition->name;
    }
  }
}

}  // namespace
}  // namespace svidence::metrics
